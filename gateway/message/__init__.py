"""The message: immutable octets and a map of them. This folder imports nothing of the project but itself."""
