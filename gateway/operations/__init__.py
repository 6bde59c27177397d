"""Operator commands, carried out by a running gateway or directly on the store."""
