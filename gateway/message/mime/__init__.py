"""The division of a message into parts, and what is doubtful about it."""
