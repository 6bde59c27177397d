"""The content of one message on its way out: unchanged octets, dot-stuffed for the wire (RFC 5321 4.5.2).

Nothing is re-wrapped or re-encoded. The facts that decide whether a next hop can take the content are computed here,
once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.message.encodings.byte_search import BytePattern
from gateway.message.mime.newlines import has_bare_newline

#: The size up to which a message goes out in one write. A larger message goes in blocks of this size, so that the
#: connection's buffer stays bounded.
BLOCK_BYTES = 256 * 1024

_CRLF = b"\r\n"
_A_DOT = BytePattern(b"\r\n.")


class Content:
    """The chunks of one message, read as one."""

    def __init__(self, chunks: Sequence[bytes], *, crlf_only: bool = False) -> None:
        """Read the chunks.

        `crlf_only`: the receiver has checked these octets already; a check costs 2 ms a megabyte.
        """
        octets = sum(map(len, chunks))
        self._chunks = (b"".join(chunks),) if octets <= BLOCK_BYTES else tuple(filter(None, chunks))
        complete = not octets or b"".join(chunk[-2:] for chunk in self._chunks[-2:]).endswith(_CRLF)
        #: The end of the data: the final dot, after the final CRLF where the content lacks it.
        self.end = b".\r\n" if complete else b"\r\n.\r\n"
        #: The size as RFC 1870 counts it: with the CRLF that is added, without the stuffed dots.
        self.size = octets if complete else octets + len(_CRLF)
        self.eight_bit = not all(chunk.isascii() for chunk in self._chunks)
        #: Whether a CR or LF stands alone. SMTP smuggling rests on such octets.
        self.bare_newline = not crlf_only and has_bare_newline(self._chunks)

    @property
    def eight_bit_header(self) -> bool:
        """Return whether an octet above 127 stands in the header section, which only SMTPUTF8 allows (RFC 6532)."""
        return self.eight_bit and not self._header().isascii()

    def stuffed(self) -> Iterator[bytes]:
        """Yield the octets for the wire, without `end`, in pieces of about BLOCK_BYTES at most.

        A dot that begins a line is doubled, also where the CRLF before it lies in another piece.
        """
        tail = _CRLF  # the message begins a line
        for chunk in _pieces(self._chunks):
            wire = chunk.replace(b"\r\n.", b"\r\n..") if _A_DOT.is_in(chunk) else chunk
            if chunk[:1] == b"." and tail == _CRLF:
                wire = b"." + wire
            elif chunk[:2] == b"\n." and tail[-1:] == b"\r":
                wire = b"\n." + wire[1:]
            yield wire
            tail = (tail + chunk[-2:])[-2:]

    def _header(self) -> bytes:
        """Return the octets up to the first empty line; joined from as few chunks as it takes."""
        head = b""
        for chunk in self._chunks:
            head += chunk
            if head.startswith(_CRLF):
                return b""
            end = head.find(b"\r\n\r\n")
            if end >= 0:
                return head[:end]
        return head


def _pieces(chunks: Sequence[bytes]) -> Iterator[bytes]:
    """Yield pieces of at most BLOCK_BYTES, each cut when it is wanted: a large message isn't held twice."""
    for chunk in chunks:
        if len(chunk) <= BLOCK_BYTES:
            yield chunk
        else:
            yield from (chunk[at : at + BLOCK_BYTES] for at in range(0, len(chunk), BLOCK_BYTES))
