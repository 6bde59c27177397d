"""Visible text of RTF (version 1.9.1): the characters of its visible groups, in one pass. Total and linear."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from gateway.message.encodings.charsets import codec_name
from gateway.understand.budget import Budget
from gateway.understand.documents.reader import Reader
from gateway.understand.member import Declared
from gateway.understand.openers.office.rtf import RTF

#: Groups inside one another; Word itself stops far sooner.
MAX_DEPTH = 1_000

_TOKEN = re.compile(
    rb"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})? ?|\\'(?P<hex>[0-9a-fA-F]{2})|\\(?P<sign>[^a-zA-Z'])"
    rb"|(?P<mark>[{}])|(?P<text>[^\\{}\r\n]++)|(?P<rest>[\r\n\\])",
    re.DOTALL,
)
#: Height in half points up to which letters are too small to be seen.
MOST_FAINT_HALF_POINTS = 5

_COLOURS = re.compile(rb"\\colortbl([^{}]{0,10000})")
_PARTS = re.compile(rb"\\(?:red|green|blue)(\d{1,3})")
#: Destinations that print nothing.
_UNSEEN = frozenset({
    b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"objdata", b"themedata", b"colorschememapping",
    b"listtable", b"listoverridetable", b"rsidtbl", b"generator", b"latentstyles", b"datastore", b"xmlnstbl",
    b"filetbl", b"revtbl", b"fldinst", b"bkmkstart", b"bkmkend", b"datafield", b"mmathpr", b"nonshppict",
    b"template", b"passwordhash", b"userprops", b"wgrffmtfilter", b"fontemb", b"panose", b"falt", b"objclass",
    b"objname",
})  # fmt: skip
_BREAKS = {
    b"par": "\n\n", b"line": "\n", b"tab": "\t", b"cell": "\t", b"nestcell": "\t", b"row": "\n", b"nestrow": "\n",
    b"sect": "\n\n", b"page": "\n\n", b"column": "\n\n", b"emdash": "-", b"endash": "-", b"bullet": "* ",
    b"lquote": "'", b"rquote": "'", b"ldblquote": '"', b"rdblquote": '"', b"emspace": " ", b"enspace": " ",
}  # fmt: skip
_SIGNS = {b"~": " ", b"_": "-", b"-": "", b"{": "{", b"}": "}", b"\\": "\\", b"\n": "\n\n", b"\r": "\n\n"}
_CODEPAGES = {b"mac": "mac_roman", b"pc": "cp437", b"pca": "cp850"}


class _Group(NamedTuple):
    """State that a group passes on to the groups inside it."""

    unseen: bool = False
    skip: int = 1  # characters behind \\u that replace it in readers without Unicode
    small: bool = False
    light: bool = False


def _read(content: bytes, declared: Declared, budget: Budget) -> Iterator[str]:
    reader = _RichText(budget)
    start = content.find(b"{\\rt")
    whole = reader.read(content[max(0, start) :])
    yield whole
    if reader.clear != whole:
        yield reader.clear


RICH_TEXT = Reader("RTF", RTF.fits, _read)


class _RichText:
    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._groups = [_Group()]
        self._pieces: list[str] = []
        self._clear: list[str] = []  # without what is hardly seen: white, or without a height
        self._light: frozenset[int] = frozenset()  # numbers of white inks
        self._codec = "cp1252"
        self._octets = bytearray()  # octets of \\'xx, until they are decoded
        self._units: list[int] = []  # UTF-16 units of \\u: two may be one character
        self._ignored = 0  # characters left of the replacement for the last \\u
        self._may_ignore = False  # \\* was read

    def read(self, content: bytes) -> str:
        at, count = 0, 0
        self._light = _light_inks(content)
        while token := _TOKEN.match(content, at):
            at = token.end()
            count += 1
            if count % 100_000 == 0:
                self._budget.check_time()
            if token["word"] == b"bin" and token["number"]:
                at += max(0, int(token["number"]))
            self._take(token)
        self._flush()
        self._put("", whole=True)
        return "".join(self._pieces)

    @property
    def clear(self) -> str:
        return "".join(self._clear)

    def _take(self, token: re.Match[bytes]) -> None:
        kind = token.lastgroup
        if kind == "number":
            kind = "word"
        if kind == "hex":
            self._octet(int(token["hex"], 16))
            return
        if kind == "text":
            self._text(token["text"])
            return
        self._flush()
        if kind == "word":
            self._word(token["word"], token["number"])
        elif kind == "sign":
            self._may_ignore = token["sign"] == b"*"
            self._put(_SIGNS.get(token["sign"], ""))
        elif kind == "mark":
            self._mark(token["mark"])

    def _mark(self, mark: bytes) -> None:
        self._ignored = 0
        self._put("", whole=True)
        if mark == b"{" and len(self._groups) < MAX_DEPTH:
            self._groups.append(self._groups[-1])
        elif mark == b"}" and len(self._groups) > 1:
            self._groups.pop()

    def _word(self, word: bytes, number: bytes | None) -> None:
        group = self._groups[-1]
        if word in _UNSEEN or (self._may_ignore and word not in (b"shpinst", b"shptxt", b"fldrslt")):
            self._groups[-1] = group._replace(unseen=True)
        elif word == b"v":
            self._groups[-1] = group._replace(unseen=number != b"0")
        elif word == b"fs":
            self._groups[-1] = group._replace(small=int(number or 24) <= MOST_FAINT_HALF_POINTS)
        elif word == b"cf":
            self._groups[-1] = group._replace(light=int(number or 0) in self._light)
        elif word == b"plain":
            self._groups[-1] = group._replace(small=False, light=False)
        elif word == b"uc":
            self._groups[-1] = group._replace(skip=max(0, int(number or 1)))
        elif word == b"u" and number:
            self._units.append(int(number) & 0xFFFF)
            self._ignored = group.skip
        elif word == b"ansicpg":
            self._codec = codec_name(f"cp{int(number or 1252)}") or self._codec
        elif word in _CODEPAGES:
            self._codec = _CODEPAGES[word]
        else:
            self._put(_BREAKS.get(word, ""))
        self._may_ignore = False

    def _octet(self, octet: int) -> None:
        if self._ignored:
            self._ignored -= 1
        else:
            self._octets.append(octet)

    def _text(self, octets: bytes) -> None:
        skipped = min(self._ignored, len(octets))
        self._ignored -= skipped
        self._octets += octets[skipped:]

    def _flush(self) -> None:
        if self._octets:
            self._put(self._octets.decode(self._codec, "replace"))
            self._octets = bytearray()

    def _put(self, text: str, *, whole: bool = False) -> None:
        if self._units and (text or whole):
            units = "".join(map(chr, self._units)).encode("utf-16-le", "surrogatepass")
            self._units = []
            text = units.decode("utf-16-le", "replace") + text
        if text and not self._groups[-1].unseen:
            self._pieces.append(text)
            if not (self._groups[-1].small or self._groups[-1].light):
                self._clear.append(text)


def _light_inks(content: bytes) -> frozenset[int]:
    """Return the numbers of the table's colours that aren't seen on paper."""
    table = _COLOURS.search(content)
    inks = table[1].split(b";") if table else []
    return frozenset(
        at for at, ink in enumerate(inks) if len(found := _PARTS.findall(ink)) == 3 and min(map(int, found)) >= 240
    )
