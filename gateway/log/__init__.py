"""The log: how its lines are written, and the catalogue of its events."""

from gateway.log.output import LogStream, configure, readable_size, trouble

__all__ = ["LogStream", "configure", "readable_size", "trouble"]
