"""People and lists in CSV files (RFC 4180): a header line with the columns' names, `;` between several values.

Excel's exports are accepted, also with `;` between fields, as in half of Europe. A problem is reported with its line.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gateway.settings.directory.checks import InLine, Placed
from gateway.settings.directory.people import ListSettings, PersonSettings
from gateway.settings.yaml.problems import SHOWN_PROBLEMS, ConfigurationError, Mark, Problem, nearest, shown
from gateway.settings.yaml.sentences import complaints, listed

#: The most octets of a file: 100,000 people take some 20 MiB.
MAX_FILE_BYTES = 512 * 1024 * 1024
#: The most characters of a cell: a list with 30,000 members has a megabyte of addresses.
MAX_CELL_CHARACTERS = 16 * 1024 * 1024
#: The most problems shown of one file, before a line that counts the others: a forgotten column causes one in each
#: line.
MAX_PROBLEMS = SHOWN_PROBLEMS - 1

SEVERAL = ";"
_PEOPLE_SEVERAL = frozenset({"addresses", "groups", "delegates", "private_addresses"})
_LISTS_SEVERAL = frozenset({"members", "owners", "writers"})
_NUMBERS = frozenset({"size", "reply_all"})
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_SEPARATOR_LINE = re.compile(r"sep=.\r?\n")


def read_people(file: Path) -> list[Placed[PersonSettings]]:
    """Read people. Raises ConfigurationError with all problems."""
    table = _Table.of(file, PersonSettings.model_fields, {"name", "addresses"})
    found = []
    for line, cells in table.rows():
        values: dict[str, Any] = {key: _split(cell) if key in _PEOPLE_SEVERAL else cell for key, cell in cells.items()}
        if (entry := table.entry(PersonSettings, line, values)) is not None:
            found.append(Placed(entry, InLine(file, line)))
    table.judge()
    return found


def read_lists(file: Path) -> list[Placed[ListSettings]]:
    """Read lists. Rows with the same address are one list, whose members add up. Raises ConfigurationError."""
    table = _Table.of(file, ListSettings.model_fields, {"address"})
    gathered: dict[str, tuple[int, dict[str, Any]]] = {}
    for line, cells in table.rows():
        first, values = gathered.setdefault(cells.get("address", "").lower() or str(line), (line, {}))
        for key, cell in cells.items():
            if key in _LISTS_SEVERAL:
                values.setdefault(key, []).extend(_split(cell))
            elif values.setdefault(key, cell) != cell and key != "address":
                table.complain(line, key, f"line {first} has {shown(values[key])} for the same list")
    found = []
    for line, values in gathered.values():
        for key in _NUMBERS & values.keys():
            values[key] = table.number(line, key, values[key])
        if (entry := table.entry(ListSettings, line, _given(values))) is not None:
            found.append(Placed(entry, InLine(file, line)))
    table.judge()
    return found


def groups_in(file: Path) -> frozenset[str]:
    """Return the names of groups in a file of people, without checking the rest. Raises ConfigurationError."""
    table = _Table.of(file, PersonSettings.model_fields, set())
    return frozenset(group for _, cells in table.rows() for group in _split(cells.get("groups", "")))


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in (None, [])}


def _split(cell: str) -> list[str]:
    return [one for part in cell.split(SEVERAL) if (one := part.strip())]


@dataclass(slots=True)
class _Table:
    """One file while it is read."""

    file: Path
    text: str
    columns: Sequence[str]
    delimiter: str
    first: int  # lines before the header
    problems: list[Problem] = field(default_factory=list)
    left_out: int = 0
    rows_seen: int = 0

    @classmethod
    def of(cls, file: Path, known: Sequence[str] | Any, needed: set[str]) -> _Table:
        """Read the header. Raises ConfigurationError where the header is unusable: no row would be right."""
        csv.field_size_limit(MAX_CELL_CHARACTERS)
        text = _text(file)
        skipped = len(separator[0]) if (separator := _SEPARATOR_LINE.match(text)) else 0
        header = text[skipped:].partition("\n")[0]
        delimiter = max(",;\t", key=header.count)
        line = 1 + bool(skipped)
        try:
            cells = next(csv.reader([header], delimiter=delimiter), ())
        except csv.Error as error:  # a file with CR alone between its lines
            raise _unusable(file, f"not CSV: {error}", line) from error
        names = [name.strip().lower().replace(" ", "_") for name in cells]
        table = cls(file, text[skipped:], names, delimiter, bool(skipped))
        for name in dict.fromkeys(names):
            if name and name not in known:
                near = nearest(name, known)
                table.complain(line, "", f"unknown column {shown(name)}" + ("" if near else listed(known)), near)
            elif name and names.count(name) > 1:
                table.complain(line, "", f"the column {shown(name)} stands twice")
        for name in sorted(needed - set(names)):
            table.complain(line, "", f"the header line has no column {name}")
        table.judge()
        return table

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield line and cells of each row, without empty rows and cells."""
        reader = csv.reader(io.StringIO(self.text, newline=""), delimiter=self.delimiter, strict=True)
        columns, before = self.columns, 0
        try:
            for row in reader:
                line, before = before + 1 + self.first, reader.line_num
                if line == 1 + self.first or not any(row):
                    continue
                self.rows_seen += 1
                if len(row) > len(columns):
                    hint = f"; several values with {SEVERAL} in a cell need quotes" if self.delimiter == SEVERAL else ""
                    self.complain(line, "", f"has {len(row)} cells, and the header line {len(columns)}{hint}")
                    continue
                yield line, {key: cell for key, one in zip(columns, row, strict=False) if key and (cell := one.strip())}
        except csv.Error as error:
            self.complain(reader.line_num + self.first, "", f"not CSV: {error}")
        if not self.rows_seen:
            self.complain(1 + self.first, "", "no line follows the header: was the export cut short?")

    def entry(self, model: type[Any], line: int, values: dict[str, Any]) -> Any:
        """Return the entry; note the problems and return None where it is wrong."""
        try:
            return model.model_validate(values)
        except ValidationError as error:
            for one in complaints(error, model):
                self.complain(line, str(one.location[0]) if one.location else "", one.sentence, one.suggestion)
            return None

    def number(self, line: int, key: str, cell: str) -> int | None:
        if cell.isascii() and cell.isdigit() and len(cell) < 10:
            return int(cell)
        self.complain(line, key, f"a whole number is expected, not {shown(cell)}")
        return None

    def complain(self, line: int, column: str, sentence: str, suggestion: str = "") -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(Mark(self.file, line), column, sentence, suggestion))
        else:
            self.left_out += 1

    def judge(self) -> None:
        """Raise ConfigurationError where there are problems."""
        if self.left_out:
            self.problems.append(Problem(Mark(self.file), "", f"{self.left_out} more mistakes are not shown"))
        if self.problems:
            raise ConfigurationError(self.problems)


def _text(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise _unusable(file, f"can't be read: {error.strerror}") from error
    if len(content) > MAX_FILE_BYTES:
        raise _unusable(file, f"is larger than {MAX_FILE_BYTES} bytes")
    if content.startswith(_UTF_16):
        raise _unusable(file, "the file is UTF-16: Excel's `CSV UTF-8` is expected")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _unusable(file, "not UTF-8: save it as Excel's `CSV UTF-8`", line) from error
    if not text.strip():
        raise _unusable(file, "the file is empty: a header line is expected")
    return text


def _unusable(file: Path, sentence: str, line: int = 0) -> ConfigurationError:
    return ConfigurationError([Problem(Mark(file, line), "", sentence)])
