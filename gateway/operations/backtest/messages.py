"""The messages on which a configuration is tried: files, held mail, and mail of the journal."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.contract import Refused
from gateway.operations.explain import Source, Unusable, sources
from gateway.operations.journal import OFF

#: Held messages that are asked for at a time.
PAGE = 500


@dataclass(frozen=True, slots=True)
class Candidate:
    """One message to be tried. Without facts of its arrival, its header has to do."""

    name: str  # the id of a held or relayed message, else the path
    content: bytes = b""
    facts: Mapping[str, Any] | None = None  # the answer of `quarantine.try` or `journal.try`
    left_out: str = ""  # the reason, in a clause, why it can't be tried


@dataclass(frozen=True, slots=True)
class Messages:
    """Messages of one source, and how many there are."""

    number: int
    each: AsyncIterator[Candidate]


class Asks(Protocol):
    """One operation of the gateway: `await asks("quarantine.count", since=…)`. Raises Refused."""

    async def __call__(self, do: str, /, **arguments: Any) -> Any: ...


def in_files(paths: Sequence[str]) -> Messages:
    """Return the messages in files, folders and mboxes. Raises Unusable where there is none."""
    found = [source for path in paths for source in sources(path)]
    if not found:
        raise Unusable(f"no mail in {', '.join(paths)}: files, folders with *.eml, mboxes or - are read")
    return Messages(len(found), _of_files(found))


async def _of_files(found: Sequence[Source]) -> AsyncIterator[Candidate]:
    for source in found:
        try:
            content = source.content()
        except Unusable as error:
            yield Candidate(source.name, left_out=str(error).removeprefix(f"{source.name}: "))
            continue
        yield Candidate(source.name, content)


async def in_quarantine(asks: Asks, since: str, reason: str) -> Messages:
    """Return the messages held since then, released and deleted ones too. Each one that is handed out is on record."""
    number = await asks("quarantine.count", since=since, state=None)
    return Messages(number, _of_quarantine(asks, since, reason))


async def in_journal(asks: Asks, since: str, reason: str) -> Messages:
    """Return the messages relayed since then that the journal has, without held ones; none where it is off.

    Each one that is handed out is on record.
    """
    held = {entry["id"] async for entry in _held(asks, since)}
    ids: list[str] = []
    behind: list[str] | None = None
    while True:
        try:
            page = await asks("journal.find", since=since, limit=PAGE, behind=behind, reason=reason)
        except Refused as refused:
            if str(refused) != OFF:
                raise
            return Messages(0, _of_journal(asks, [], reason))
        ids += [entry["id"] for entry in page["found"] if entry["mail_id"] not in held]
        if not (behind := page["behind"]):
            return Messages(len(ids), _of_journal(asks, ids, reason))


async def _of_journal(asks: Asks, ids: Sequence[str], reason: str) -> AsyncIterator[Candidate]:
    for id in ids:
        yield _candidate(id, await asks("journal.try", id=id, reason=reason))


async def _of_quarantine(asks: Asks, since: str, reason: str) -> AsyncIterator[Candidate]:
    async for entry in _held(asks, since):
        yield _candidate(entry["id"], await asks("quarantine.try", id=entry["id"], reason=reason))


async def _held(asks: Asks, since: str) -> AsyncIterator[Mapping[str, Any]]:
    behind: list[str] | None = None
    while page := await asks("quarantine.list", since=since, state=None, limit=PAGE, behind=behind):
        for entry in page:
            yield entry
        behind = [page[-1]["received_at"], page[-1]["id"]]


def _candidate(id: str, facts: dict[str, Any]) -> Candidate:
    content = base64.b64decode(facts.pop("content", ""))
    return Candidate(id, content, facts, facts.pop("left_out", ""))
