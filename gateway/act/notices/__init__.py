"""Notices to people: what is held, refused or undelivered, and reminders."""
