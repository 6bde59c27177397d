"""Which action a code has in a direction: the first set of `actions`, `action` and the one that the code ships with.

A code that ships as `on_error` passes `action` over: what a retry can cure is no verdict on the message.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from gateway.contract import DIRECTIONS, ON_ERROR, Direction, Filter
from gateway.settings.entries import Action, ActionSpec, OnError
from gateway.settings.problems import Location
from gateway.settings.reading import Reading
from gateway.settings.rules import EntryKeys, WrittenAction


@dataclass(frozen=True, slots=True)
class Resolver:
    """Resolves the actions of one entry, which stands at `at`."""

    reading: Reading
    cls: type[Filter]
    keys: EntryKeys
    at: Location

    def actions(self) -> dict[str, dict[Direction, ActionSpec]]:
        """Every code of the filter in every direction."""
        return {code: {direction: self._spec(code, direction) for direction in DIRECTIONS} for code in self.cls.codes}

    def failure(self) -> dict[Direction, ActionSpec]:
        """What `on_error` makes of an exception or a time-out."""
        return dict.fromkeys(DIRECTIONS, self._on_error())

    def _spec(self, code: str, direction: Direction) -> ActionSpec:
        named = self.keys.actions.get(code, {}).get(direction)
        if named:
            return self._written(named, direction, (*self.at, "actions", code))
        shipped = self._shipped(code, direction)
        if shipped == ON_ERROR:
            return self._on_error()
        general = (self.keys.action or {}).get(direction)
        if general:
            return self._written(general, direction, (*self.at, "action"))
        return self._made(cast(Action, shipped), self.at)

    def _shipped(self, code: str, direction: Direction) -> str:
        _, shipped = self.cls.codes[code]
        return shipped if isinstance(shipped, str) else shipped.get(direction, "log")

    def _on_error(self) -> ActionSpec:
        return self._made(self.keys.on_error, (*self.at, "on_error"))

    def _written(self, action: WrittenAction, direction: Direction, at: Location) -> ActionSpec:
        return self._made(action.do, (*at, direction) if (*at, direction) in self.reading.keys else at, action)

    def _made(self, do: Action | OnError, at: Location, written: WrittenAction | None = None) -> ActionSpec:
        return ActionSpec(
            do=do,
            notify=written.notify if written and written.notify is not None else self.keys.notify,
            release=(written.release if written else None) or self.keys.release or "one",
            label=written.label if written else "",
            where=self.reading.key_mark(at if at in self.reading.keys else self.at).at_line,
        )
