"""Whole copies of a store: backups that are proved, and moves to another database."""
