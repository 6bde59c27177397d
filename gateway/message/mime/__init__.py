"""The division of a message into parts, and the doubtful points of it."""
