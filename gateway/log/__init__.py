"""The log: how its lines are written, and the catalogue of its events."""
