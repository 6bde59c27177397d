"""Tables that are text: comma- and tab-separated values, DIF, web pages that Excel opens, and SYLK by its content.

Excel takes a cell for a formula by its first sign, and a file for SYLK by its first letters whatever its name says.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

from ahocorasick_rs import BytesAhoCorasick

from gateway.message.defect import Defect
from gateway.understand.budget import Budget
from gateway.understand.member import Declared, Member, Opener
from gateway.understand.openers.office.dde import danger_of, plain
from gateway.understand.openers.pages.page_octets import readings

#: Octets at the start in which SYLK begins: Excel skips blanks and marks.
LOOK_BYTES = 1024

#: Octets of a line before and behind a sign of danger: Excel takes formulas of 8,192 characters.
MAX_LINE_BYTES = 32 * 1024

#: Octets at the start by which text is told from octets that merely have a table's name; the largest share of controls
#: in text. In other octets only the usual spelling of a danger is looked for.
TEXT_LOOK_BYTES = 64 * 1024
MOST_CONTROLS = 0.05

#: Cells that are read as formulas. An export of a ledger has a sign in front of each number.
MAX_CELLS = 2_000_000

#: Extensions of files that Excel opens at a double click, and of text tables for which it is offered. A `.txt` goes to
#: an editor, a page to a browser.
_EXTENSIONS = frozenset(("csv", "tsv", "tab", "prn", "dif", "slk", "xls", "xlt", "xlsx", "xlsm", "xlsb"))
_TYPES = re.compile(r"text/(?:x-)?(?:csv|tab-separated-values|comma-separated-values|tsv)|application/(?:x-)?csv")
_EXCEL_TYPES = re.compile(r"application/(?:vnd\.ms-|ms|x-ms|x-)?-?excel")
_LINE_END = re.compile(rb"[\r\n]")
_SYLK = re.compile(rb"[\s\xef\xbb\xbf\"']*+ID;[PNE]|(?:.*+[\r\n]++){1,16}?[ \t\"']*+ID;P")
_SYLK_RECORD = re.compile(rb"[\r\n][ \t]*+(?:C;[A-Z]|[BF];[A-Z]|P;[PFELS]|O;[A-Z]|N[NELU];|E[ \t]*+(?:[\r\n]|\Z))")
#: A formula by its first sign, where a cell begins: behind a separator, a quote, a tag.
_CELL = re.compile(r"(?:^|[\r,;\t|^>:\"'])[\s\"']{0,64}+([=+@-][^\r\n]{1,8192})", re.M)
#: Signs of a dangerous formula, or octets that may spell one: full-width signs, and references in a page.
_SIGNS = re.compile(
    rb"\|[^\r\n|!]{1,2048}+!|(?:DDE|DDEINITIATE|WEBSERVICE|RTD|IMPORT\w{1,5})\s*+\(|'(?:\\\\|//|file:)"
    rb"|\xef\xbc|&(?:#|vert|equals|excl|lpar)",
    re.I,
)
_CONTROLS = bytes(octet for octet in range(32) if octet not in b"\t\n\r\x1b")
_PLAIN_SIGNS = BytesAhoCorasick(
    [
        *(b"|'", b'|"', b"| '", b"'\\\\", b"'//", b"'file:"),
        *(name for word in (b"DDE(", b"DDEINITIATE(", b"WEBSERVICE(", b"RTD(") for name in (word, word.lower())),
        *(name for word in (b"IMPORTXML(", b"IMPORTDATA(", b"IMPORTFEED(") for name in (word, word.lower())),
    ]
)


def _fits(content: bytes, declared: Declared) -> bool:
    if declared.media_type.startswith("text/") and not declared.names and not _TYPES.match(declared.media_type):
        return False  # a body: nobody opens it as a table
    if looks_like_sylk(content):
        return True
    is_typed = _TYPES.match(declared.media_type) or _EXCEL_TYPES.match(declared.media_type)
    return declared.says(frozenset(), _EXTENSIONS) or is_typed is not None


def looks_like_sylk(content: bytes) -> bool:
    """Return whether the content is SYLK: by its first record, and another one behind it."""
    if b"I" not in content[:LOOK_BYTES]:
        return False
    head = content[:LOOK_BYTES].replace(b"\0", b"").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    return _SYLK.match(head) is not None and _SYLK_RECORD.search(content.replace(b"\0", b"")) is not None


def _open(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    if looks_like_sylk(content):
        yield Defect("document.external", "It is a SYLK file, whose cells Excel runs whatever its name is", 0)
    if _is_binary(content):
        return
    is_text = _is_text(content)
    for octets in readings(content) if is_text else (content,):
        budget.check_time()
        found = next(filter(None, map(danger_of, _formulas(octets, is_text=is_text))), "")
        if found:
            yield Defect("document.external", found, 0)
            return


def _is_binary(content: bytes) -> bool:
    return content[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0") or content.startswith(b"%PDF")


def _is_text(content: bytes) -> bool:
    """Return whether the content may be a table that somebody wrote.

    Text in UTF-16 has a NUL in every other octet.
    """
    head = content[:TEXT_LOOK_BYTES]
    is_wide = head[:2] in (b"\xff\xfe", b"\xfe\xff") or head.count(b"\0") * 4 > len(head)
    return is_wide or len(head) - len(head.translate(None, _CONTROLS)) <= len(head) * MOST_CONTROLS


def _formulas(octets: bytes, *, is_text: bool = True) -> Iterator[str]:
    """Yield each cell that begins with a formula's sign and has a sign of danger."""
    number = 0
    signs = (sign.span() for sign in _SIGNS.finditer(octets)) if is_text else _plain_signs(octets)
    for line in _suspect_lines(octets, signs):
        text = line.decode("utf-8", "replace")
        text = plain(html.unescape(text) if "&" in text else text)
        for found in _CELL.finditer(text):
            number += 1
            if number > MAX_CELLS:
                yield "=DDE("  # more cells than are looked through: as dangerous as the formulas that may be in them
                return
            if "|" in found[1] or "(" in found[1] or "'" in found[1]:
                yield found[1].replace('""', '"')


def _plain_signs(octets: bytes) -> Iterator[tuple[int, int]]:
    """Yield the places of a danger, in its most usual spellings, in octets that are no text."""
    return ((start, end) for _, start, end in _PLAIN_SIGNS.find_matches_as_indexes(octets))


def _suspect_lines(octets: bytes, signs: Iterable[tuple[int, int]]) -> Iterator[bytes]:
    """Yield the lines that hold a sign, each once, with at most MAX_LINE_BYTES before and behind the sign."""
    done = 0
    for start, behind in signs:
        if start < done:
            continue
        begin = max(done, start - MAX_LINE_BYTES)
        before = max(octets.rfind(b"\n", begin, start), octets.rfind(b"\r", begin, start))
        end = _LINE_END.search(octets, behind, behind + MAX_LINE_BYTES)
        done = end.start() if end else min(behind + MAX_LINE_BYTES, len(octets))
        yield octets[max(begin, before) : done]


TABLE_TEXT = Opener("table", _fits, _open)
