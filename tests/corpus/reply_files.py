"""The corpus of replies in `tests/corpus/replies/`: written by us, in the shapes that the named mail programs make.

A file holds the decoded text with marks in it: ⟦top⟧ ⟦above_quote⟧ ⟦end⟧ are the expected places, ⟦new⟧ ⟦quoted⟧
⟦signature⟧ ⟦footer⟧ the beginnings of the expected segments. The marks are taken out; offsets count without them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "replies"
PLACES = ("top", "above_quote", "end")

_MARK = re.compile("⟦([a-z_]+)⟧")


@dataclass(frozen=True)
class ReplyFile:
    """One reply; without a mark, `above_quote` is the end."""

    name: str  # "gmail.de.txt": program, language if it isn't English, kind
    source: str
    places: Mapping[str, int]
    segments: tuple[tuple[str, int], ...]  # kind and beginning

    @property
    def is_html(self) -> bool:
        return self.name.endswith(".html")


def reply_file(path: Path) -> ReplyFile:
    pieces = _MARK.split(path.read_text("utf-8"))
    source = "".join(pieces[::2])
    marks: list[tuple[str, int]] = []
    at = 0
    for text, mark in zip(pieces[::2], pieces[1::2], strict=False):
        at += len(text)
        marks.append((mark, at))
    places = {mark: at for mark, at in marks if mark in PLACES}
    places.setdefault("above_quote", places["end"])
    return ReplyFile(path.name, source, places, tuple(mark for mark in marks if mark[0] not in PLACES))


def reply_files() -> list[ReplyFile]:
    return [reply_file(path) for path in sorted(FOLDER.iterdir()) if path.suffix in (".txt", ".html")]
