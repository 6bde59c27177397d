"""Odd header blocks: what is noted, what is not, and where."""

from __future__ import annotations

import pytest

from gateway.message.mime.parse import parse

BODY = b"Content-Type: text/html\r\n\r\nx"


def codes(raw: bytes) -> list[str]:
    return [defect.code for defect in parse(raw).root.structure_defects]


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (b"A meaningless sentence.\r\n", ["header.no_colon", "header.text"]),
        (b"From a@x.test Tue Nov 25 10:00:00 2025\r\n", ["header.no_colon", "header.text"]),
        (b" \r\n", ["header.blank_line"]),
        (b"\t \t\r\n", ["header.blank_line"]),
        (b"X:\r\n Content-Type: text/plain\r\n", ["header.folded_field"]),
        (b"X: y\r\n\tcontent-transfer-encoding:base64\r\n", ["header.folded_field"]),
        (b"X: y\r\n\tcontent-disposition: ATTACHMENT\r\n", ["header.folded_field"]),
        (b"Content-Type\r\n : text/plain\r\n", ["header.folded_name", "header.duplicate"]),
        (b"X\r\n : y\r\n", ["header.odd_name"]),
        (b"Content-ID : <a>\r\n", ["header.spaced_content"]),
        (b"Content-ID(x): <a>\r\n", ["header.commented_content"]),
        (b"Content-ID (x): <a>\r\n", ["header.no_colon", "header.commented_content", "header.text"]),
        (b"X: y\x0bContent-ID: <a>\r\n", ["header.control_break", "header.odd_octet"]),
        (b"X: y\xc2\x85Content-ID: <a>\r\n", ["header.control_break"]),
        (b"X: y\xe2\x80\xa8Content-ID: <a>\r\n", ["header.control_break"]),
        (b"X\x01: y\r\n", ["header.control", "header.odd_octet"]),
        (b"Content-ID: \x01\r\n", ["header.control"]),
        (b"From: a\x7f\r\n", ["header.control"]),
        (b"X: y\n", ["header.line_break"]),
        (b"X: y\rZ: y\r\n", ["header.line_break"]),
        (b"X : y\r\n", ["header.spaced_name"]),
        (b"X(y): z\r\n", ["header.odd_name"]),
        (b"X\xe9: y\r\n", ["header.odd_name"]),
        (b"X: y\x01\r\n", ["header.odd_octet"]),
        (b"Subject: \x1b$B%F\x1b(B\r\n", ["header.odd_octet"]),
        (b"X: y\r\nno field\r\n"[:6], []),
        (b"Subject: caf\xc3\xa9 \xe2\x80\xa6\r\n", []),
        (b"DKIM-Signature: h=from:\r\n content-type:to;\r\n bh=a/b\r\n", []),
        (b"DKIM-Signature: h=from:\r\n\tContent-Transfer-Encoding:From:\r\n Content-Type : To\r\n", []),
        (b"X:\r\n folded\r\n", []),
        (b"X: y \r\n", []),
    ],
)
def test_what_is_odd_above_a_content_field(lines: bytes, found: list[str]) -> None:
    """Each kind once, in the order of the checks."""
    assert codes(b"A: b\r\n" + lines + BODY) == found


def test_a_byte_order_mark_is_noted_at_the_beginning_only() -> None:
    """Elsewhere it makes an odd name."""
    assert codes(b"\xef\xbb\xbfA: b\r\n" + BODY) == ["header.byte_order_mark"]
    assert codes(b"A: b\r\n\xef\xbb\xbfB: b\r\n" + BODY) == ["header.odd_name"]


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b"A: b\r\nno field\r\n\r\nx", ["header.no_colon"]),
        (BODY[:-5] + b"\r\nno field\r\n\r\nx", ["header.no_colon"]),
        (BODY[:-5] + b"\r\n" + b"QUJD" * 5 + b"\r\n", ["header.no_colon", "header.text"]),
        (BODY[:-5] + b"\r\none\r\ntwo\r\n", ["header.no_colon", "header.text"]),
        (BODY[:-5] + b"\r\none\r\ntwo\r\n\r\nx", ["header.no_colon"]),
    ],
)
def test_a_line_that_is_no_field_matters_by_what_it_hides(raw: bytes, found: list[str]) -> None:
    """A Content field behind it, or a body in front of which the empty line is missing."""
    assert codes(raw) == found


def test_defects_stand_where_they_are_seen() -> None:
    """Also in a part."""
    raw = b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nX: y\r\n \r\n\r\nx\r\n--a--\r\n"
    (defect,) = parse(raw).defects
    assert (defect.code, raw[defect.offset :][:4]) == ("header.blank_line", b"\n \r\n")


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r"])
def test_line_ends_of_one_kind_are_ordinary(end: bytes) -> None:
    """Files have them."""
    assert codes(b"A: b\r\nB: c\r\n\r\nx".replace(b"\r\n", end)) == []
