"""The store's errors. Trouble in the environment is an exception; each class is also a builtin one.

None is a message's fault: the handler of either of the first two gives the client a temporary reply.
"""

from __future__ import annotations


class StoreUnavailable(OSError):
    """The store can't be read or written now: locked for too long, damaged, no such file, no permission."""


class ForeignStore(StoreUnavailable):
    """The store was written with another secret.key than the one that is used now. Nothing was written."""


class StoreFull(StoreUnavailable):
    """The quarantine has reached its size limit, or the disk is full. Nothing was written."""


class SchemaOutdated(RuntimeError):
    """The store's tables are of another version than the program; the text says what to do."""


class NotHeld(LookupError):
    """The quarantine has no such entry, its content is gone, or a copy was released or deleted meanwhile."""
