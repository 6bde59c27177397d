"""Keys of the screen in the order typed: each waits until the one before it has been handled, and something takes it.

An action may ask the gateway before it asks the reviewer. Until then no key does anything: in the list each letter is
an action of its own.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from textual.events import Key, Paste
from textual.message import Message

#: Input that waits its turn: a key, or a text that is pasted.
Typed = Key | Paste


class KeyHandled(Message):
    """A message that follows a key through all widgets, and comes to the screen once they have handled the key."""

    def __init__(self, handled: asyncio.Event) -> None:
        super().__init__()
        self.handled = handled


class WaitingKeys:
    """The keys that nothing has taken yet."""

    def __init__(self) -> None:
        self._typed: deque[Typed] = deque()
        self._changed = asyncio.Event()

    @property
    def first(self) -> Typed | None:
        return self._typed[0] if self._typed else None

    def put(self, key: Typed) -> None:
        self._typed.append(key)
        self._changed.set()

    def look_again(self) -> None:
        """Let the keys be offered again: a window is there, or an action has ended."""
        self._changed.set()

    def forget(self) -> None:
        """Drop the keys: they were meant for something that isn't there any more."""
        self._typed.clear()

    def take_from(self, name: str) -> Key | None:
        """Return the first key of this name, and drop those before it; None where it wasn't typed."""
        if not any(is_key(one, name) for one in self._typed):
            return None
        while not (isinstance(one := self._typed.popleft(), Key) and one.key == name):
            pass
        return one

    async def next(self, pick: Callable[[], Typed | None]) -> Typed:
        """Wait until `pick` takes a key, and return it; it is asked whenever something has changed."""
        while (one := pick()) is None:
            self._changed.clear()
            await self._changed.wait()
        return one

    def take(self) -> Typed | None:
        """Return the first key, which waits no more."""
        return self._typed.popleft() if self._typed else None


def is_key(one: Typed | None, *names: str) -> bool:
    """Return whether this is one of these keys."""
    return isinstance(one, Key) and one.key in names
