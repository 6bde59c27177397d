"""M: messages whose header fields, boundaries or parts one mail program reads differently from another.

Each hides the program behind one oddity. Its name gives nothing away: it is found only where the reading that shows it
is decoded. Beside each kind of oddity stand the spellings that are valid, which must pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from tests.corpus.case import Case
from tests.corpus.mime_boundaries import (
    m23,
    m24,
    m25,
    m26,
    m27,
    m28,
    m29,
    m30,
    m31,
    m32,
    m33,
    m34,
    m35,
    m35_valid,
    m36,
    m36_valid,
    m37,
    m38,
    m39,
)
from tests.corpus.mime_delimiters import (
    m40,
    m41,
    m41_valid,
    m42,
    m42_displaced,
    m43,
    m44,
    m45,
    m46,
    m47,
    m48,
    m49,
    m50,
    m51,
)
from tests.corpus.mime_fields import (
    m01,
    m02,
    m03,
    m04,
    m05,
    m06,
    m07,
    m08,
    m09,
    m10,
    m11,
    m12,
    m13,
    m13_valid,
    m14,
    m15,
    m16,
    m17,
    m18,
    m19,
    m20,
    m21,
    m21_nameless,
    m22,
)
from tests.corpus.mime_headers import m52, m52_newlines, m53, m54, m55, m56, m57, m58, m59, m60, m61, m62
from tests.corpus.mime_pieces import BASE64, CT, ENCODED, FILE, HARMLESS, Row

LEFT_OUT: Mapping[str, str] = {}

PROGRAM = frozenset({"attachment.executable"})
AMBIGUOUS = frozenset({"structure.ambiguous"})

#: U+Q: the program is found, and the ambiguity.
_AMBIGUOUS: Mapping[str, tuple[Callable[[], Row], ...]] = {
    **{"M01": (m01,), "M02": (m02,), "M03": (m03,), "M04": (m04,), "M05": (m05,), "M06": (m06,), "M08": (m08,)},
    **{"M09": (m09,), "M10": (m10,), "M12": (m12,), "M13": (m13,), "M14": (m14,), "M17": (m17,), "M18": (m18,)},
    **{"M19": (m19,), "M20": (m20,), "M21": (m21,), "M22": (m22,), "M23": (m23,), "M24": (m24,), "M25": (m25,)},
    **{"M26": (m26,), "M27": (m27,), "M28": (m28,), "M29": (m29,), "M30": (m30,), "M31": (m31,), "M32": (m32,)},
    **{"M33": (m33,), "M34": (m34,), "M35": (m35,), "M36": (m36,), "M37": (m37,), "M38": (m38,), "M39": (m39,)},
    **{"M40": (m40,), "M41": (m41,), "M42": (m42_displaced,), "M43": (m43,), "M44": (m44,), "M45": (m45,)},
    **{"M48": (m48,), "M50": (m50,), "M52": (m52,), "M53": (m53,), "M54": (m54,), "M55": (m55,), "M61": (m61,)},
    "M07": (m07,),
}
#: U: the program is found.
_FOUND: Mapping[str, tuple[Callable[[], Row], ...]] = {
    "M21": (m21_nameless,),
    "M42": (m42,),
    "M46": (m46,),
    "M47": (m47,),
    "M52": (m52_newlines,),
    "M56": (m56,),
}
#: P, made of an attachment's base64, or of the attachment.
_VALID_BASE64: Mapping[str, Callable[[bytes], Row]] = {"M11": m11, "M13": m13_valid, "M15": m15, "M16": m16}
_VALID_PART: Mapping[str, Callable[[bytes], Row]] = {
    **{"M35": m35_valid, "M36": m36_valid, "M41": m41_valid, "M49": m49, "M51": m51},
    **{"M57": m57, "M58": m58, "M59": m59, "M60": m60},
}
_HARMLESS_PART = CT + b": application/pdf; name=x.pdf\r\n" + BASE64 + b"\r\n" + HARMLESS


def cases() -> Iterator[Case]:
    """Every example of the rows M01 to M62."""
    for row, made in _AMBIGUOUS.items():
        for one in made:
            yield from (Case(row, what, raw, all_of=AMBIGUOUS, any_of=PROGRAM) for what, raw in one())
    for row, made in _FOUND.items():
        for one in made:
            yield from (Case(row, f"found-{what}", raw, any_of=PROGRAM) for what, raw in one())
    for row, valid in _VALID_BASE64.items():
        yield from _valid(row, valid(ENCODED), valid(HARMLESS))
    for row, valid in _VALID_PART.items():
        yield from _valid(row, valid(FILE), valid(_HARMLESS_PART))
    yield from (Case("M62", what, raw, passes=True) for what, raw in m62())


def _valid(row: str, hidden: Row, harmless: Row) -> Iterator[Case]:
    yield from (Case(row, f"valid-{what}", raw, any_of=PROGRAM, none_of=AMBIGUOUS) for what, raw in hidden)
    yield from (Case(row, f"harmless-{what}", raw, passes=True) for what, raw in harmless)
