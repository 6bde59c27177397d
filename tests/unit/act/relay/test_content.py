"""The content on the wire: dots, chunk edges, what it says about itself."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.act.relay.content import BLOCK_BYTES, Content


def wire(*chunks: bytes) -> bytes:
    content = Content(chunks)
    return b"".join(content.stuffed()) + content.end


def received(octets: bytes) -> bytes:
    """Return the content as a server reads it: lines up to the lone dot, one leading dot removed (RFC 5321 4.5.2)."""
    lines = octets.split(b"\r\n")
    assert lines[-2:] == [b".", b""]
    assert b"." not in lines[:-2]
    return b"".join(line.removeprefix(b".") + b"\r\n" for line in lines[:-2])


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ((b"a\r\n",), b"a\r\n.\r\n"),
        ((b"a",), b"a\r\n.\r\n"),
        ((), b".\r\n"),
        ((b"", b""), b".\r\n"),
        ((b".\r\n",), b"..\r\n.\r\n"),
        ((b"..\r\n",), b"...\r\n.\r\n"),
        ((b"a\r\n.b\r\n",), b"a\r\n..b\r\n.\r\n"),
        ((b"a\r\n.",), b"a\r\n..\r\n.\r\n"),
        ((b"a.\r\n.\r\n.\r\n",), b"a.\r\n..\r\n..\r\n.\r\n"),
    ],
)
def test_dots_that_begin_a_line_are_doubled(chunks: tuple[bytes, ...], expected: bytes) -> None:
    """A dot is doubled at the start of the message and of each line, and nowhere else."""
    assert wire(*chunks) == expected


@pytest.mark.parametrize("edges", [(1,), (2,), (3,), (4,), (1, 2, 3, 4), (2, 3), (3, 4)])
def test_dots_are_doubled_over_the_edges_of_large_chunks(edges: tuple[int, ...]) -> None:
    """CRLF and dot are found over the edges of chunks that are too large to be joined."""
    line = b"x\r\n.y\r\n"
    filler = b"z" * BLOCK_BYTES + b"\r\n"
    cuts = [0, *edges, len(line)]
    chunks = [filler, *(line[a:b] for a, b in pairwise(cuts)), filler]
    assert wire(*chunks) == filler + b"x\r\n..y\r\n" + filler + b".\r\n"


@given(st.lists(st.text("a.\n", max_size=6), max_size=8), st.booleans())
def test_a_server_gets_the_octets_that_went_in(texts: list[str], large: bool) -> None:
    """Stuffing loses nothing and adds at most the final CRLF, however the message is cut."""
    filler = [b"z" * BLOCK_BYTES] if large else []
    whole = b"".join(filler) + "".join(texts).replace("\n", "\r\n").encode()
    cuts = sorted({*range(0, len(whole), BLOCK_BYTES), *range(max(len(whole) - 9, 0), len(whole))})
    pieces = [whole[a:b] for a, b in zip(cuts, [*cuts[1:], len(whole)], strict=False)]
    expected = whole if not whole or whole.endswith(b"\r\n") else whole + b"\r\n"
    assert received(wire(*pieces)) == expected
    assert Content(pieces).size == len(expected)


@pytest.mark.parametrize("extra", [-1, 0, 1])
def test_pieces_are_bounded(extra: int) -> None:
    """A message up to the block size is one piece; a larger one is cut, and stays the same."""
    content = Content((b"a" * (BLOCK_BYTES + extra),))
    pieces = list(content.stuffed())
    assert len(pieces) == (2 if extra > 0 else 1)
    assert b"".join(pieces) == b"a" * (BLOCK_BYTES + extra)


@pytest.mark.parametrize(
    "chunks",
    [
        (b"a\nb\r\n",),
        (b"a\rb\r\n",),
        (b"a\r\n\r",),
        (b"\na\r\n",),
        (b"a\n\rb\r\n",),
        (b"a\r\r\n",),
        (b"a\r\n\n",),
        (b"a\r", b"b\r\n"),
        (b"a", b"\nb\r\n"),
        (b"z" * BLOCK_BYTES + b"\r", b"b\r\n"),
        (b"z" * BLOCK_BYTES, b"\nb\r\n"),
        (b"z" * BLOCK_BYTES, b"b\r"),
    ],
)
def test_a_bare_newline_is_seen(chunks: tuple[bytes, ...]) -> None:
    """A CR without LF and an LF without CR are seen, also at the edges of chunks."""
    assert Content(chunks).bare_newline


@pytest.mark.parametrize(
    "chunks", [(b"",), (b"a",), (b"a\r\n\r\n",), (b"a\r", b"\nb"), (b"z" * BLOCK_BYTES + b"\r", b"\n")]
)
def test_a_crlf_is_no_bare_newline(chunks: tuple[bytes, ...]) -> None:
    """CRLF is fine, also over two chunks."""
    assert not Content(chunks).bare_newline


@pytest.mark.parametrize(
    ("content", "anywhere", "in_header"),
    [
        (b"Subject: x\r\n\r\nplain\r\n", False, False),
        (b"Subject: x\r\n\r\n\xfcber\r\n", True, False),
        (b"Subject: \xc3\xbc\r\n\r\nplain\r\n", True, True),
        (b"Subject: \xc3\xbc\r\n", True, True),
        (b"\r\n\xfcber\r\n", True, False),
    ],
)
def test_where_8_bit_octets_stand(content: bytes, anywhere: bool, in_header: bool) -> None:
    """8-bit content and an 8-bit header section are told apart, however the message is cut."""
    for at in range(len(content)):
        cut = Content((content[:at], content[at:]))
        assert (cut.eight_bit, cut.eight_bit_header) == (anywhere, in_header)


def test_the_header_section_of_a_large_message() -> None:
    """It may lie in several chunks."""
    large = b"x" * BLOCK_BYTES
    assert Content((b"Subject: a\r", b"\n\r\n", large, b"\xfc\r\n")).eight_bit_header is False
    assert Content((b"Subject: a\r\nX: ", large, b"\xfc\r\n\r\n")).eight_bit_header is True
