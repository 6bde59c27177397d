"""Paths of content that came out of a part: printable, bounded and unique. They are names, and never open a file.

They are unique whatever the names are: the tree is built by paths, so that two parts with one path would become one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

#: Characters of one name in a path, counted from its end, where the extension is.
NAME_CHARACTERS = 100

_NAMELESS = "file"
_NAMELESS_MESSAGE = "message"

#: "/(" is the mark of a reading. A bracket of a name that would stand in that place is shown as another one.
_READING_MARK = re.compile(r"(?:\A|(?<=/))\(")
_OTHER_BRACKET = "\N{FULLWIDTH LEFT PARENTHESIS}"


class Paths:
    """Hands out the paths of one message's tree."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._above: set[int] = set()  # hashes of the paths above those that were handed out
        self._numbers: dict[str, int] = {}  # the last number behind a path

    def claim(self, paths: Iterable[str]) -> None:
        """Reserve the paths of a message's own parts, whose numbers are already given."""
        for path in paths:
            self._take(path)

    def inside(self, path: str, names: Sequence[str]) -> str:
        """Return the path below which all content of a MIME part gets its paths: `1.2/archive.zip`."""
        return f"{path}/{_clean(names[0])}" if names else path

    def member(self, inside: str, names: Sequence[str], *, is_entity: bool = False) -> str:
        """Return a member's path: `1.2/archive.zip/evil.exe`; a second one of that name gets `#2` behind it."""
        nameless = _NAMELESS_MESSAGE if is_entity else _NAMELESS
        return self._unique(f"{inside}/{_clean(names[0]) if names else nameless}", is_entity=is_entity)

    def reading(self, path: str, label: str, *, is_entity: bool) -> str:
        """Return the path of another reading of a part: `1.2/(as base64)`."""
        return self._unique(f"{path}/({label})", is_entity=is_entity)

    def _unique(self, path: str, *, is_entity: bool) -> str:
        """Return the path, or the next free one with a number.

        Nothing may lie below an entity's path yet: its own parts are claimed there and keep their numbers.
        """
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
