"""Bare newlines are found and made CRLF."""

from __future__ import annotations

import re
import tracemalloc
from itertools import pairwise
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.message.mime import newlines
from gateway.message.mime.newlines import has_bare_newline, normalise_newlines


@pytest.mark.parametrize(
    ("content", "normal"),
    [
        (b"", b""),
        (b"a\r\nb\r\n", b"a\r\nb\r\n"),
        (b"a\nb", b"a\r\nb"),
        (b"a\rb", b"a\r\nb"),
        (b"a\r\r\nb", b"a\r\n\r\nb"),
        (b"a\n\rb", b"a\r\n\r\nb"),
        (b"a\r\n\nb", b"a\r\n\r\nb"),
        (b"\n.\n", b"\r\n.\r\n"),
        (b"\r", b"\r\n"),
        (b"a\x0bb\x0cc\x85d\xe2\x80\xa8e", b"a\x0bb\x0cc\x85d\xe2\x80\xa8e"),  # no line ends in mail
    ],
)
def test_bare_newlines_are_found_and_made_crlf(content: bytes, normal: bytes) -> None:
    """Every CR or LF that stands alone becomes CRLF; what is right stays."""
    assert normalise_newlines(content) == normal
    assert has_bare_newline((content,)) is (content != normal)
    assert not has_bare_newline((normal,))


@given(st.lists(st.sampled_from([b"\r", b"\n", b"a"]), max_size=20).map(b"".join))
def test_normalised_content_has_no_bare_newline(content: bytes) -> None:
    """Nothing is left to smuggle with, and to do it twice changes nothing."""
    normal = normalise_newlines(content)
    assert not has_bare_newline((normal,))
    assert normalise_newlines(normal) == normal
    assert has_bare_newline((content,)) is (normal != content)


@given(
    lines=st.lists(st.sampled_from([b"", b"a", b"aaaa", b"aaaa", b"aaaa"]), max_size=20),
    line_break=st.sampled_from([b"\r\n", b"\r\n", b"\n", b"\r"]),
    changes=st.lists(st.tuples(st.integers(0, 120), st.integers(0, 1), st.sampled_from([b"", b"\r", b"\n", b"\r\n"]))),
    cuts=st.lists(st.integers(0, 120), max_size=3).map(sorted),
)
def test_bare_newlines_among_even_lines(
    lines: list[bytes], line_break: bytes, changes: list[tuple[int, int, bytes]], cuts: list[int]
) -> None:
    """Columns hide none, wherever the pieces and the chunks end."""
    content = line_break.join(lines)
    for at, dropped, added in changes:
        content = content[:at] + added + content[at + dropped :]
    bare = re.search(rb"\r(?!\n)|(?<!\r)\n", content) is not None
    ends = [0, *(min(cut, len(content)) for cut in cuts), len(content)]
    chunks = [content[start:end] for start, end in pairwise(ends)]
    with mock.patch.multiple(newlines, _PIECE_BYTES=20, _LEAST_WIDTH=3):
        assert has_bare_newline(chunks) is bare


def test_normalising_takes_no_more_than_a_few_times_the_memory() -> None:
    """A message of nothing but LF doubles, and costs little more than that while it is made."""
    content = b"\n" * 2**20
    tracemalloc.start()
    try:
        assert len(normalise_newlines(content)) == 2**21
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 6 * len(content)
