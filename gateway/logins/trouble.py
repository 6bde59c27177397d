"""The trouble that keeps a login from being checked."""

from __future__ import annotations


class LoginsUnavailable(ConnectionError):
    """No login can be checked now: one sentence. A retry may help."""


class LoginBlocked(LoginsUnavailable):
    """Too many logins have failed: this one is refused, whatever its password is."""
