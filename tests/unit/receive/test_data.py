"""The DATA reader: where a message ends, what it is, how big it may be, and how much memory it takes."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.receive.data import DataReader

LIMIT_BYTES = 1000
#: Everything that has been taken for an end of data by some server, and is none (S01).
NO_ENDS = [
    b"\n.\n",
    b"\n.\r",
    b"\r.\n",
    b"\r.\r",
    b"\n.\r\n",
    b"\r.\r\n",
    b"\r\n.\n",
    b"\r\n.\r",
    b"\r\n\x00.\r\n",
    b"\r\n.\x00\r\n",
    b"\r\n.\r\r\n",
    b"\r\r\n.\r\r\n",
    b"\r\n.\n\r\n",
    b"\r\n .\r\n",
    b"\r\n. \r\n",
    b"\r\n..\r\n",
    b"\r\n\xe2\x80\xa4\r\n",
]


def read(chunks: Iterable[bytes], limit_bytes: int = LIMIT_BYTES) -> DataReader:
    """Fed until the end comes; the chunks must hold it, and nothing but the last may."""
    reader = DataReader(limit_bytes)
    ends = [reader.feed(chunk) for chunk in chunks]
    assert ends.index(True) == len(ends) - 1
    return reader


def stuffed(content: bytes) -> bytes:
    """Return the content as a client sends it (RFC 5321 4.5.2)."""
    return (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:]


def splits(octets: bytes) -> Iterable[list[bytes]]:
    """Yield the octets in two chunks, split at every place, and octet by octet."""
    for at in range(1, len(octets)):
        yield [octets[:at], octets[at:]]
    yield [octets[i : i + 1] for i in range(len(octets))]


# --- the end ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("no_end", NO_ENDS, ids=repr)
def test_only_crlf_dot_crlf_ends_the_data(no_end: bytes) -> None:
    """A near end of data is content, and the reader goes on to the real end."""
    reader = DataReader(LIMIT_BYTES)
    assert not reader.feed(b"Subject: x\r\n\r\na" + no_end + b"MAIL FROM:<b@example.com>\r\n")
    assert reader.feed(b".\r\n")
    assert b"MAIL FROM:<b@example.com>" in reader.content()
    assert reader.rest == b""


@pytest.mark.parametrize("no_end", NO_ENDS, ids=repr)
def test_no_split_makes_an_end_of_what_is_none(no_end: bytes) -> None:
    """Wherever the octets are cut, the same message is read."""
    wire = b"a" + no_end + b"b\r\n.\r\n"
    whole = read([wire]).content()
    for chunks in splits(wire):
        assert read(chunks).content() == whole


def test_dot_alone_is_an_empty_message() -> None:
    """The CRLF of the DATA command counts for the end: ".CRLF" at once is a message of no octets."""
    reader = read([b".\r\n"])
    assert reader.content() == b""


def test_end_at_every_split() -> None:
    """CR, LF and dot may come in any chunks; what follows the end is kept for the next command."""
    wire = b"Subject: x\r\n\r\nhello\r\n.\r\n"
    for at in range(1, len(wire)):
        reader = DataReader(LIMIT_BYTES)
        assert not reader.feed(wire[:at])
        assert reader.feed(wire[at:] + b"QUIT\r\n")
        assert reader.content() == b"Subject: x\r\n\r\nhello\r\n"
        assert reader.rest == b"QUIT\r\n"


def test_second_end_behind_the_first_is_left_alone() -> None:
    """A pipelined second message is not touched: it belongs to a DATA command that was not read yet."""
    reader = read([b"a\r\n.\r\nMAIL FROM:<>\r\nb\r\n.\r\n"])
    assert reader.content() == b"a\r\n"
    assert reader.rest == b"MAIL FROM:<>\r\nb\r\n.\r\n"


# --- dots ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wire", "content"),
    [
        (b"..\r\n", b".\r\n"),
        (b"...\r\n", b"..\r\n"),
        (b"..x\r\n", b".x\r\n"),
        (b"a\r\n..\r\n", b"a\r\n.\r\n"),
        (b"a\r\n..b\r\n..\r\n", b"a\r\n.b\r\n.\r\n"),
        (b".x\r\n", b"x\r\n"),  # a client that doesn't stuff: the dot goes (RFC 5321 4.5.2)
        (b"a\n..b\r\n", b"a\n..b\r\n"),  # no line begins behind a bare LF
        (b"a\r..b\r\n", b"a\r..b\r\n"),
        (b"a..\r\n", b"a..\r\n"),
        (b"\r\n..\r\n", b"\r\n.\r\n"),
    ],
)
def test_dots_are_unstuffed(wire: bytes, content: bytes) -> None:
    """A dot at the beginning of a line is removed, on the first line too, whatever the chunks (S06, S07)."""
    assert read([wire + b".\r\n"]).content() == content
    for chunks in splits(wire + b".\r\n"):
        assert read(chunks).content() == content


@given(
    lines=st.lists(st.sampled_from([b"", b".", b"..", b".x", b"..x", b"x.", b"\r", b"\n.", b"\x00"]), max_size=12),
    cuts=st.lists(st.integers(1, 60), max_size=6),
)
def test_every_message_comes_back(lines: list[bytes], cuts: list[int]) -> None:
    """Stuffed, cut anywhere and read, a message is the same octets."""
    content = b"".join(line + b"\r\n" for line in lines)
    if b"\r\n.\r\n" in b"\r\n" + stuffed(content):
        return  # not a message that can be sent: "\r" + "\n." made an end of data
    wire = stuffed(content) + b".\r\n"
    edges = sorted({0, len(wire), *(c for c in cuts if c < len(wire))})
    assert read([wire[a:b] for a, b in pairwise(edges)]).content() == content


# --- size ------------------------------------------------------------------------------------------------------------


AROUND_THE_LIMIT = pytest.mark.parametrize(
    ("octets", "too_big"), [(LIMIT_BYTES - 1, False), (LIMIT_BYTES, False), (LIMIT_BYTES + 1, True)]
)


def content_of(octets: int) -> bytes:
    return b"x" * (octets - 2) + b"\r\n"


@AROUND_THE_LIMIT
def test_size_limit(octets: int, too_big: bool) -> None:
    """The limit allows n - 1 and n octets, and not n + 1, in one chunk or many; the final dot doesn't count."""
    wire = content_of(octets) + b".\r\n"
    assert read([wire]).too_big is too_big
    for chunks in splits(wire[-8:]):
        assert read([wire[:-8], *chunks]).too_big is too_big
    assert read([wire[i : i + 1] for i in range(len(wire))]).too_big is too_big


@AROUND_THE_LIMIT
def test_stuffed_dots_do_not_count(octets: int, too_big: bool) -> None:
    """The size is that of the message, not of its transport (RFC 1870 3)."""
    content = b".\r\n" * 300 + content_of(octets - 900)
    wire = stuffed(content) + b".\r\n"
    for size in (1, 2, 3, 5, 64, len(wire)):
        reader = read([wire[i : i + size] for i in range(0, len(wire), size)])
        assert reader.too_big is too_big
        assert too_big or reader.content() == content


def test_too_big_is_said_after_the_real_end_only() -> None:
    """Octets beyond the limit are dropped, and the end is still found at every split; the rest is kept."""
    for at in range(1, 5):
        end = b"\r\n.\r\n"
        reader = DataReader(LIMIT_BYTES)
        assert not reader.feed(b"x" * (LIMIT_BYTES + 10))
        assert reader.too_big
        assert not reader.feed(b"\n.\n" + end[:at])
        assert reader.feed(end[at:] + b"RSET\r\n")
        assert reader.rest == b"RSET\r\n"


def test_dropped_content_is_not_called_too_big() -> None:
    """A caller that has no room drops the content; the end is found all the same."""
    reader = DataReader(LIMIT_BYTES)
    reader.feed(b"hello\r\n.")
    reader.drop()
    assert reader.held_bytes <= 4
    assert reader.feed(b"\r\nNOOP\r\n")
    assert (reader.dropped, reader.too_big, reader.rest) == (True, False, b"NOOP\r\n")


@pytest.mark.parametrize("octet", [b"x", b"\n", b"\r", b".", b"\r\n", b"..\r\n"])
def test_buffer_is_bounded(octet: bytes) -> None:
    """Four times the limit of anything, without an end: no more than the limit and a chunk is held."""
    limit, chunk = 2**18, (octet * 2**14)[: 2**14]
    reader = DataReader(limit)
    most = 0
    for _ in range(4 * limit // len(chunk)):
        assert not reader.feed(chunk)
        most = max(most, reader.held_bytes)
    assert reader.too_big
    assert most <= limit * 4 // 3 + 2 * len(chunk)  # a third more: dots that are stuffed don't count


def test_memory_is_bounded() -> None:
    """Memory grows by the limit and the buffer's own headroom, not by what is sent."""
    limit, chunk = 2 * 2**20, b"x" * 2**16
    tracemalloc.start()
    try:
        reader = DataReader(limit)
        for _ in range(4 * limit // len(chunk)):
            reader.feed(chunk)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert reader.too_big
    assert peak < 2.5 * limit


def test_message_is_in_memory_once_when_it_is_handed_on() -> None:
    """The reader keeps no second copy while the message is judged."""
    reader = read([b"x" * 2**20 + b"\r\n.\r\n"], limit_bytes=2**21)
    content = reader.content()
    assert len(content) == 2**20 + 2
    assert reader.held_bytes == 0
