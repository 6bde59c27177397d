"""Defects of a part's names: names that deceive their readers, and names that disagree on the kind of file.

Only names are looked at. A name of a blocked kind is no defect; the filter `attachments` reports it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from unicodedata import bidirectional

from gateway.message.header.name_forms import DROPPED, INVISIBLE, MAX_NAME, PLAIN, last_segment, normalised
from gateway.message.header.names import FOLD, Names

#: code -> class (see `gateway.message.defects`).
DEFECTS: Mapping[str, str] = {
    "name.nul": "ambiguous",
    "name.bidi": "ambiguous",
    "name.invisible": "ambiguous",
    "name.stream": "ambiguous",
    "name.mixed_script": "ambiguous",
    "name.long": "ambiguous",
    "name.fold": "ambiguous",
    "name.conflict": "ambiguous",
    "name.differs": "note",
    "name.control": "malformed",
}

#: Names of one part that are looked at; real parts have two or three.
MAX_NAMES = 100

#: Characters of a name in which defects are looked for, from its end.
_SEEN = 4_096

_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")  # embeddings, overrides, isolates (UAX 9)
_MARKS = re.compile("[\u200f\u061c]")
_CONTROLS = re.compile("[\x01-\x08\x0a\x0c-\x1a\x1c-\x1f\x7f]")  # not TAB and VT (folds), not ESC (ISO-2022)
_DOTS = re.compile("[.\u3002\uff0e\uff61\u2024\ufe52]")
_EXTENSION = re.compile(r"[a-z0-9_-]{1,12}|\{[0-9a-f-]{8,}\}")
_STREAM = re.compile(r"\.(?=[0-9_-]{0,11}[a-z])[a-z0-9_-]{1,12}[. ]{0,8}:(?![ \t])")
_DRIVE = re.compile(r"[a-z]:/")

#: Cyrillic and Greek letters that look like Latin ones, in lower case (Unicode's confusables.txt).
_LOOKALIKES = str.maketrans(
    "\u0430\u0432\u0435\u043a\u043c\u043d\u043e\u0440\u0441\u0442\u0443\u0445\u0455\u0456\u0458\u0501\u051b\u051d\u04bb\u04cf"
    "\u03b1\u03b5\u03b9\u03ba\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7\u03f2",
    "abekmhopctyxsijdqwhl" + "aeikvoptuxc",
)

#: Extensions of one kind of file of which neither is the beginning of the other, as "htm" is of "html".
_SAME_KIND = (
    {"jpg", "jpeg", "jpe", "jfif", "pjpeg"},
    {"mpg", "mpeg"},
    {"md", "markdown"},
    {"yml", "yaml"},
    {"tgz", "gz"},
)


def name_defects(names: Names, given: Sequence[str] = ()) -> tuple[tuple[str, str], ...]:
    """Return code and sentence of each defect, each code once. Costs next to nothing for a single plain name."""
    if names.hinted:
        return ()
    shown = names.shown[:MAX_NAMES]
    found = [one for name in shown if not PLAIN.fullmatch(name) for one in _of_name(name)]
    found += _of_folds(names.folded[:MAX_NAMES])
    if len(shown) > 1:
        found += _of_many(shown, given)
    return tuple(dict(found).items())


def extension_like(name: str) -> str:
    """Return the end of the name behind its last dot, if it looks like an extension; else "".

    The end of a sentence and a number don't look like one.
    """
    _, dot, end = last_segment(normalised(name[-_SEEN:])).rpartition(".")
    return end if dot and _EXTENSION.fullmatch(end) and not end.isdigit() else ""


def _of_name(name: str) -> Iterator[tuple[str, str]]:
    name = name[-_SEEN:]
    if "\0" in name or "%00" in name:
        yield "name.nul", "A file name holds a NUL, where some programs end it"
    if _CONTROLS.search(name):
        yield "name.control", "A file name holds control characters"
    if not name.isascii():
        yield from _of_characters(name)
    form = normalised(name)
    if ":" in form and _STREAM.search(_DRIVE.sub("", form, count=1)):
        yield "name.stream", "A file name holds a colon behind an extension, where Windows ends it"
    if len(last_segment(form)) > MAX_NAME:
        yield "name.long", f"A file name is longer than {MAX_NAME} characters, and is cut by some programs"


def _of_characters(name: str) -> Iterator[tuple[str, str]]:
    if _TURNING.search(name) or (
        _MARKS.search(name) and not any(bidirectional(c) in ("R", "AL") for c in _letters(name))
    ):
        yield "name.bidi", "A file name holds marks that turn the direction in which it is shown"
    end = _DOTS.split(name)[-1] if _DOTS.search(name) else ""
    if INVISIBLE.search(end) and extension_like(name):
        yield "name.invisible", "A file name's extension holds characters that are not shown"
    letters = normalised(end).rstrip(DROPPED)
    alike = letters.translate(_LOOKALIKES)
    if not letters.isascii() and _EXTENSION.fullmatch(alike):
        yield "name.mixed_script", "A file name's extension is written with letters of another script that look like it"


def _letters(name: str) -> str:
    """Return the name without marks of direction, which have a direction themselves."""
    return INVISIBLE.sub("", name)


def _of_folds(folded: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield a defect of a fold in or before an extension, which changes the kind of file; elsewhere it is a blank."""
    for name in folded:
        before, _, behind = name.partition(FOLD)
        kinds = {extension_like(name.replace(FOLD, " ")), extension_like(name.replace(FOLD, ""))}
        if len(kinds) > 1 or behind.startswith(".") or ((end := extension_like(before)) and end not in kinds):
            yield "name.fold", "A file name is folded at its extension"


def _of_many(shown: Sequence[str], given: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield a defect of names of one file that differ.

    The names that a container gives are left out: whoever opens the container compares them.
    """
    written = [name for name in shown if name not in given]
    kinds = list(dict.fromkeys(end for name in written if (end := extension_like(name))))
    if any(not _alike(kinds[0], other) for other in kinds[1:]):
        yield "name.conflict", "The part has several names that end in different extensions"
    elif len({normalised(name) for name in written}) > 1:
        yield "name.differs", "The part has several names"


def _alike(one: str, other: str) -> bool:
    """Return whether two extensions are of one kind: jpg and jpeg, htm and html, or an extension and a part of it.

    A cut name has only the beginning of its extension.
    """
    return one.startswith(other) or other.startswith(one) or any({one, other} <= kind for kind in _SAME_KIND)
