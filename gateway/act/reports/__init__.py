"""The report for administrators: its figures, its sentences, its page, and the weekly message."""
