"""HTML as a person sees it: tokens, styles, hidden text, places."""
