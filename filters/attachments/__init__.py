"""The filter `attachments`: `filter` judges the parts, `categories` knows kinds of files, `settings` the YAML keys."""
