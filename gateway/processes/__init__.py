"""Processes: the supervisor, its children, and their limits."""
