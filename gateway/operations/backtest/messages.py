"""The messages on which a configuration is tried: files, and held mail.

Each source is a `Messages`: a further one, such as mail that has passed, is one more function that returns one.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.operations.explain import Source, Unusable, sources

#: Held messages that are asked for at a time.
PAGE = 500


@dataclass(frozen=True, slots=True)
class Candidate:
    """One message to be tried. Without facts of its arrival, its header has to do."""

    name: str  # the id of a held message, else the path
    content: bytes = b""
    facts: Mapping[str, Any] | None = None  # the answer of `quarantine.try`
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


async def _of_quarantine(asks: Asks, since: str, reason: str) -> AsyncIterator[Candidate]:
    behind: list[str] | None = None
    while page := await asks("quarantine.list", since=since, state=None, limit=PAGE, behind=behind):
        for entry in page:
            facts = await asks("quarantine.try", id=entry["id"], reason=reason)
            content = base64.b64decode(facts.pop("content", ""))
            yield Candidate(entry["id"], content, facts, facts.pop("left_out", ""))
        behind = [page[-1]["received_at"], page[-1]["id"]]
