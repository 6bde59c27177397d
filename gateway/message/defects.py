"""Classes of defect codes: the meaning of a defect for the people who read the message.

Each module that notices defects lists their codes in its own table, `DEFECTS`. The tables are joined here, each code
once. This module doesn't decide what is done about a class.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal

from gateway.message.encodings import decode, embedded
from gateway.message.header import fieldblock, name_defects
from gateway.message.mime import bodylint, boundaries, contentlint, division, fieldlint, near_delimiters, parse
from gateway.message.text import part_reader

#: ambiguous = mail programs could show or save different things; malformed = wrong, but every reader shows the same;
#: limit = not read to its end; note = a fact for a reviewer, and no finding.
DefectClass = Literal["ambiguous", "malformed", "limit", "note"]
CLASSES: tuple[DefectClass, ...] = ("ambiguous", "malformed", "limit", "note")

#: Beginnings of the codes about what a part is or holds. All other codes are about how the message is put together.
OF_CONTENT = ("container.", "document.", "html.", "link.", "message.")

#: Those of these codes that are about differences between programs.
_OF_CONTAINERS: Mapping[str, DefectClass] = {"container.mismatch": "ambiguous"}

#: Codes noticed where a field with parameters is first read.
_OF_FIELDS: Mapping[str, DefectClass] = {"limit.params": "limit"}

_NOTICED_BY = (
    *(fieldblock, fieldlint, contentlint, boundaries, division, near_delimiters, parse, bodylint),
    *(decode, embedded, name_defects, part_reader),
)


def joined(tables: Iterable[Mapping[str, str]]) -> Mapping[str, DefectClass]:
    """Join several tables into one. Raise ValueError on a class that doesn't exist, and on a code with two classes."""
    table: dict[str, DefectClass] = {}
    for code, name in (row for one in tables for row in one.items()):
        known = next((known for known in CLASSES if known == name), None)
        if known is None or table.setdefault(code, known) != known:
            raise ValueError(f"the defect {code} can't be {name!r} (is {table.get(code)!r})")
    return MappingProxyType(table)


#: code -> class, of all defects but those of content that only the filter `attachments` knows.
STRUCTURE_DEFECTS = joined((*(module.DEFECTS for module in _NOTICED_BY), _OF_FIELDS, _OF_CONTAINERS))
