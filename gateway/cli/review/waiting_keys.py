"""Keys of the screen that wait: those typed before the window is there for which they are meant.

An action may ask the gateway before it asks the reviewer. Until then no key does anything: in the list each letter is
an action of its own.
"""

from __future__ import annotations

from textual.events import Key


class WaitingKeys:
    """The action that keys wait for, and the keys in the order in which they were typed."""

    def __init__(self) -> None:
        self.action: object | None = None  # None: keys wait for nothing
        self._typed: list[Key] = []
        self._came_back: list[Key] = []  # keys that were on their way through the list when the action began

    @property
    def is_empty(self) -> bool:
        return not self._typed and not self._came_back

    def hold(self, action: object) -> None:
        """Let keys wait for an action, and no longer for another one."""
        self.action = action

    def take(self, key: Key) -> None:
        """Keep a key; a widget that has passed it on had it before those that no widget has seen."""
        (self._came_back if key.is_forwarded else self._typed).append(key)

    def forget(self) -> None:
        """Drop the keys: they were meant for something that isn't there any more."""
        self._typed, self._came_back = [], []

    def let_go(self, action: object) -> list[Key]:
        """Return the keys, as new ones, where it is this action that they wait for."""
        if self.action is None or self.action is not action:
            return []
        keys = [Key(one.key, one.character) for one in (*self._came_back, *self._typed)]
        self.action = None
        self.forget()
        return keys
