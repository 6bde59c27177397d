"""Hits gathered by the part that an edit can name, with one finding for each code of a part.

The reviewer's evidence is bounded, and shows invisible characters of a name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jinja2 import Template

from filters.attachments.categories import Hit
from filters.attachments.codes import CODES
from gateway.contract import Evidence, Finding
from gateway.message import Part, ReplacePart

#: Characters of a file name that are quoted, from its end, where the extension is. File systems allow as many.
QUOTED_CHARACTERS = 255

#: Pieces of evidence in one finding: a reviewer reads a screen, and an archive may hold 10,000 names.
EVIDENCE_PIECES = 20


class Gathered:
    """The hits of one carrier: a part of the message itself, with all parts that came out of it."""

    def __init__(self, carrier: Part) -> None:
        self._carrier = carrier
        self._by_code: dict[str, list[tuple[Hit, str]]] = {}

    def add(self, hit: Hit, path: str) -> None:
        self._by_code.setdefault(hit.code, []).append((hit, path))

    def __contains__(self, code: str) -> bool:
        return code in self._by_code

    def findings(self, notice: Template) -> Iterator[Finding]:
        """Yield one finding for each code. The findings share one edit, so that they agree on it."""
        firsts = [found[0][0] for found in self._by_code.values()]
        edits = (ReplacePart(self._carrier.path, self._removed(notice, firsts)),) if firsts else ()
        for code, found in self._by_code.items():
            evidence = tuple(Evidence(hit.what, shown(hit.quote), path) for hit, path in found[:EVIDENCE_PIECES])
            yield Finding(code, found[0][0].summary, evidence=evidence, part=self._carrier.path, edits=edits)

    def _removed(self, notice: Template, hits: Sequence[Hit]) -> str:
        names = self._carrier.names
        return notice.render(
            file=printable(names[0]) if names else "(without a name)",
            reason=" ".join(dict.fromkeys(hit.summary for hit in hits)),
            clause=", ".join(dict.fromkeys(CODES[hit.code].clause for hit in hits)),
        )


def shown(text: str) -> str:
    """Return the end of a text for a reviewer; invisible characters and direction marks are escaped (`\\u202e`)."""
    return "".join(c if c.isprintable() else _escaped(c) for c in text[-QUOTED_CHARACTERS:])


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def printable(name: str) -> str:
    """Return a file name for a line of text, without controls and direction marks, cut to `QUOTED_CHARACTERS`."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name[:QUOTED_CHARACTERS])
