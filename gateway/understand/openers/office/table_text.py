"""Tables that are text: comma- and tab-separated values, DIF, web pages that Excel opens, and SYLK by its content.

Excel takes a cell for a formula by its first sign, and a file for SYLK by its first letters whatever its name says.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from gateway.message.model import Defect
from gateway.understand.budget import Budget
from gateway.understand.member import Declared, Member, Opener
from gateway.understand.openers.office.dde import danger_of, plain
from gateway.understand.openers.pages.page_octets import readings

#: Octets at the start in which SYLK begins: Excel passes over blanks and marks.
LOOK_BYTES = 1024

#: Cells that are looked at as formulas. An export of a ledger has a sign in front of each number.
MAX_CELLS = 2_000_000

_EXTENSIONS = frozenset(
    "csv tsv tab txt prn dif asc slk dat text xls xlt xlsx xlsm xlsb xml htm html mht".split()  # noqa: SIM905 - a list
)
_TYPES = re.compile(r"text/(?:x-)?(?:csv|tab-separated-values|comma-separated-values|tsv)|application/(?:x-)?csv")
_EXCEL_TYPES = re.compile(r"application/(?:vnd\.ms-|ms|x-ms|x-)?-?excel")
_SYLK = re.compile(rb"[\s\xef\xbb\xbf\"']*+ID;[PNE]|(?:.*+[\r\n]++){1,16}?[ \t\"']*+ID;P")
_SYLK_RECORD = re.compile(rb"[\r\n][ \t]*+(?:C;[A-Z]|[BF];[A-Z]|P;[PFELS]|O;[A-Z]|N[NELU];|E[ \t]*+(?:[\r\n]|\Z))")
#: A formula by its sign, where a cell begins: behind a separator, a quote, a tag.
_CELL = re.compile(r"(?:^|[\r,;\t|^>:\"'])[\s\"']{0,64}+([=+@-][^\r\n]{1,8192})", re.M)
#: What a dangerous formula has, or what may spell it: full-width signs, and references in a page.
_SIGNS = re.compile(
    rb"\|[^\r\n]{1,2048}?!|(?:DDE|DDEINITIATE|WEBSERVICE|RTD|IMPORT\w{1,5})\s*+\(|'(?:\\\\|//|file:)"
    rb"|\xef\xbc|&(?:#|vert|equals|excl|lpar)",
    re.I,
)


def _fits(content: bytes, declared: Declared) -> bool:
    if declared.media_type.startswith("text/") and not declared.names and not _TYPES.match(declared.media_type):
        return False  # a body: nobody opens it as a table
    if looks_like_sylk(content):
        return True
    is_typed = _TYPES.match(declared.media_type) or _EXCEL_TYPES.match(declared.media_type)
    return declared.says(frozenset(), _EXTENSIONS) or is_typed is not None


def looks_like_sylk(content: bytes) -> bool:
    """By its first record, and another one behind it."""
    if b"I" not in content[:LOOK_BYTES]:
        return False
    head = content[:LOOK_BYTES].replace(b"\0", b"").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    return _SYLK.match(head) is not None and _SYLK_RECORD.search(content.replace(b"\0", b"")) is not None


def _open(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    if looks_like_sylk(content):
        yield Defect("document.external", "It is a SYLK file, whose cells Excel runs whatever its name is", 0)
    if _is_binary(content):
        return
    for octets in readings(content):
        budget.check_time()
        found = next(filter(None, map(danger_of, _formulas(octets))), "")
        if found:
            yield Defect("document.external", found, 0)
            return


def _is_binary(content: bytes) -> bool:
    return content[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0") or content.startswith(b"%PDF")


def _formulas(octets: bytes) -> Iterator[str]:
    """Each cell that begins with a sign and has what a danger has."""
    if not _SIGNS.search(octets):
        return
    text = octets.decode("utf-8", "replace")
    text = plain(html.unescape(text) if "&" in text else text)
    for number, found in enumerate(_CELL.finditer(text)):
        if number == MAX_CELLS:
            yield "=DDE("  # more than anybody looks through: as dangerous as what may stand there
            return
        if "|" in found[1] or "(" in found[1] or "'" in found[1]:
            yield found[1].replace('""', '"')


TABLE_TEXT = Opener("table", _fits, _open)
