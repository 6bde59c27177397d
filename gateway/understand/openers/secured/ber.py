"""BER (X.690) as far as CMS needs it: a row of headers, lengths definite or not, octet strings in pieces.

A cursor goes through the octets once, without recursion and without knowledge of any structure.
"""

from __future__ import annotations

from dataclasses import dataclass

INTEGER, OCTET_STRING, OBJECT_ID, IA5_STRING, SEQUENCE, SET = 0x02, 0x04, 0x06, 0x16, 0x30, 0x31
EXPLICIT_0, EXPLICIT_1 = 0xA0, 0xA1
CONSTRUCTED = 0x20

#: Values inside one another while one is skipped. Certificates have about fifteen.
MAX_DEPTH = 64
#: Pieces of one octet string. Writers take 1,000 octets or more for each: 25,000 in a message of 25 MB.
MAX_PIECES = 100_000


class Malformed(ValueError):
    """The octets aren't BER, or not the element that was asked for."""


@dataclass(frozen=True, slots=True)
class Element:
    """A header: `end` is None where the length is indefinite (X.690 8.1.3.6)."""

    tag: int  # the identifier octet
    start: int  # of the content
    end: int | None


class Cursor:
    """Reads one element after another; `enter` goes into one, `skip` skips it."""

    def __init__(self, octets: bytes, at: int = 0) -> None:
        self._octets = octets
        self.at = at

    def peek(self) -> int:
        """Return the next identifier octet; 0 at the end and before an end-of-contents."""
        return self._octets[self.at] if self.at < len(self._octets) else 0

    def enter(self, *tags: int) -> Element:
        """Read the header of the next element; the cursor then stands at its content.

        Raises Malformed where the element has none of these tags.
        """
        if self.peek() not in tags:
            raise Malformed(f"tag {self.peek():#x} at {self.at} where {tags[0]:#x} was looked for")
        tag = self._octets[self.at]
        self.at += 1
        if tag & 0x1F == 0x1F:
            self._long_tag()
        length = self._length()
        if length is None and not tag & CONSTRUCTED:
            raise Malformed("a primitive value of no length")
        return Element(tag, self.at, None if length is None else self.at + length)

    def skip(self) -> None:
        """Move behind the next element, whatever is in it. Raises Malformed."""
        open_ends = 0
        while True:
            if self._at_end_of_contents():
                open_ends -= 1
                self.at += 2
            else:
                element = self.enter(self.peek())
                open_ends += element.end is None
                self.at = self.at if element.end is None else element.end
            if open_ends > MAX_DEPTH or self.at > len(self._octets) or open_ends < 0:
                raise Malformed("a value that doesn't end")
            if not open_ends:
                return

    def octet_string(self, tag: int = OCTET_STRING) -> bytes:
        """Read an octet string; the pieces of a constructed one are joined (X.690 8.7.3). Raises Malformed.

        A string that the octets don't hold to its end is cut short.
        """
        element = self.enter(tag, tag | CONSTRUCTED)
        if not element.tag & CONSTRUCTED:
            return self._taken(element)
        pieces: list[bytes] = []
        open_ends: list[int | None] = [element.end]
        while open_ends and self.at < len(self._octets):
            if self._ends(open_ends[-1]):
                self.at += 0 if open_ends.pop() is not None else 2
                continue
            piece = self.enter(OCTET_STRING, OCTET_STRING | CONSTRUCTED)
            if piece.tag & CONSTRUCTED:
                open_ends.append(piece.end)
            else:
                pieces.append(self._taken(piece))
            if len(open_ends) > MAX_DEPTH or len(pieces) > MAX_PIECES:
                raise Malformed("an octet string in too many pieces")
        return b"".join(pieces)

    def object_id(self) -> str:
        """Read an object identifier; return it in dots (X.690 8.19). Raises Malformed."""
        element = self.enter(OBJECT_ID)
        arcs, arc = [], 0
        for octet in self._taken(element):
            arc = arc << 7 | octet & 0x7F
            if arc > 1 << 64:
                raise Malformed("an object identifier without an end")
            if not octet & 0x80:
                arcs.append(arc)
                arc = 0
        if not arcs:
            raise Malformed("an empty object identifier")
        first = min(arcs[0] // 40, 2)
        return ".".join(str(one) for one in (first, arcs[0] - 40 * first, *arcs[1:]))

    def _ends(self, end: int | None) -> bool:
        return self._at_end_of_contents() if end is None else self.at >= end

    def _at_end_of_contents(self) -> bool:
        return self._octets.startswith(b"\0\0", self.at)

    def _taken(self, element: Element) -> bytes:
        end = len(self._octets) if element.end is None else element.end
        self.at = min(end, len(self._octets))
        return self._octets[element.start : self.at]

    def _long_tag(self) -> None:
        for _ in range(4):
            octet = self.peek()
            self.at += 1
            if not octet & 0x80:
                return
        raise Malformed("a tag without an end")

    def _length(self) -> int | None:
        octet = self.peek()
        self.at += 1
        if octet < 0x80:
            return octet
        if octet == 0x80:
            return None
        size = octet & 0x7F
        if size > 8 or self.at + size > len(self._octets):
            raise Malformed("a length of no sense")
        self.at += size
        return int.from_bytes(self._octets[self.at - size : self.at], "big")
