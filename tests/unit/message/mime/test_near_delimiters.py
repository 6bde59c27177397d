"""Lines that only some programs take for a delimiter."""

from __future__ import annotations

import time

import pytest

from gateway.message.mime.near_delimiters import MAX_NUL_LINES, longer_delimiter, nul_delimiter, nul_lines
from gateway.message.mime.parse import parse
from gateway.message.mime.readings import readings

FIELD = b"Content-Type: text/plain\r\n\r\nx\r\n"
HEADER = b"Content-Type: multipart/mixed; boundary=foo\r\n\r\n"


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"hi\r\n--foox\r\n" + FIELD, True),
        (b"hi\r\n--foo-\r\n" + FIELD, True),
        (b"hi\r\n--foox\r\nno field\r\n", False),
        (b"hi --foox\r\n" + FIELD, False),
        (b"hi\r\n--fo\r\n" + FIELD, False),
    ],
)
def test_longer(body: bytes, found: bool) -> None:
    """It begins a line with the boundary, has more behind it, and Content fields below."""
    assert (longer_delimiter(body, 0, len(body), b"foo", [(0, len(body))]) >= 0) is found


def test_longer_outside_of_leaves() -> None:
    """A nested multipart's own delimiters are none."""
    body = b"--foox\r\n" + FIELD
    assert longer_delimiter(body, 0, len(body), b"foo", [(20, len(body))]) == -1
    assert longer_delimiter(body, 0, len(body), b"foo", []) == -1


@pytest.mark.parametrize(
    ("body", "hidden"),
    [
        (b"--f\0oo\r\n", True),
        (b"-\0-foo", True),
        (b"a\0\r\n--foo\r\n", False),
        (b"x\0--foo", False),
        (b"--foo", False),
    ],
)
def test_nul(body: bytes, hidden: bool) -> None:
    """NULs inside a delimiter hide it; those elsewhere hide nothing."""
    assert (nul_delimiter(nul_lines(body), 0, len(body), b"foo") >= 0) is hidden


def test_nul_elsewhere() -> None:
    """Only in the multipart itself, and only so many lines are kept."""
    body = b"\0--foo\r\n" * (MAX_NUL_LINES + 1)
    assert len(nul_lines(body)) == MAX_NUL_LINES
    assert nul_delimiter(nul_lines(body), 1, 8, b"foo") == -1


def test_message_with_either_has_the_defect_and_the_reading() -> None:
    """The parts behind such a line are shown by another reading."""
    for line, code in ((b"--foo-", "boundary.longer"), (b"--f\0oo", "boundary.nul")):
        message = parse(HEADER + b"--foo\r\n\r\nhi\r\n" + line + b"\r\n" + FIELD + b"--foo--\r\n")
        assert code in [defect.code for defect in message.root.defects]
        shown = [parse(one.octets) for one in readings(message.root)]
        assert any(len(one.root.children) > 1 for one in shown)


def test_declared_longer_boundary_is_no_defect() -> None:
    """Many mailers make nested boundaries by adding to the outer one."""
    inner = b"Content-Type: multipart/mixed; boundary=foo1\r\n\r\n--foo1\r\n" + FIELD + b"--foo1--\r\n"
    message = parse(HEADER + b"--foo\r\n" + inner + b"--foo--\r\n")
    assert [defect.code for defect in message.root.defects] == ["boundary.prefix"]


def test_many_are_looked_at_once() -> None:
    """A megabyte of them takes no longer than a megabyte of text would in any other check."""
    start = time.process_time()
    parse(HEADER + b"--foo\r\n\r\n" + b"\r\n--foox" * 120_000 + b"\0")
    assert time.process_time() - start < 2
