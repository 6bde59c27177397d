"""The tree: parts, offsets, types and encodings, nested messages, and what is noted as wrong."""

from __future__ import annotations

import pytest

from gateway.message.mime import parse as parser
from gateway.message.mime.delimiters import DIVIDED_BYTES, MAX_LINES
from gateway.message.mime.parse import MAX_DELIMITERS, MAX_DEPTH, MAX_PARTS, parse
from gateway.message.model import Message
from gateway.message.part import Part


def crlf(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode("utf-8")


def outline(message: Message) -> list[tuple[str, str, bytes]]:
    return [(part.path, part.content_type, part.body) for part in message.leaves]


def codes(message: Message) -> list[str]:
    return [defect.code for defect in message.defects]


MIXED = crlf(
    "Subject: s\nContent-Type: multipart/mixed; boundary=foo\n\npreamble\n"
    "--foo\nContent-Type: text/plain\n\nhi\n"
    "--foo\nContent-Type: application/x-thing; name=a.bin\n\nAB\n--foo--\nepilogue\n"
)


def test_a_plain_message_is_one_part() -> None:
    """The root has the path "1" and covers all octets."""
    message = parse(b"Subject: s\r\n\r\nbody\r\n")
    root = message.root
    assert (root.path, root.header_start, root.body, root.end) == ("1", 0, b"body\r\n", len(message.raw))
    assert message.parts == (root,)
    assert message.leaves == (root,)


def test_parts_of_a_multipart() -> None:
    """The line break before a delimiter belongs to the delimiter; preamble and epilogue to no part."""
    message = parse(MIXED)
    assert outline(message) == [("1.1", "text/plain", b"hi"), ("1.2", "application/x-thing", b"AB")]
    assert codes(message) == []
    assert message.root.is_multipart
    assert not message.root.is_leaf


def test_a_part_is_found_by_its_path() -> None:
    """An unknown path gives None."""
    message = parse(MIXED)
    found = message.part("1.2")
    assert found is message.root.children[1]
    assert message.part("1.3") is None


def test_an_empty_message_is_an_empty_text() -> None:
    """No octets: one part, nothing wrong."""
    message = parse(b"")
    assert (message.root.content_type, message.root.body, codes(message)) == ("text/plain", b"", [])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Text/HTML; charset=utf-8", "text/html"),
        ("text / html", "text/html"),
        ("text", "text/plain"),
        ("", "text/plain"),
        ("; name=evil.exe", "text/plain"),
        ("(a comment) image/png (another)", "image/png"),
        ("multipart/mixedx; boundary=b", "multipart/mixedx"),
    ],
)
def test_the_media_type(value: str, expected: str) -> None:
    """Lower case, comments gone; text/plain where the syntax is wrong (RFC 2045 5.2)."""
    assert parse(f"Content-Type: {value}\r\n\r\n".encode()).root.content_type == expected


@pytest.mark.parametrize(
    "field",
    [
        "Content-Transfer-Encoding: base64",
        "Content-Transfer-Encoding:base64",
        "Content-Transfer-Encoding:\r\n base64",
        "Content-Transfer-Encoding: base64 \t ",
        "Content-Transfer-Encoding: bASe64",
        "content-transfer-encoding: base64 (not quoted-printable)",
        "Content-Transfer-Encoding: (a (nested) comment) base64",
        "Content-Transfer-Encoding: base64;",
    ],
)
@pytest.mark.parametrize("version", ["MIME-Version: 1.0\r\n", ""])
def test_valid_spellings_of_an_encoding_pass_unflagged(field: str, version: str) -> None:
    """Folds, comments, blanks, case and a missing MIME-Version change nothing."""
    message = parse(f"{version}{field}\r\n\r\naGVsbG8=\r\n".encode())
    assert (message.root.encoding, message.root.decoded, codes(message)) == ("base64", b"hello", [])


def test_a_nested_message_is_the_child_of_its_part() -> None:
    """Its path ends in .1, and its own parts go on from there."""
    inner = "Subject: in\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n"
    raw = crlf(f"Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: message/rfc822\n\n{inner}\n--a--\n")
    message = parse(raw)
    assert [(p.path, p.content_type) for p in message.parts] == [
        ("1", "multipart/mixed"),
        ("1.1", "message/rfc822"),
        ("1.1.1", "multipart/mixed"),
        ("1.1.1.1", "text/plain"),
    ]
    nested = message.part("1.1.1")
    assert nested is not None
    assert nested.header("subject") == "in"


def test_parts_of_a_digest_are_messages() -> None:
    """RFC 2046 5.1.5: without a Content-Type they are message/rfc822."""
    message = parse(crlf("Content-Type: multipart/digest; boundary=a\n\n--a\n\nSubject: x\n\ny\n--a--\n"))
    assert [p.content_type for p in message.parts] == ["multipart/digest", "message/rfc822", "text/plain"]


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "x-uuencode"])
def test_an_encoded_message_inside_stays_closed_and_is_noted(encoding: str) -> None:
    """Its octets are decoded like any leaf's."""
    header = f"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode()
    assert parse(header).root.is_leaf
    assert "encoding.composite" not in codes(parse(header))
    message = parse(header + b"QUJD")
    assert message.root.is_leaf
    assert "encoding.composite" in codes(message)


def test_an_encoded_multipart_is_still_entered_and_noted() -> None:
    """RFC 2045 6.4 forbids it; what stands there as plain parts is seen."""
    raw = crlf("Content-Type: multipart/mixed; boundary=a\nContent-Transfer-Encoding: base64\n\n--a\n\nx\n--a--\n")
    assert outline(parse(raw)) == [("1.1", "text/plain", b"x")]
    assert codes(parse(raw)) == ["encoding.ignored"]


def test_a_multipart_that_only_decoding_divides_is_noted() -> None:
    """Its octets are decoded like a leaf's."""
    raw = crlf("Content-Type: multipart/mixed; boundary=a\nContent-Transfer-Encoding: base64\n\nLS1hDQoNCngNCi0tYS0t\n")
    message = parse(raw)
    assert message.root.decoded == b"--a\r\n\r\nx\r\n--a--"
    assert codes(message) == ["multipart.undivided", "encoding.composite"]


@pytest.mark.parametrize(
    ("declared", "used"),
    [
        ('"foo bar"', "foo bar"),
        ("foo", "foo"),
        ("\r\n foo", "foo"),
        ('"foo "', "foo"),
        ("foo (comment)", "foo"),
        ("foo; boundary=bar", "bar"),
        ("foo bar", "foo"),
        ("foo bar", "foo bar"),
        ("=_x/y:z", "=_x/y:z"),
        ('"caf\u00e9"', "caf\u00e9"),
    ],
)
def test_boundaries_are_read_as_senders_write_them(declared: str, used: str) -> None:
    """The first reading that occurs in the body counts."""
    raw = f"Content-Type: multipart/mixed; boundary={declared}\r\n\r\n--{used}\r\n\r\nx\r\n--{used}--\r\n".encode()
    assert outline(parse(raw)) == [("1.1", "text/plain", b"x")]


def test_a_boundary_in_sections_and_in_latin_1() -> None:
    """RFC 2231 sections are joined; octets that are no UTF-8 are compared as they are."""
    raw = b"Content-Type: multipart/mixed; boundary*0=fo; boundary*1=o\r\n\r\n--foo\r\n\r\nx\r\n--foo--"
    assert len(parse(raw).leaves) == 1
    raw = b'Content-Type: multipart/mixed; boundary="f\xe9"\r\n\r\n--f\xe9\r\n\r\nx\r\n--f\xe9--'
    assert outline(parse(raw)) == [("1.1", "text/plain", b"x")]


@pytest.mark.parametrize("line", ["--foox", "x--foo", " --foo", "--foo x", "--foo-", "--FOO"])
def test_only_exact_delimiter_lines_separate(line: str) -> None:
    """A line that resembles a delimiter is text."""
    raw = crlf(f"Content-Type: multipart/mixed; boundary=foo\n\n--foo\n\na\n{line}\nb\n--foo--\n")
    assert outline(parse(raw)) == [("1.1", "text/plain", crlf(f"a\n{line}\nb"))]


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r", b" \t\r\n"])
def test_delimiters_end_in_any_line_break(end: bytes) -> None:
    """Blanks behind a delimiter are padding (RFC 2046 5.1.1)."""
    raw = b"Content-Type: multipart/mixed; boundary=foo\r\n\r\n--foo" + end + b"\r\nx" + end.strip(b" \t") + b"--foo--"
    assert outline(parse(raw)) == [("1.1", "text/plain", b"x")]


def test_a_missing_close_delimiter_ends_the_last_part_with_the_multipart() -> None:
    """Nothing is lost behind the last delimiter."""
    raw = crlf("Content-Type: multipart/mixed; boundary=foo\n\n--foo\n\na\n--foo\n\nb\n")
    assert [body for _, _, body in outline(parse(raw))] == [b"a", b"b\r\n"]


def test_an_outer_delimiter_ends_unclosed_inner_parts() -> None:
    """The inner multipart reaches to the outer delimiter."""
    raw = crlf(
        "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=b\n\n"
        "--b\n\nx\n--a\n\ny\n--a--\n"
    )
    assert [(path, body) for path, _, body in outline(parse(raw))] == [("1.1.1", b"x"), ("1.2", b"y")]


def test_parts_without_anything() -> None:
    """Delimiters in a row give empty parts."""
    raw = crlf("Content-Type: multipart/mixed; boundary=a\n\n--a\n--a\n\n--a\nX: y\n--a--\n")
    parts: tuple[Part, ...] = parse(raw).root.children
    assert [(len(p.headers), p.body) for p in parts] == [(0, b""), (0, b""), (1, b"")]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("Content-Type: multipart/mixed\n\n--a\n\nx\n", "multipart.no_boundary"),
        ("Content-Type: multipart/mixed\n\nx\n", "multipart.undivided"),
        ("Content-Type: multipart/mixed; boundary=a\n\nx\n", "multipart.undivided"),
        ("Content-Type: multipart/mixed; boundary=foo\n\n--bar\n\nx\n", "multipart.no_delimiter"),
        ("Content-Type: multipart/mixed; boundary=foo\n\n--foo--\n", "multipart.no_delimiter"),
        ("Content-Type: text/plain\nContent-Type: text/html\n\nx\n", "header.duplicate"),
        ("Content-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: base64\n\nx\n", "header.duplicate"),
        ("Content-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: 8bit\n\nx\n", "header.repeated"),
        ("Content-Type: multipart/mixed; boundary=a\n\n--a\n\nx\n", "multipart.unclosed"),
        ("A: 1\nno field\n\nx\n", "header.no_colon"),
        ("A: \0\n\nx\n", "header.nul"),
        ("Content-Transfer-Encoding: xx\n\nx=41\n", "encoding.unknown"),
        ("Content-Type: text/plain; charset=x-none\n\nx\n", "charset.unknown"),
        ("Content-Type: text/plain; charset=us-ascii\n\n\u00fc\n", "charset.undecodable"),
        ("Content-Type: text/plain; boundary=a\n\nx\n", "boundary.unused"),
        ("Content-Type: image/png; boundary=a\n\n--a\n\nx\n", "multipart.undeclared"),
        ("Content-Type: x/mixed; boundary*=''a\n\n  --a--\n", "multipart.undeclared"),
        ("Content-Type: x/mixed; boundary=b\n\n--a\nContent-Type: text/plain\n\nx\n", "multipart.undeclared"),
        ("Content-Type: message/rfc822; boundary=a\n\nA: b\n\n--a\n\nx\n", "multipart.undeclared"),
        ("Content-Type: text/plain\n\nx\n--a\nX: y\nContent-Type: text/plain\n\nx\n", "body.divided"),
        ("Content-Type: message/x\nContent-Transfer-Encoding: base64\n\nQQ==\n", "encoding.message"),
        (
            "Content-Type: message/x\nContent-Transfer-Encoding: quoted-printable\n\nContent-ID: y\n",
            "encoding.composite",
        ),
    ],
)
def test_what_is_wrong_is_noted(raw: str, code: str) -> None:
    """One defect of the code, and the octets are still some leaf's."""
    message = parse(crlf(raw))
    assert codes(message) == [code]
    assert message.leaves


@pytest.mark.parametrize(
    "raw",
    [
        "Content-Type: message/rfc822; boundary=b\n\nContent-Type: multipart/mixed; boundary=a\n\n--a\n\nx\n--a--\n",
        "Content-Type: message/delivery-status\n\nReporting-MTA: x\n\n--a\nContent-Type: x/y\n",
        "Content-Type: text/plain\n\n-- \nAnn\n--\nNote: x\n------\n\nContent: y\n",
    ],
)
def test_what_is_no_division(raw: str) -> None:
    """Delimiters of the message inside, those that a report quotes, and lines of dashes."""
    assert not {"multipart.undeclared", "body.divided"} & set(codes(parse(crlf(raw))))


@pytest.mark.parametrize(("more", "found"), [(-1, True), (0, True), (1, False)])
def test_how_far_an_undeclared_division_is_looked_for(more: int, found: bool) -> None:
    """The Content field below its first delimiter stands within so many octets."""
    head, tail = b"Content-Type: text/plain\r\n\r\n", b"\r\n--a\r\nContent-ID:"
    raw = head + b"x" * (DIVIDED_BYTES - len(tail) + more) + tail
    assert ("body.divided" in codes(parse(raw))) is found


@pytest.mark.parametrize(("places", "found"), [(MAX_LINES - 1, False), (MAX_LINES, True)])
def test_how_many_places_may_be_delimiters(places: int, found: bool) -> None:
    """More than are looked at might be one."""
    raw = b"Content-Type: x; boundary=a\r\n\r\nx" + b"x--a" * places
    assert ("multipart.undeclared" in codes(parse(raw))) is found


def test_the_boundary_of_a_multipart_around_it_is_noted() -> None:
    """The outer one divides; the inner one keeps nothing."""
    inner = "Content-Type: multipart/mixed; boundary=a\n\n--a\n\nx\n--a--\n"
    message = parse(crlf(f"Content-Type: multipart/mixed; boundary=a\n\n--a\n{inner}"))
    assert [defect.code for defect in message.parts[1].defects] == ["boundary.reused", "multipart.no_delimiter"]


def test_a_multipart_inside_without_delimiters_may_be_the_outer_ones() -> None:
    """A multipart with nothing around it is no more than malformed, unless a line looks like a delimiter."""
    inner = "Content-Type: multipart/mixed\n\n"
    message = parse(crlf(f"Content-Type: multipart/mixed; boundary=a\n\n--a\n{inner}--a\n\nx\n--a--\n"))
    assert codes(message) == ["multipart.no_boundary"]


def test_a_second_field_is_noted_where_it_stands() -> None:
    """The first Content-Type counts."""
    message = parse(b"Content-Type: text/html\r\nContent-Type: text/plain\r\n\r\n")
    assert message.root.content_type == "text/html"
    assert [(d.code, d.offset) for d in message.defects] == [("header.duplicate", 25)]


@pytest.mark.parametrize(("depth", "found"), [(MAX_DEPTH - 1, []), (MAX_DEPTH, []), (MAX_DEPTH + 1, ["limit.depth"])])
def test_the_limit_of_depth(depth: int, found: list[str]) -> None:
    """Past it the innermost is one closed part."""
    message = parse(b"Content-Type: message/rfc822\r\n\r\n" * (depth - 1) + b"\r\nx")
    assert codes(message) == found
    assert len(message.parts) == min(depth, MAX_DEPTH)


def test_a_very_deep_message_neither_recurses_nor_grows() -> None:
    """A hundred thousand levels are one defect."""
    message = parse(b"Content-Type: message/rfc822\r\n\r\n" * 100_000)
    assert (len(message.parts), codes(message)) == (MAX_DEPTH, ["limit.depth"])


@pytest.mark.parametrize(("parts", "found"), [(MAX_PARTS - 1, []), (MAX_PARTS, []), (MAX_PARTS + 1, ["limit.parts"])])
def test_the_limit_of_parts(parts: int, found: list[str]) -> None:
    """Past it the last part reaches to the end, so that no octet is lost."""
    raw = b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--a\r\n\r\nx\r\n" * (parts - 1) + b"--a--\r\n"
    message = parse(raw)
    assert (len(message.parts), codes(message)) == (min(parts, MAX_PARTS), found)
    if found:
        assert message.leaves[-1].end == len(raw)


def test_no_part_is_entered_once_the_limit_is_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A multipart or message behind it stays closed."""
    monkeypatch.setattr(parser, "MAX_PARTS", 2)
    message = parse(crlf("Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: message/rfc822\n\n\n--a--\n"))
    assert (len(message.parts), codes(message)) == (2, ["limit.parts"])


@pytest.mark.parametrize(
    ("lines", "found"),
    [(MAX_DELIMITERS - 1, []), (MAX_DELIMITERS, []), (MAX_DELIMITERS + 1, ["limit.delimiters"])],
)
def test_the_limit_of_lines_that_are_compared(lines: int, found: list[str]) -> None:
    """Text full of almost-delimiters costs no more than the limit."""
    raw = b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\n" + b"--ab\r\n" * (lines - 2) + b"--a--\r\n"
    message = parse(raw)
    assert codes(message) == ["boundary.prefix", *found]
    assert len(message.leaves) == 1
