"""Mail from outside, what is proven of it, and what is remembered of its sender."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from filters.impersonation.filter import Impersonation
from filters.impersonation.sender_facts import SenderFacts
from filters.impersonation.settings import ImpersonationSettings
from filters.registry import FILTERS
from gateway.contract import Authentication, Author, Correspondence, Dmarc, Mail, Pair, Person, Way
from gateway.directory.lookup import ConfiguredDirectory
from gateway.directory.sending_rights import SendingRights
from gateway.matching import OwnNames
from gateway.settings.loading import load
from tests.support.builders.judgement import NOW, mail

ROOT = Path(__file__).resolve().parents[4]
DIRECTORY = ConfiguredDirectory(
    [
        Person("Ann Archer", ("ann@example.co.uk",), private_addresses=("home@archers.example",)),
        Person("Alan Archer", ("alan@example.co.uk",), private_addresses=("home@archers.example",)),
        Person("Bob Bridges", ("bob@example.co.uk",)),
        Person("Max M\u00fcller", ("max@example.co.uk",)),
        Person("Joerg Gross", ("joerg@example.co.uk",)),
    ],
    {},
    ["example.co.uk", "example.com"],
)
OURS = OwnNames(DIRECTORY.named, DIRECTORY.domain_names)


def known(pairs: Collection[Pair], days: int = 60, sent: int = 2) -> dict[Pair, Correspondence]:
    """Return records of that age."""
    return dict.fromkeys(pairs, Correspondence(NOW - timedelta(days=days), NOW, 2, sent))


def verified(*proven: str, unproven: Collection[str] = (), dmarc: Dmarc | None = None) -> Authentication:
    authors = (
        *(Author(one, one.rpartition("@")[2], frozenset({"dkim"})) for one in proven),
        *(Author(one, one.rpartition("@")[2]) for one in unproven),
    )
    return Authentication(verified=True, authors=authors, dmarc=dmarc or Dmarc())


def letter(sender: str, *fields: str, text: str = "Hello", **parts: Any) -> Mail:
    head = "\r\n".join((f"From: {sender}", "To: bob@example.co.uk", "Subject: Hello", *fields))
    content = f"{head}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    return mail(raw=content.encode(), **parts)


def facts(
    sender: str, *fields: str, remembered: Mapping[Pair, Correspondence] | None = None, **parts: Any
) -> SenderFacts:
    return SenderFacts(letter(sender, *fields, **parts), remembered or {})


class Memory:
    """Correspondents in memory."""

    def __init__(self, records: Mapping[Pair, Correspondence] | None = None) -> None:
        self.records = dict(records or {})
        self.added: set[Pair] = set()

    async def known(self, pairs: Collection[Pair]) -> Mapping[Pair, Correspondence]:
        return {pair: self.records[pair] for pair in pairs if pair in self.records}

    async def add(self, pairs: Collection[Pair], way: Way, at: datetime) -> None:
        self.added |= set(pairs)


@cache
def shipped() -> ImpersonationSettings:
    (entry,) = (one for one in load(ROOT / "config/gateway.yaml", FILTERS).filters if one.kind == "impersonation")
    assert isinstance(entry.settings, ImpersonationSettings)
    return entry.settings


def made(memory: Memory | None = None, directory: ConfiguredDirectory = DIRECTORY) -> Impersonation:
    return Impersonation(shipped(), directory, memory or Memory(), SendingRights(directory, {}))


async def found(*args: str, memory: Memory | None = None, **parts: Any) -> list[str]:
    return [one.code for one in await made(memory).check(letter(*args, **parts))]
