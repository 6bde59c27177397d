"""The filter `disclaimer`: `filter` decides, `body_texts` finds texts, `templates` fills in, `marker` recognises."""
