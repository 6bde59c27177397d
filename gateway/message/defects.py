"""Which class a defect's code belongs to: what a sentence about the content means for the people who read it.

Whoever notices defects lists their codes in a table of its own, `DEFECTS`; they are joined here, each code once. What
is done about a class is no matter of this module.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal

from gateway.message.encodings import decode, embedded
from gateway.message.header import fieldblock, name_defects
from gateway.message.mime import bodylint, boundaries, contentlint, division, fieldlint, near_delimiters, parse
from gateway.message.text import part_reader

#: ambiguous = a mail program could show or save something else than another would; malformed = wrong, but no reader
#: shows anything else; limit = not read to its end; note = a fact for whoever looks, and no finding.
DefectClass = Literal["ambiguous", "malformed", "limit", "note"]
CLASSES: tuple[DefectClass, ...] = ("ambiguous", "malformed", "limit", "note")

#: Beginnings of the codes that say what a part is or holds, not how the message is put together.
OF_CONTENT = ("container.", "document.", "html.", "link.", "message.")

#: Of those, the codes that are about what different programs see.
_OF_CONTAINERS: Mapping[str, DefectClass] = {"container.mismatch": "ambiguous"}

#: Noticed where a field is first read as one with parameters.
_OF_FIELDS: Mapping[str, DefectClass] = {"limit.params": "limit"}

_NOTICED_BY = (
    *(fieldblock, fieldlint, contentlint, boundaries, division, near_delimiters, parse, bodylint),
    *(decode, embedded, name_defects, part_reader),
)


def joined(tables: Iterable[Mapping[str, str]]) -> Mapping[str, DefectClass]:
    """One table of several. Raises ValueError on a class that doesn't exist, and on a code with two."""
    table: dict[str, DefectClass] = {}
    for code, name in (row for one in tables for row in one.items()):
        known = next((known for known in CLASSES if known == name), None)
        if known is None or table.setdefault(code, known) != known:
            raise ValueError(f"the defect {code} can't be {name!r} (is {table.get(code)!r})")
    return MappingProxyType(table)


#: code -> class, of all defects but those of content that the filter `attachments` knows.
STRUCTURE_DEFECTS = joined((*(module.DEFECTS for module in _NOTICED_BY), _OF_FIELDS, _OF_CONTAINERS))
