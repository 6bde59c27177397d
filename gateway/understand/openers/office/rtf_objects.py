"""The octets that RTF spells in hexadecimal behind \\objdata, read in every way that Word may read them.

Word passes over much that stands between the digits; what counts is told apart by groups, so there is more than one
reading. Pure, linear, bounded.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

#: Groups, control words and runs of text in the objects of one file. Word's own have one run for each object.
MAX_TOKENS = 500_000

_OBJECT = b"\\objdata"
_NOT_HEX = bytes(range(256)).translate(None, b"0123456789abcdefABCDEF")
_TOKEN = re.compile(
    rb"(?P<bin>\\bin(?P<count>\d{1,9}) ?)|(?P<escape>\\'..?)|(?P<word>\\[a-zA-Z]++(?:-?\d++)? ?)"
    rb"|(?P<symbol>\\(?s:.)?)|(?P<open>\{)|(?P<close>\})|(?P<text>[^\\{}]++)"
)


class TooManyTokens(ValueError):
    """The objects have more pieces than are read."""


@dataclass(slots=True)
class _Readings:
    """The digits of one object as they are gathered, in each way."""

    every: list[bytes] = field(default_factory=list)  # of all groups
    shown: list[bytes] = field(default_factory=list)  # without groups that a reader may ignore: {\*\word …}
    own: list[bytes] = field(default_factory=list)  # of the object's own group
    last: list[bytes] = field(default_factory=list)  # behind the last \objdata
    even: bytearray = field(default_factory=bytearray)  # where \' drops half an octet

    def add(self, digits: bytes, depth: int, ignored: bool) -> None:
        self.every.append(digits)
        self.last.append(digits)
        self.even += digits
        if not ignored:
            self.shown.append(digits)
        if depth == 0:
            self.own.append(digits)

    def octets(self) -> Iterator[bytes]:
        """Each different reading once."""
        joined = (b"".join(one) for one in (self.own, self.shown, self.every, self.last))
        readings = dict.fromkeys((*joined, bytes(self.even)))
        yield from (binascii.unhexlify(one[: len(one) & ~1]) for one in readings if len(one) > 1)


def objects(content: bytes) -> Iterator[tuple[bytes, ...]]:
    """The readings of each object, in order. Raises TooManyTokens."""
    tokens_left = MAX_TOKENS
    at = content.find(_OBJECT)
    while at >= 0:
        readings = _Readings()
        at, tokens_left = _gather(content, at + len(_OBJECT), readings, tokens_left)
        yield tuple(readings.octets())
        at = content.find(_OBJECT, at)


def _gather(content: bytes, at: int, readings: _Readings, tokens_left: int) -> tuple[int, int]:
    """Read up to the end of the group that \\objdata stands in."""
    depth = 0
    ignored_from = 0  # depth of the outermost group that may be ignored; 0 = none
    while (match := _TOKEN.match(content, at)) is not None:
        tokens_left -= 1
        if tokens_left < 0:
            raise TooManyTokens(f"its objects have more than {MAX_TOKENS} pieces")
        at = match.end()
        if match.lastgroup == "open":
            depth += 1
        elif match.lastgroup == "close":
            depth -= 1
            ignored_from = ignored_from if ignored_from <= depth else 0
            if depth < 0:
                break
        elif match["symbol"] == b"\\*":
            ignored_from = ignored_from or depth
        elif match["bin"]:
            at = _add_binary(content, match, readings, depth, ignored_from)
        elif match["escape"] and len(readings.even) & 1:
            del readings.even[-1]
        elif match["word"] and match["word"].startswith(_OBJECT):
            readings.last.clear()
            ignored_from = 0
        elif match["text"]:
            readings.add(match["text"].translate(None, _NOT_HEX), depth, bool(ignored_from))
    return at, tokens_left


def _add_binary(content: bytes, match: re.Match[bytes], readings: _Readings, depth: int, ignored_from: int) -> int:
    """\\bin: so many octets as they are."""
    end = match.end() + int(match["count"])
    readings.add(binascii.hexlify(content[match.end() : end]), depth, bool(ignored_from))
    return min(end, len(content))
