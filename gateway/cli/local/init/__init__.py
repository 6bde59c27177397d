"""`mailwarden init`: a configuration to begin with."""
