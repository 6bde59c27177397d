"""What is written out in text: messages, calendars, encoded files."""
