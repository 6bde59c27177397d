"""Problems of a configuration: the place, one sentence, and the word that was perhaps meant.

A `Problem` prints as `file:line:column: path: sentence (did you mean …?)`. Problems are gathered and raised all at
once. Text from the files is made harmless for a terminal before it is shown.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

Key = str | int
#: The place of a value in the merged configuration: ("listeners", 0, "next_hop").
Location = tuple[Key, ...]

_WORD = re.compile(r"[\w-]+\Z")

#: The most characters of a value in an error line; enough to recognise it.
SHOWN_CHARACTERS = 60
#: The most problems shown of one file: if it is the wrong file, each of its thousand lines is one.
SHOWN_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; line and column count from 1, 0 means the file or the line as a whole."""

    file: Path
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.at_line}:{self.column}" if self.line and self.column else self.at_line

    @property
    def at_line(self) -> str:
        """`file:line`, as findings and `check` show it."""
        return f"{shown_path(self.file)}:{self.line}" if self.line else shown_path(self.file)


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in the configuration."""

    mark: Mark
    path: str
    sentence: str
    suggestion: str = ""

    def __str__(self) -> str:
        path = f"{self.path}: " if self.path else ""
        hint = f" (did you mean {self.suggestion}?)" if self.suggestion else ""
        return f"{self.mark}: {path}{self.sentence}{hint}"

    @property
    def file(self) -> Path:
        return self.mark.file

    @property
    def line(self) -> int:
        return self.mark.line

    @property
    def column(self) -> int:
        return self.mark.column


class ConfigurationError(ValueError):
    """The configuration can't be used; `problems` has every reason, the text one line for each that is shown."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        """Yield the first problems of each file, then the number of the others."""
        found: Counter[Path] = Counter()
        for problem in self.problems:
            found[problem.file] += 1
            if found[problem.file] <= SHOWN_PROBLEMS:
                yield str(problem)
        for file, count in found.items():
            if count > SHOWN_PROBLEMS:
                yield f"and {count - SHOWN_PROBLEMS} more in {shown_path(file)}"


def shown(value: object) -> str:
    """Return an administrator's value fit for an error line: one line, no terminal escapes, not too long."""
    text = value if isinstance(value, str) else repr(value)
    if len(text) > SHOWN_CHARACTERS:
        text = text[: SHOWN_CHARACTERS - 1] + "…"
    return harmless(text)


def harmless(text: str) -> str:
    """Return a sentence of ours that quotes a value: whole, on one line, without terminal escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def shown_path(file: Path) -> str:
    """Return a file's path relative to the current directory if it stands below it, else in full."""
    here = Path.cwd()
    return shown_file(file.relative_to(here) if file.is_relative_to(here) else file)


def shown_file(file: Path) -> str:
    return "".join(c if c.isprintable() else "?" for c in str(file))


def shown_location(location: Location) -> str:
    """Return `listeners[0].next_hop`; a key with a dot or the like stands in brackets."""
    out = ""
    for key in location:
        if isinstance(key, int) or not _WORD.match(key):
            out += f"[{shown(str(key))}]"
        else:
            out += f".{shown(key)}" if out else shown(key)
    return out


def nearest(word: object, known: Iterable[str]) -> str:
    """Return the known word that was perhaps meant; "" when none is near."""
    if word is False and "off" in (known := tuple(known)):
        return "off"
    by_fold = {k.casefold(): k for k in known}
    found = difflib.get_close_matches(str(word).casefold(), by_fold, n=1, cutoff=0.6)
    return by_fold[found[0]] if found else ""
