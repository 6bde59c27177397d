"""What can go wrong with the store. Trouble in the environment is an exception; each class also is a builtin one.

Never a message's fault: whoever catches one of the first two answers the client with a temporary reply.
"""

from __future__ import annotations


class StoreUnavailable(OSError):
    """The store can't be read or written now: locked for too long, damaged, no such file, no permission."""


class StoreFull(StoreUnavailable):
    """The quarantine has reached its size limit, or the disk is full. Nothing was written."""


class SchemaOutdated(RuntimeError):
    """The store's tables are of another version than the program; the text says what to do."""


class NotHeld(LookupError):
    """There is no such entry in the quarantine, its content is gone, or a copy was released or deleted meanwhile."""
