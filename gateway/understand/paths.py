"""Paths of what came out of a part: printable, bounded and unique. They name, and are never used to open anything.

Unique whatever the names: the tree is grown by paths, so that two parts of one path would be one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

#: Characters of one name in a path, counted from its end, where the extension is.
NAME_CHARACTERS = 100

_NAMELESS = "file"
_NAMELESS_MESSAGE = "message"

#: "/(" is the mark of a reading; a name that has it is shown with another bracket.
_READING_MARK = re.compile(r"(?:\A|(?<=/))\(")
_OTHER_BRACKET = "\N{FULLWIDTH LEFT PARENTHESIS}"


class Paths:
    """Hands out the paths of one message's tree."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._above: set[int] = set()  # hashes of what paths that were handed out lie below
        self._numbers: dict[str, int] = {}  # the last one behind a path

    def claim(self, paths: Iterable[str]) -> None:
        """These are the parts of a message, whose numbers are not ours to give."""
        for path in paths:
            self._take(path)

    def inside(self, path: str, names: Sequence[str]) -> str:
        """What the paths begin with of all that comes out of a MIME part: `1.2/archive.zip`."""
        return f"{path}/{_clean(names[0])}" if names else path

    def member(self, inside: str, names: Sequence[str], *, is_entity: bool = False) -> str:
        """A member's path: `1.2/archive.zip/evil.exe`; a second one of that name gets `#2` behind it."""
        nameless = _NAMELESS_MESSAGE if is_entity else _NAMELESS
        return self._unique(f"{inside}/{_clean(names[0]) if names else nameless}", is_entity=is_entity)

    def reading(self, path: str, label: str, *, is_entity: bool) -> str:
        """Of another reading of a part: `1.2/(as base64)`."""
        return self._unique(f"{path}/({label})", is_entity=is_entity)

    def _unique(self, path: str, *, is_entity: bool) -> str:
        """Nothing may lie below an entity's path yet: the parts that are claimed there keep their numbers."""
        number = self._numbers.get(path, 1)
        found = path if number == 1 else f"{path}#{number}"
        while found in self._taken or (is_entity and hash(found) in self._above):
            number += 1
            found = f"{path}#{number}"
        self._numbers[path] = number
        self._take(found)
        return found

    def _take(self, path: str) -> None:
        self._taken.add(path)
        end = path.rfind("/")
        while end > 0 and (above := hash(path[:end])) not in self._above:
            self._above.add(above)
            end = path.rfind("/", 0, end)


def _clean(name: str) -> str:
    tail = name[-NAME_CHARACTERS:]
    plain = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in tail)
    return _READING_MARK.sub(_OTHER_BRACKET, plain) or _NAMELESS
