"""Openers of files that are written out in text: messages, calendars, encoded files."""
