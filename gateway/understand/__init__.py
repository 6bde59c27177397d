"""Understand: what the message's own bytes can't say alone."""
