"""File names: every name that any field of a part can carry, so that no reading of it escapes a rule.

Mail programs disagree on which name wins; all of them are listed. Nothing is judged or cleaned here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gateway.message.params import parse_structured, read_structured
from gateway.message.words import decode_words


def file_names(dispositions: Sequence[str], types: Sequence[str], others: Iterable[str]) -> tuple[str, ...]:
    """The names in Content-Disposition and Content-Type fields, else those in `others`; in order, each once.

    The fields are given unfolded. `others` are Content-Description and Content-Location (last segment of a URL).
    """
    found = [name for text in dispositions for name in _parameters(text, ("filename", "name"))]
    found += [name for text in types for name in _parameters(text, ("name", "filename"))]
    if not any(found):
        found = [_last_segment(decode_words(text)) for text in others]
    return tuple(dict.fromkeys(name for name in found if name))


def _parameters(text: str, keys: tuple[str, str]) -> Iterator[str]:
    structured = parse_structured(text)
    # "report(1).pdf" without quotes: a comment by the grammar, part of the name to many programs
    readings = [structured, read_structured(text)] if "(" in text else [structured]
    for reading in readings:
        for key in keys:
            yield from reading.values(key)


def _last_segment(location: str) -> str:
    """What follows the last slash of a URL's path; a host alone ("https://example.com") names no file."""
    _, scheme, rest = location.partition("://")
    if not scheme:
        return location
    _, _, path = rest.partition("?")[0].partition("#")[0].partition("/")
    return path.rpartition("/")[2]
