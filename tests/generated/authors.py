"""Odd `From:` fields that name one of our people, judged by independent readers.

`python -m tests.generated.authors --count 10000` prints how many fields a reader shows as ours, and which of these
`external` doesn't mark. The fields are the same for the same seed.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from filters.external.filter import External
from filters.external.settings import ExternalSettings
from gateway.contract import Authentication, Author, Person
from gateway.directory.lookup import ConfiguredDirectory
from gateway.message.authors import authors
from gateway.services.read_only import ReadOnlyCorrespondents
from tests.oracles.readers import Readers
from tests.support.builders.judgement import mail

BANNERS = Path(__file__).resolve().parents[2] / "config/banners"

NAME = "Jane Doe"
OURS = "jane.doe@example.co.uk"
THEIRS = "eve@evil.example"
DIRECTORY = ConfiguredDirectory([Person(NAME, (OURS,))], {}, ["example.co.uk"])

#: What is enough to be marked as a claim to be one of ours.
MARKS = frozenset({"external.unauthenticated", "external.lookalike"})

_BLANKS = ("", " ", "\t", "\r\n ", "  ", "(x)", " (x) ", "(a (b) c)", "\r\n\t(x)\r\n ")
_INVISIBLE = ("\u200b", "\u200d", "\u2060", "\u00ad", "\ufeff", "\u034f", "\u180e", "\ufe0f", "\U000e0061")
_ALIKE = {"a": "\u0430", "e": "\u0435", "o": "\u043e", "J": "\u0408", "D": "\uff24", "n": "\U0001d427"}


@dataclass(slots=True)
class Tally:
    """The numbers of fields that were tried and shown as one of ours, and the fields that passed."""

    tried: int = 0
    shown: int = 0  # as one of ours, by one reader at least
    passed: list[str] = field(default_factory=list)
    readers: Counter[str] = field(default_factory=Counter)

    def lines(self) -> list[str]:
        head = f"{self.tried} From fields, {self.shown} shown as one of ours, {len(self.passed)} of them not marked"
        return [head, *(f"  {name}: {count}" for name, count in self.readers.most_common()), *self.passed[:20]]


def fields_of(seed: int, count: int) -> Iterator[str]:
    """Values of From, with CRLF in their folds."""
    chance = random.Random(seed)
    for _ in range(count):
        yield _field(chance)


def _field(chance: random.Random) -> str:
    ours, name = _address(chance, OURS), _name(chance)
    theirs = _address(chance, THEIRS) if chance.random() < 0.2 else THEIRS
    forms = (
        f"{name} <{theirs}>", f'"{name}" <{theirs}>', f"{theirs} ({name})", f"<{theirs}> ({name})", f"{name} <{ours}>",
        f"<{ours}>", ours, f"{ours} <{theirs}>", f'"{ours}" <{theirs}>', f"({ours}) {theirs}", f"{theirs} ({ours})",
        f"{ours} {theirs}", f"<{ours}> <{theirs}>", f"<{theirs}> <{ours}>", f"{theirs} <{ours}>", f"<{theirs},{ours}>",
        f"{name} {theirs} <{ours}>", f"<@relay.example:{ours}>", f"<@{THEIRS.partition('@')[2]},@x:{ours}>",
        f"Team: {ours};", f"{name}: {theirs};", f"{theirs}, {ours}", f"{ours}; {theirs}", f"{name} <{theirs}",
        f"{ours}>", f'"{name} <{theirs}>', f"{name} <<{ours}>>", f"{_encoded(chance, OURS)} <{theirs}>",
        f"{_encoded(chance, f'{NAME} <{OURS}>')} <{theirs}>", f"{_encoded(chance, NAME)} <{theirs}>",
        f"{theirs} ({_encoded(chance, NAME)})", f"{_encoded(chance, OURS)}", f"<{_encoded(chance, OURS)}>",
        _quoted_local(ours), _name_in_two(name, theirs),
        f"{ours}\x00@{THEIRS.partition('@')[2]}", f"{ours}@{THEIRS.partition('@')[2]}", f"{ours}%{THEIRS}",
    )  # fmt: skip
    return chance.choice(forms)


def _quoted_local(address: str) -> str:
    local, at, domain = address.partition("@")
    return f'"{local}"{at}{domain}'


def _name_in_two(name: str, address: str) -> str:
    first, _, last = name.partition(" ")
    return f"{first} <{address}> ({last})"


def _address(chance: random.Random, address: str) -> str:
    """Return the address with blanks as the obsolete syntax allows them, or with one character in another form."""
    kind = chance.randrange(5)
    if kind == 0:
        return address
    if kind == 1:
        return "".join(
            f"{chance.choice(_BLANKS)}{one}{chance.choice(_BLANKS)}" if one in ".@" and chance.random() < 0.5 else one
            for one in address
        )
    if kind == 2:
        at = chance.randrange(len(address))
        return address[:at] + chance.choice((*_BLANKS, *_INVISIBLE, "\\", '"')) + address[at:]
    if kind == 3:
        return address.replace("@", chance.choice(("\uff20", "\ufe6b", " @ ", "@ ", "(at)@", "@(x)")))
    return chance.choice((address.upper(), address.replace(".", "\uff0e"), address.title(), f'"{address}"'))


def _name(chance: random.Random) -> str:
    kind, at = chance.randrange(6), chance.randrange(len(NAME))
    if kind == 0:
        return NAME
    if kind == 1:
        return NAME[:at] + chance.choice(_INVISIBLE) + NAME[at:]
    if kind == 2:
        return "".join(_ALIKE.get(one, one) if chance.random() < 0.5 else one for one in NAME)
    if kind == 3:
        return chance.choice(("Doe, Jane", "DOE Jane", "Dr Jane Doe", "Jane  Doe", "Jane\r\n Doe", "jane doe"))
    if kind == 4:
        return chance.choice(
            ('Jane "Doe"', "Jane (x) Doe", "(Jane) Doe", "Jane\tDoe", "Jane_Doe", "Jane.Doe", "Jane (Doe)")
        )
    return "".join(unicodedata.normalize("NFKC", one) + ("\u0301" if chance.random() < 0.1 else "") for one in NAME)


def _encoded(chance: random.Random, text: str) -> str:
    at = chance.randrange(1, len(text))
    one = "=?utf-8?q?" + "".join(c if c.isalnum() else f"={ord(c):02X}" for c in text) + "?="
    two = "".join("=?utf-8?q?" + "".join(f"={b:02X}" for b in part.encode()) + "?= " for part in (text[:at], text[at:]))
    return chance.choice((one, two.strip(), one.replace("?q?", "?Q?").replace("utf-8", "us-ascii"), f'"{one}"'))


def shows_ours(people: Sequence[tuple[str, str]]) -> bool:
    """Return whether a person would take one of these for one of ours.

    The address makes it so, or the name with no other mark.
    """
    for name, address in people:
        if _seen(address).strip('"') == OURS or OURS in _seen(name):
            return True
        if sorted(_seen(name).replace(",", " ").split()) == sorted(NAME.casefold().split()):
            return True
    return False


def _seen(text: str) -> str:
    """Return a text as a person sees it: without characters of no width, and without blanks around dots and the @."""
    seen = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) not in ("Cf", "Mn"))
    return re.sub(r"\s*([.@])\s*", r"\1", seen.casefold())


async def search(seed: int, count: int) -> Tally:
    """Try so many fields: as a client without verification sees them, and with the reader's own address proven."""
    texts = {kind: (BANNERS / f"external.{kind}").read_text() for kind in ("txt", "html")}
    external = External(ExternalSettings(text=texts["txt"], html=texts["html"]), DIRECTORY, ReadOnlyCorrespondents())
    tally = Tally()
    with Readers() as readers:
        for value in fields_of(seed, count):
            raw = f"From: {value}\r\nTo: bob@example.co.uk\r\nSubject: Hello\r\n\r\nHello\r\n".encode()
            tally.tried += 1
            showing = [name for name, people in readers.authors(raw).items() if shows_ours(people)]
            if not showing:
                continue
            tally.shown += 1
            tally.readers.update(showing)
            if not all([await _is_marked(external, raw, proven) for proven in (False, True)]):
                tally.passed.append(f"{value!r}: {', '.join(showing)}")
    return tally


async def _is_marked(external: External, raw: bytes, proven: bool) -> bool:
    """`proven`: the thief's own address has passed SPF, and is an author where the field is plain."""
    authentication = Authentication()
    if proven:
        named = authors(mail(raw=raw).message.root.fields("from"))
        found = (Author(one, "", frozenset({"spf"} if one.endswith("@evil.example") else ())) for one in named)
        authentication = Authentication(verified=True, authors=tuple(found))  # type: ignore[arg-type]
    found_codes = {one.code for one in await external.check(mail(raw=raw, authentication=authentication))}
    return not MARKS.isdisjoint(found_codes)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--count", type=int, default=10_000)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    tally = asyncio.run(search(given.seed, given.count))
    print("\n".join(tally.lines()))
    return bool(tally.passed)


if __name__ == "__main__":
    sys.exit(main())
