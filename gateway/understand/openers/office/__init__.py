"""Openers of documents of office programs."""
