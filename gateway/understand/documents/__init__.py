"""Visible text of documents that are no text files."""
