"""The action of a code in a direction: the first that is set of `actions`, `action` and the shipped one.

A code that ships as `on_error` skips `action`: what a retry can cure is no verdict on the message.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

from gateway.contract import DIRECTIONS, ON_ERROR, AsksSender, Direction, Filter, NamesPayees
from gateway.settings.chain.consequences import is_kept_from_managers
from gateway.settings.chain.entries import PEOPLE, Action, ActionSpec, Notify, OnError, Release
from gateway.settings.chain.rules import EntryKeys, WrittenAction
from gateway.settings.yaml.problems import Location
from gateway.settings.yaml.yaml_reading import Reading


@dataclass(frozen=True, slots=True)
class ActionResolver:
    """Resolver of the actions of one entry, which stands at `at`."""

    reading: Reading
    cls: type[Filter]
    keys: EntryKeys
    at: Location
    approvers: int = 0  # the number of named approvers

    def actions(self) -> dict[str, dict[Direction, ActionSpec]]:
        """Return the action of every code of the filter in every direction."""
        return {code: {direction: self._spec(code, direction) for direction in DIRECTIONS} for code in self.cls.codes}

    def failure(self) -> dict[Direction, ActionSpec]:
        """Return the actions that `on_error` gives an exception or a time-out."""
        return dict.fromkeys(DIRECTIONS, self._on_error())

    def _spec(self, code: str, direction: Direction) -> ActionSpec:
        """Return the action. A stranger releases nothing, neither the sender of inbound mail nor an outside recipient.

        A reviewer does.
        """
        spec = self._chosen(code, direction)
        strangers = {"inbound": "sender", "outbound": "recipient"}
        return replace(spec, release="one") if spec.release == strangers.get(direction) else spec

    def _chosen(self, code: str, direction: Direction) -> ActionSpec:
        named = self.keys.actions.get(code, {}).get(direction)
        if named:
            return self._written(named, direction, (*self.at, "actions", code), code)
        shipped = self._shipped(code, direction)
        if shipped == ON_ERROR:
            return self._on_error()
        general = (self.keys.action or {}).get(direction)
        if general:
            return self._written(general, direction, (*self.at, "action"), code)
        return self._made(cast(Action, shipped), self.at, code=code)

    def _shipped(self, code: str, direction: Direction) -> str:
        shipped = self.cls.codes[code].action
        return shipped if isinstance(shipped, str) else shipped.get(direction, "log")

    def _on_error(self) -> ActionSpec:
        """Return the action of `on_error`. Nobody releases by a reply what could not be judged."""
        spec = self._made(self.keys.on_error, (*self.at, "on_error"))
        return replace(spec, release="one") if spec.release in ("sender", "recipient") else spec

    def _written(self, action: WrittenAction, direction: Direction, at: Location, code: str) -> ActionSpec:
        return self._made(action.do, (*at, direction) if (*at, direction) in self.reading.keys else at, action, code)

    def _made(
        self, do: Action | OnError, at: Location, written: WrittenAction | None = None, code: str = ""
    ) -> ActionSpec:
        return ActionSpec(
            do=do,
            notify=self._notify(written, code),
            release=(written.release if written else None) or self.keys.release or self._unset_release(code),
            label=written.label if written else "",
            where=self.reading.key_mark(at if at in self.reading.keys else self.at).at_line,
        )

    def _notify(self, written: WrittenAction | None, code: str) -> tuple[Notify, ...] | None:
        """Return the persons who are told, among them no manager whom the filter keeps the code from."""
        told = written.notify if written and written.notify is not None else self.keys.notify
        kept = told and code and is_kept_from_managers(self.cls, code)
        return tuple(one for one in told if one != "manager") if told and kept else told

    def _unset_release(self, code: str) -> Release:
        """Return the release where the configuration sets none.

        The sender releases a code that is for the sender to confirm, where a reply can reach us. Two people release a
        code that a person has to verify, where two may approve. One releases the others.
        """
        can_reply = bool(self.reading.data.get("control_address"))
        if can_reply and isinstance(self.cls, AsksSender) and code in self.cls.release_by_sender:
            return "sender"
        several = self.approvers >= PEOPLE
        verified = several and isinstance(self.cls, NamesPayees) and code in self.cls.release_needs_verification
        return "two_people" if verified else "one"
