"""Office documents that are encrypted with a password that their programs try without a question."""
