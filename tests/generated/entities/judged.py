"""Judges odd mails: what the independent readers show of each, and whether the gateway has found or held it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from filters.registry import FILTERS
from gateway.assemble.judge import build_filter
from gateway.assemble.services import build_services
from gateway.contract import Filter
from gateway.message.model import Message
from gateway.services.clock import SystemClock
from gateway.settings.loading import load
from gateway.understand.true_type import LibMagic
from tests.corpus.limited import CONFIGURATION, codes, understood
from tests.corpus.shipped import holding
from tests.generated.entities.mails import OddMail, Payload
from tests.oracles.readers import Leaf, Readers

_LINE_ENDS = b"\r\n"


@dataclass(frozen=True, slots=True)
class Judged:
    """One mail: the readers that show its payload, and what the gateway makes of it."""

    mail: OddMail
    shown_by: tuple[str, ...]
    is_named: bool  # a reader that shows it gives it the file name of a program
    is_leaf: bool  # the payload is a leaf of the unfolded tree
    codes: tuple[str, ...]  # findings of `structure` and `attachments` that hold the mail

    @property
    def is_ambiguous(self) -> bool:
        return any(code.startswith("structure.") for code in self.codes)

    @property
    def passes(self) -> bool:
        """A reader shows the payload, and the gateway neither shows it to its filters nor holds the mail for its form.

        A payload that only its name tells must have been found by it.
        """
        if not self.shown_by or self.is_ambiguous:
            return False
        return not self.is_leaf or (self.is_named and not self.codes)


class Gateway:
    """The gateway's own reading, without a sandbox process, and the two shipped filters that judge it."""

    def __init__(self) -> None:
        settings = load(CONFIGURATION, FILTERS)
        given = build_services(settings, SystemClock())
        chosen = [entry for entry in settings.filters if entry.name in ("structure", "attachments")]
        self._filters: list[Filter] = [build_filter(entry, given) for entry in chosen]
        self._true_types = LibMagic()

    def understood(self, raw: bytes) -> Message:
        """The unfolded message."""
        return understood(raw, self._true_types)

    def codes(self, message: Message) -> tuple[str, ...]:
        """The findings that hold it."""
        found = asyncio.run(codes(message, self._filters))
        return tuple(dict.fromkeys(holding(found)))


def judged(mails: Sequence[OddMail], gateway: Gateway) -> Iterator[Judged]:
    """Each mail, judged by the readers and by the gateway. Raises NoReaders."""
    with Readers() as readers:
        for one in mails:
            shown = readers.read(one.raw)
            by = {name: [leaf for leaf in leaves if is_payload(leaf, one.payload)] for name, leaves in shown.items()}
            message = gateway.understood(one.raw)
            yield Judged(
                one,
                tuple(name for name, leaves in by.items() if leaves),
                any(_is_program(leaf.name) for leaves in by.values() for leaf in leaves),
                any(holds(part.decoded, one.payload) for part in message.leaves),
                gateway.codes(message),
            )


def _is_program(name: str) -> bool:
    return name.endswith((".exe", ".js", ".com"))


def is_payload(leaf: Leaf, payload: Payload) -> bool:
    """Return whether a leaf has the payload: decoded if it was encoded, else as a file of its own."""
    return holds(leaf.content, payload)


def holds(content: bytes, payload: Payload) -> bool:
    if payload.is_encoded:
        return payload.content.strip(_LINE_ENDS) in content
    return content.strip(_LINE_ENDS) == payload.content.strip(_LINE_ENDS)
