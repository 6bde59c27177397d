"""The DATA reader (RFC 5321 4.1.1.4, 4.5.2): chunks in, the message's octets out.

The reader does the end of data, dot-unstuffing and the size limit. It never waits and never answers: the session feeds
it. Memory is bounded by the size limit whatever is sent.
"""

from __future__ import annotations

from gateway.message.encodings.byte_search import BytePattern

_END = b"\r\n.\r\n"
_STUFFED = b"\r\n."
_AN_END, _A_STUFFED = BytePattern(_END), BytePattern(_STUFFED)


class DataReader:
    """Reader of one message. Only CRLF.CRLF ends it: `LF.LF`, `CR.CR` and mixtures are content (SMTP smuggling)."""

    __slots__ = ("_buffer", "_counted", "_limit_bytes", "_searched", "_stuffed", "dropped", "rest", "too_big")

    def __init__(self, limit_bytes: int) -> None:
        # The CRLF that ended the DATA command counts as the start of the first line: ".\r\n" alone ends the data.
        self._buffer = bytearray(b"\r\n")
        self._limit_bytes = limit_bytes  # of the message, without dot-stuffing and the final dot (RFC 1870 3)
        self._searched = 0  # the position up to which the buffer was searched for the end
        self._counted = 0  # the position up to which stuffed dots were counted
        self._stuffed = 0
        self.too_big = False
        self.dropped = False  # the content is not kept: it was too big, or the caller dropped it
        self.rest = b""  # the octets behind the final dot: the next command of a pipelining client

    def feed(self, chunk: bytes) -> bool:
        """Take one chunk; return True when the end of data has come."""
        self._buffer += chunk
        end = _AN_END.find(self._buffer, max(0, self._searched - len(_END) + 1))
        ended = end >= 0
        if ended:
            self.rest = bytes(self._buffer[end + len(_END) :])
            del self._buffer[end + 2 :]
        self._searched = len(self._buffer)
        self.too_big = self.too_big or (not self.dropped and self._size(ended) > self._limit_bytes)
        if self.too_big or self.dropped:
            self.drop()
        return ended

    def drop(self) -> None:
        """Keep none of the content, and go on looking for its end.

        The client gets its reply after the final dot only: one in the middle of the content would be read as an answer
        to something else (RFC 5321 4.2.5).
        """
        self.dropped = True
        del self._buffer[: -(len(_END) - 1)]
        self._searched = len(self._buffer)

    def _size(self, ended: bool) -> int:
        """Return the octets of the message so far, without stuffed dots and a final dot that may just be coming.

        Dots only make the message shorter: they are counted once the limit is passed with them.
        """
        if len(self._buffer) - 2 <= self._limit_bytes:
            return len(self._buffer) - 2
        pending = 0
        if not ended:
            pending = 2 if self._buffer.endswith(b"\r\n.\r") else 1 if self._buffer.endswith(_STUFFED) else 0
        until = len(self._buffer) - pending
        self._stuffed += self._buffer.count(_STUFFED, max(0, self._counted - len(_STUFFED) + 1), until)
        self._counted = until
        return until - 2 - self._stuffed

    @property
    def held_bytes(self) -> int:
        """Octets in memory now."""
        return len(self._buffer)

    def content(self) -> bytes:
        """Return the dot-unstuffed message; call this once, when the end has come and nothing was dropped."""
        content = bytes(memoryview(self._buffer)[2:])
        self._buffer.clear()  # the message is in memory once while it is judged
        if _A_STUFFED.is_in(content):  # base64 has none: the search costs a tenth of replacing nothing
            content = content.replace(_STUFFED, b"\r\n")
        return content[1:] if content.startswith(b".") else content
