"""The octets that RTF spells in hexadecimal behind \\objdata, in every way that programs read them.

Programs that write RTF put only blanks between the digits. Some readers skip anything else that stands there, others
count it. Then there are many readings, and the object is odd. Pure, linear, bounded.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

#: Groups, control words and runs of text in the objects of one file. Word's own have one run for each object.
MAX_TOKENS = 500_000

#: Digits of all the readings of one object together. An ordinary object has one reading, whatever its size. An odd one
#: holds the message for that reason, and its other readings only serve to name its content.
MAX_READ_DIGITS = 64 * 1024 * 1024

#: Octets of a control word with its parameter that Word takes; the octets behind them are text to Word.
MAX_WORD_BYTES = 253

_OBJECT = b"\\objdata"
_PARAMETER = re.compile(rb"(?P<digits>-?[0-9]*+)(?P<blank> ?)")
_NOT_HEX = bytes(range(256)).translate(None, b"0123456789abcdefABCDEF")
_BLANKS = b" \t\r\n\f\v"
_TOKEN = re.compile(
    rb"(?P<escape>\\'(?s:(?P<escaped>..?))?)|(?P<word>\\(?P<letters>[a-zA-Z]++)(?P<digits>(?:-?[0-9]++)?) ?)"
    rb"|(?P<symbol>\\(?s:.)?)|(?P<open>\{)|(?P<close>\})|(?P<text>[^\\{}]++)"
)
#: Words that begin a destination (RTF 1.9.1) and that a reader may find in an object: the digits behind them belong to
#: the destination.
_DESTINATIONS = frozenset(
    b"""annotation atnauthor atndate atnid author background blipuid bkmkstart bkmkend category colorschememapping
    colortbl comment company creatim datafield datastore defchp defpap do doccomm docvar falt field fldinst fldrslt
    fontemb fontfile fonttbl footer footnote generator header info keywords latentstyles listtable manager mmath
    nextfile nonshppict objalias objclass objdata object objname objsect oldcprops panose password pict picprop pn
    pnseclvl pntxta pntxtb printim private propname result revtbl revtim rsidtbl shp shpinst shppict shprslt shptxt sn
    sp staticval stylesheet subject sv tc template themedata title txe ud upr userprops xe xmlnstbl""".split()
)


class TooManyTokens(ValueError):
    """The objects have more pieces than are read."""


@dataclass(frozen=True, slots=True)
class RtfObject:
    """One object: its octets in each reading.

    It is odd where other characters than digits and blanks spell it.
    """

    readings: tuple[bytes, ...] = field(repr=False)
    is_odd: bool


@dataclass(frozen=True, slots=True)
class _Piece:
    """Some digits, and the facts by which a reader counts or skips them."""

    digits: bytes
    is_nested: bool = False  # in a group inside of the object's own
    is_ignorable: bool = False  # in a group or behind a word that may be skipped: {\*\word …}
    is_foreign: bool = False  # behind a word that begins another destination
    kind: str = ""  # "parameter", "escape", "word", "octets" of \bin; "" is text
    restarts: bool = False  # another \objdata stands here


def objects(content: bytes) -> Iterator[RtfObject]:
    """Yield each object in order. Raises TooManyTokens."""
    tokens_left = MAX_TOKENS
    at = content.find(_OBJECT)
    while at >= 0:
        if not _is_text(content, at):
            gathered = _Gathered(content, at + len(_OBJECT), tokens_left)
            tokens_left = gathered.tokens_left
            yield RtfObject(tuple(_octets(gathered)), gathered.is_odd)
            at = gathered.end - 1
        at = content.find(_OBJECT, at + 1)


def _is_text(content: bytes, at: int) -> bool:
    """Return whether the backslash stands behind another one, as in text about RTF.

    \\bin may swallow the first backslash, so a file with \\bin has no such text.
    """
    before = content[max(0, at - MAX_WORD_BYTES) : at]
    return (len(before) - len(before.rstrip(b"\\"))) % 2 == 1 and b"\\bin" not in content


class _Gathered:
    """The pieces of an object, up to the end of the group in which \\objdata stands."""

    def __init__(self, content: bytes, at: int, tokens_left: int) -> None:
        self.pieces: list[_Piece] = []
        self.is_odd = False
        self.tokens_left = tokens_left
        self._content = content
        self._depth = 0
        self._ignorable_from = self._foreign_from = -1  # the depths at which such groups began; -1 = none
        self.end = self._read(self._parameter(at))

    def _parameter(self, at: int) -> int:
        """Add the number directly behind \\objdata; return the place behind it and its blank."""
        found = _PARAMETER.match(self._content, at)
        if found and found["digits"]:
            self._add(found["digits"], kind="parameter")
        return found.end() if found else at

    def _read(self, at: int) -> int:
        while (token := _TOKEN.match(self._content, at)) is not None:
            self.tokens_left -= 1
            if self.tokens_left < 0:
                raise TooManyTokens(f"its objects have more than {MAX_TOKENS} pieces")
            at = token.end()
            if token.lastgroup == "text":
                self._text(token["text"])
            elif token.lastgroup == "close" and self._depth == 0:
                return at
            else:
                self.is_odd = True
                at = self._odd(token)
        self.is_odd = True  # its group has no end
        return len(self._content)

    def _text(self, text: bytes) -> None:
        self.is_odd = self.is_odd or bool(text.translate(None, _BLANKS + b"0123456789abcdefABCDEF"))
        self._add(text)

    def _odd(self, token: re.Match[bytes]) -> int:
        if token.lastgroup == "open":
            self._depth += 1
        elif token.lastgroup == "close":
            self._ignorable_from = self._ignorable_from if self._ignorable_from < self._depth else -1
            self._foreign_from = self._foreign_from if self._foreign_from < self._depth else -1
            self._depth -= 1
        elif token.lastgroup == "escape":
            self._add(token["escaped"] or b"", kind="escape")
        elif token.lastgroup == "word":
            return self._word(token)
        elif token["symbol"] == b"\\*" and self._ignorable_from < 0:
            self._ignorable_from = self._depth
        return token.end()

    def _word(self, token: re.Match[bytes]) -> int:
        letters, digits = token["letters"], token["digits"]
        if token.end() - token.start() > MAX_WORD_BYTES + 1:
            self._add(letters + digits, kind="word")
            return token.end()
        self._add(letters, kind="word")
        self._add(digits, kind="parameter", restarts=letters == _OBJECT[1:])
        if letters == _OBJECT[1:]:
            self._ignorable_from = self._foreign_from = -1
        elif letters in _DESTINATIONS and self._foreign_from < 0:
            self._foreign_from = self._depth
        return self._binary(token) if letters == b"bin" else token.end()

    def _binary(self, token: re.Match[bytes]) -> int:
        """Add the octets of \\bin, as many as it tells, unchanged; a negative number means none."""
        count = max(0, int(token["digits"][: len(str(len(self._content))) + 1] or b"0"))
        end = min(token.end() + count, len(self._content))
        self._add(binascii.hexlify(self._content[token.end() : end]), kind="octets")
        return end

    def _add(self, text: bytes, *, kind: str = "", restarts: bool = False) -> None:
        digits = text.translate(None, _NOT_HEX)
        self.is_odd = self.is_odd or bool(kind)
        states = self._depth > 0, self._ignorable_from >= 0, self._foreign_from >= 0
        if digits or kind == "escape" or restarts:
            self.pieces.append(_Piece(digits, *states, kind, restarts))


# --- readings ---------------------------------------------------------------------------------------------------------


def _octets(gathered: _Gathered) -> Iterator[bytes]:
    """Yield each different reading once; an odd one also from its second digit on."""
    left = MAX_READ_DIGITS
    for digits in dict.fromkeys(_readings(gathered.pieces)):
        gathered.is_odd = gathered.is_odd or len(digits) % 2 == 1
        for start in (0, 1) if gathered.is_odd else (0,):
            whole = digits[start : start + (len(digits) - start) // 2 * 2]
            left -= len(whole)
            if whole and (left >= 0 or not gathered.is_odd):
                yield binascii.unhexlify(whole)


def _readings(pieces: list[_Piece]) -> Iterator[bytes]:
    """Yield the digits as each kind of reader counts them.

    Readers differ in groups, in escapes, and in the other characters among the digits.
    """
    kinds = {piece.kind for piece in pieces}
    groups = [_all, *(rule for rule, applies in _GROUP_RULES if any(map(applies, pieces)))]
    escapes = ("drop", "halve", "count") if "escape" in kinds else ("drop",)
    unsure = [kind for kind in ("parameter", "word", "octets") if kind in kinds]
    for is_counted, escape, *counted in product(groups, escapes, *[(True, False)] * len(unsure)):
        left_out: set[str] = {kind for kind, is_in in zip(unsure, counted, strict=True) if not is_in}
        yield _digits((one for one in pieces if is_counted(one)), left_out, escape)
    starts = [number for number, piece in enumerate(pieces) if piece.restarts]
    if starts:
        yield from _readings([*pieces[starts[-1] + 1 :]])


def _digits(pieces: Iterator[_Piece], left_out: set[str], escape: str) -> bytes:
    found = bytearray()
    for piece in pieces:
        if piece.kind == "escape" and escape == "halve":
            del found[len(found) & ~1 :]
        elif not (piece.kind == "escape" and escape == "drop") and piece.kind not in left_out:
            found += piece.digits
    return bytes(found)


def _all(_: _Piece) -> bool:
    return True


#: Rules for the pieces that a reader counts, each with a test whether it makes a difference for a piece.
_GROUP_RULES = (
    (lambda piece: not piece.is_nested, lambda piece: piece.is_nested),
    (lambda piece: not piece.is_ignorable, lambda piece: piece.is_ignorable),
    (lambda piece: not piece.is_foreign, lambda piece: piece.is_foreign),
    (lambda piece: not (piece.is_foreign or piece.is_ignorable), lambda piece: piece.is_foreign or piece.is_ignorable),
)
