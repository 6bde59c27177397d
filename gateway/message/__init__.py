"""The message: immutable bytes and their map. Imports nothing of the project."""
