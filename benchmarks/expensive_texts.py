"""`make bench-expensive`: a search for messages whose text costs most CPU time, by mutation and selection.

What counts is reading a message, in the sandbox too, and all filters of its text; `virus` is not asked.
A message is made of pieces, each repeated, in a plain letter, a page of HTML, both, or a zip file of texts. The
costliest ones so far are changed again and again: pieces are added, dropped, moved, exchanged with those of another,
repeated more often. What is left after the time is written to build/expensive, as files and as a table. The same seed
makes the same first messages; which come later depends on the times. Run by hand: a figure is never a test.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import random
import re
import sys
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.filter_costs import READING, Costs, costs
from benchmarks.messages import with_attachment
from tests.corpus.letters import Letter, entity, header, multipart
from tests.corpus.shipped import Shipped

PROJECT = Path(__file__).resolve().parents[1]
FOLDER = PROJECT / "build/expensive"

BAR_MS = 150.0
KEPT = 10
#: Share of messages that are made anew, so that the search leaves what it is stuck in.
FRESH = 0.2
#: Characters of a text, from and to; a message of a megabyte is the largest that is tried.
SMALLEST, LARGEST = 500, 1_000_000
MOST_PIECES = 40

#: Rules whose words are used.
RULES = tuple(
    f"{name}.yaml"
    for name in ("payment_change", "audience", "personal", "language", "broadcast", "commitment", "confidential")
)
#: Pieces besides words: numbers that may be accounts, disguises, quotations, ends of sentences, and HTML.
ODD = (
    *("GB29 NWBK 6016 1331 9268 19", "DE89370400440532013000", "12-34-56 12345678", "1234 5678 9012 3456", "£1,250.00"),
    *("0", "1 2 3 4 ", "7777777", "A1B2", "\u0663\u0664", "0xab", "1.2.3.4", "sort code", "acc no", "****1234"),
    *("\u200b", "\u00ad", "\u0301", "\u0430", "\u0455", "\ufeff", "\u202e", "\uff21", "\U0001d41a", "\u1e9e", "\u0130"),
    *("b a n k ", "b4nk ", "b-a-n-k ", "b\u200ba\u200bn\u200bk ", "BANK", "bank", "\u00df", "\ufb01", "i\u0307"),
    *("\r\n", "\r\n\r\n", "\r\n> ", "\r\n>> ", "\r\n-- \r\n", ". ", "! ", "? ", ", ", " ", "\t", "\u00a0"),
    *("-", "_", "'", '"', "(", ")", "[", "]", "<", ">", "/", ":", "@", "&", "#", "%", "=", "\\", "|", "~", "^"),
    *("$", "*", "+"),
    *("a", "aaaaaaaa", "x" * 200, "Mr. ", "e.g. ", "On 3 Mar 2026 at 10:11, Ann Lee <ann@example.com> wrote:\r\n"),
    *("From: a@b.example\r\nSent: Monday\r\nTo: c@d.example\r\nSubject: Re: x\r\n\r\n", "ann@example.com "),
    *("www.a.example ", "http://a.example/", "&amp;", "&#8203;", "&zwnj;", "<b>", "</b>", "<p>", "<br>"),
    *("<table><tr><td>", "<blockquote>", "<!--", "-->"),
    *("<div style='display:none'>", "</div>", "<span style='font-size:0'>", "<style>p{color:#fff}</style>"),
    *("not ", "if ", "never ", "please ", "thanks ", "new ", "our ", "the ", "is ", "instead ", "of ", "to ", "we "),
)  # fmt: skip

#: A letter or a file of texts: from its text to the octets of a message.
Container = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class Shape:
    """A message, as it is made."""

    container: str
    to: str  # "in:…" or "out:…"
    pieces: tuple[tuple[str, int], ...]  # text, and how often
    characters: int  # the pieces are repeated up to so many

    def text(self) -> str:
        once = "".join(piece * times for piece, times in self.pieces)
        return (once * (self.characters // max(len(once), 1) + 1))[: self.characters]

    def message(self) -> bytes:
        return CONTAINERS[self.container](self.text())

    def __str__(self) -> str:
        shown = " ".join(f"{piece[:24]!r}" + (f" x {times}" if times > 1 else "") for piece, times in self.pieces[:6])
        more = f" … {len(self.pieces)} pieces" if len(self.pieces) > 6 else ""
        return f"{self.container}, {self.to.partition(':')[0]}bound, {self.characters:,} characters of {shown}{more}"


@dataclass(frozen=True, slots=True)
class Found:
    """A shape with what it costs."""

    shape: Shape
    costs: Costs = field(compare=False)


def plain(text: str) -> bytes:
    return header(Letter("")) + entity("text/plain; charset=utf-8", text.encode(), "8bit")


def page(text: str) -> bytes:
    return header(Letter("")) + entity("text/html; charset=utf-8", f"<html><body>{text}".encode(), "8bit")


def both(text: str) -> bytes:
    shown = entity("text/html; charset=utf-8", f"<p>{text}".encode(), "8bit")
    return header(Letter("")) + multipart(
        "alternative", entity("text/plain; charset=utf-8", text.encode(), "8bit"), shown
    )


def zipped(text: str, files: int = 4) -> bytes:
    held, each = io.BytesIO(), len(text) // files + 1
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(files):
            archive.writestr(f"minutes-{number}.txt", text[number * each : (number + 1) * each])
    return with_attachment("minutes.zip", "application/zip", held.getvalue())


CONTAINERS: Mapping[str, Container] = {
    "plain": plain,
    "HTML": page,
    "plain and HTML": both,
    "zip of 4 texts": zipped,
    "zip of 500 texts": lambda text: zipped(text, 500),
}


def words() -> list[str]:
    """Return the words of the shipped rules, and those of their patterns side by side."""
    found: dict[str, None] = {}
    for name in RULES:
        for pattern in _strings(yaml.safe_load((PROJECT / "config" / name).read_text())):
            read = re.findall(r"\w[\w']+", pattern)
            found.update(dict.fromkeys(f"{word} " for word in read))
            found[" ".join(read) + " "] = None
    return list(found)


def _strings(rules: Any) -> list[str]:
    if isinstance(rules, str):
        return [rules]
    values = rules.values() if isinstance(rules, dict) else rules if isinstance(rules, list) else ()
    return [text for value in values for text in _strings(value)]


class Search:
    """The costliest shapes so far, and new ones made of them."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._words = words()
        self.tried = 0
        self.best: list[Found] = []

    def next(self) -> Shape:
        """Return a new shape."""
        self.tried += 1
        if not self.best or self._random.random() < FRESH:
            return self._fresh()
        shape = self._random.choice(self.best).shape
        for _ in range(self._random.choice((1, 1, 2, 4))):
            shape = self._changed(shape)
        return shape

    def keep(self, found: Found) -> bool:
        """Keep what is costlier than the least of those kept, of each set of pieces one; return whether it was kept."""
        kept = {_kind(one.shape): one for one in self.best}
        before = kept.get(_kind(found.shape))
        if before is not None and before.costs.whole >= found.costs.whole:
            return False
        kept[_kind(found.shape)] = found
        self.best = sorted(kept.values(), key=lambda one: -one.costs.whole)[:KEPT]
        return found in self.best

    def enters(self, ms: float) -> bool:
        """Return whether something of this cost would be kept."""
        return len(self.best) < KEPT or ms > self.best[-1].costs.whole

    def _fresh(self) -> Shape:
        chosen = self._random
        pieces = tuple(self._piece() for _ in range(chosen.randint(1, 8)))
        to = chosen.choice(("in:alice@example.co.uk", "in:alice@example.co.uk", "out:bob@other.example"))
        return Shape(chosen.choice(list(CONTAINERS)), to, pieces, self._length())

    def _piece(self) -> tuple[str, int]:
        chosen = self._random
        kind = chosen.random()
        if kind < 0.05:
            return "".join(chr(chosen.randint(0x80, 0x2FF)) for _ in range(200)), 1
        if kind < 0.1:
            return chr(chosen.choice((chosen.randint(33, 0x2FF), chosen.randint(0x300, 0xD7FF)))), chosen.randint(1, 50)
        text = chosen.choice(self._words if chosen.random() < 0.5 else ODD)
        return text, chosen.choice((1, 1, 1, 2, 5, 50, 1000)) if len(text) < 10 else 1

    def _length(self) -> int:
        return int(SMALLEST * (LARGEST / SMALLEST) ** self._random.random())

    def _changed(self, shape: Shape) -> Shape:
        chosen, pieces = self._random, list(shape.pieces)
        at = chosen.randrange(len(pieces))
        match chosen.randrange(8):
            case 0 if len(pieces) < MOST_PIECES:
                pieces.insert(at, self._piece())
            case 1 if len(pieces) > 1:
                del pieces[at]
            case 2:
                pieces[at] = self._piece()
            case 3:
                pieces[at] = pieces[at][0], max(1, int(pieces[at][1] * chosen.choice((0.1, 0.5, 2, 10)))) % 5000 or 1
            case 4:
                chosen.shuffle(pieces)
            case 5:
                other = list(chosen.choice(self.best).shape.pieces)
                pieces = (pieces[:at] + other[chosen.randrange(len(other)) :])[:MOST_PIECES] or pieces
            case 6:
                longer = int(shape.characters * chosen.choice((0.5, 0.8, 1.25, 2, 4)))
                return replace(shape, characters=min(max(longer, SMALLEST), LARGEST))
            case _:
                return replace(shape, container=chosen.choice(list(CONTAINERS)))
        return replace(shape, pieces=tuple(pieces))


def _kind(shape: Shape) -> tuple[str, frozenset[str]]:
    return shape.container, frozenset(piece for piece, _ in shape.pieces)


async def search(seed: int, minutes: float) -> Search:
    """Search for so many minutes. What is costly is measured again, since other work on the machine only adds time."""
    found, ends = Search(seed), time.monotonic() + minutes * 60
    async with Shipped("127.0.0.1:1") as shipped:  # no scanner: `virus` isn't asked
        while time.monotonic() < ends:
            shape = found.next()
            raw = shape.message()
            cost = await costs(shipped, raw, shape.to, without={"virus"})
            if found.enters(cost.whole):
                cost = min(cost, await costs(shipped, raw, shape.to, without={"virus"}), key=lambda one: one.whole)
                if found.keep(Found(shape, cost)) and found.best[0].shape == shape:
                    print(f"  {found.tried:>6} {cost.whole:8.0f} ms  {shape}", flush=True)
    return found


def report(found: Sequence[Found]) -> str:
    """Write the messages, and return a table of them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.eml"):
        old.unlink()
    lines = ["| file | CPU, ms | of it reading | costliest filters | shape |\n|---|---|---|---|---|\n"]
    for number, one in enumerate(found):
        file = FOLDER / f"{number}.eml"
        file.write_bytes(one.shape.message())
        filters = sorted((item for item in one.costs.ms.items() if item[0] != READING), key=lambda item: -item[1])[:3]
        shown = ", ".join(f"{name} {ms:.0f}" for name, ms in filters)
        reading, shape = one.costs.ms[READING], str(one.shape).replace("|", "\\|")
        lines.append(f"| {file.name} | {one.costs.whole:.0f} | {reading:.0f} | {shown} | {shape} |\n")
    table = "".join(lines)
    (FOLDER / "EXPENSIVE.md").write_text(table)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    found = asyncio.run(search(arguments.seed, arguments.minutes))
    print(f"{found.tried} messages tried, seed {arguments.seed}, bar {BAR_MS:g} ms\n\n{report(found.best)}")
    sys.exit(1 if found.best[0].costs.whole > BAR_MS else 0)


if __name__ == "__main__":
    main()
