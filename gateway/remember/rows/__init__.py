"""Rows of the tables, read and written."""
