"""Processes: the supervisor, its workers and keeper, and their limits. The sandbox's are in `understand.sandbox`."""
