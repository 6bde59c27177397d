"""Receive: sockets, SMTP sessions, the DATA reader, replies."""
