"""The message as immutable octets and a map of them, which `gateway.message.mime.parse` makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.message.computed_once import computed_once
from gateway.message.defect import Defect
from gateway.message.header.field import Header
from gateway.message.part import Part
from gateway.message.text.message_view import view_of
from gateway.message.text.view import TextView


@dataclass(frozen=True, eq=False)
class Message:
    """A whole message: its octets, the tree of its parts, and shortcuts to what is asked for most often."""

    raw: bytes = field(repr=False)
    root: Part
    parts: tuple[Part, ...] = field(repr=False)  # depth first, the root first; unpacked parts follow their container

    @property
    def leaves(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.is_leaf)

    @computed_once
    def defects(self) -> tuple[Defect, ...]:
        """The defects of all parts, in order."""
        return tuple(defect for part in self.parts for defect in part.defects)

    @computed_once
    def view(self) -> TextView:
        """The text that a person reads; the texts of a large message were read beforehand (`unfold`)."""
        return view_of(self.root, self.parts)

    @computed_once
    def _by_path(self) -> Mapping[str, Part]:
        return {part.path: part for part in self.parts}

    def part(self, path: str) -> Part | None:
        return self._by_path.get(path)

    @property
    def headers(self) -> tuple[Header, ...]:
        return self.root.headers

    def header(self, name: str) -> str | None:
        return self.root.header(name)

    def all(self, name: str) -> tuple[str, ...]:
        return self.root.all(name)

    @property
    def subject(self) -> str:
        return self.header("subject") or ""

    @property
    def message_id(self) -> str:
        return self.header("message-id") or ""
