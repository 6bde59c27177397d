"""The views of a message: values, lookups, names, decoded bodies and text."""

from __future__ import annotations

import dataclasses

import pytest

from gateway.message.mime.parse import parse
from gateway.message.model import Message
from gateway.message.part import Part


def root(*fields: str, body: bytes = b"") -> Part:
    return parse("\r\n".join([*fields, "", ""]).encode("utf-8") + body).root


def test_lookups_take_any_case_and_give_the_first_or_all() -> None:
    """A name that isn't there gives None or nothing."""
    message = parse(b"X-A: 1\r\nx-a: 2\r\nSubject:  hello \r\nMessage-ID: <a@b>\r\n\r\n")
    assert message.header("X-a") == "1"
    assert message.all("x-A") == ("1", "2")
    assert (message.header("b"), message.all("b")) == (None, ())
    assert (message.subject, message.message_id) == ("hello", "<a@b>")
    assert [h.name for h in message.headers] == ["X-A", "x-a", "Subject", "Message-ID"]


def test_a_message_without_fields_has_an_empty_subject() -> None:
    """And an empty Message-ID."""
    assert (parse(b"").subject, parse(b"").message_id) == ("", "")


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"plain", "plain"),
        (b"one\r\n two\r\n\tthree", "one two\tthree"),
        ("gr\u00fcn".encode(), "gr\u00fcn"),
        (b"gr\xfcn", "gr\u00fcn"),
        (b"=?utf-8?Q?gr=C3=BCn?= x", "gr\u00fcn x"),
        (b"\0\x1b[31m", "\0\x1b[31m"),
        (b"", ""),
    ],
)
def test_values_are_read_as_a_person_reads_them(raw: bytes, value: str) -> None:
    """Unfolded, decoded, blanks around them gone; 8-bit is UTF-8, else latin-1."""
    assert parse(b"Subject: " + raw + b"\r\n\r\n").subject == value


def test_parameters_of_any_field() -> None:
    """A header gives its parameters; a part those of its Content-Type."""
    part = root("Content-Type: text/plain; Charset=UTF-8; FORMAT=flowed", "X-Y: z; a=b")
    assert (part.params, part.charset) == ({"charset": "UTF-8", "format": "flowed"}, "UTF-8")
    assert part.fields("x-y")[0].params == {"a": "b"}
    assert (root().params, root().charset) == ({}, None)


@pytest.mark.parametrize(
    ("field", "disposition"),
    [
        ("Attachment; filename=x", "attachment"),
        ("inline", "inline"),
        ('attachment filename="x"', "attachment"),
        ("", ""),
    ],
)
def test_the_disposition(field: str, disposition: str) -> None:
    """Its token in lower case, "" without one."""
    assert root(f"Content-Disposition: {field}").disposition == disposition
    assert root().disposition == ""


def test_names_come_from_every_field_that_carries_one() -> None:
    """Names that disagree are all there, in order, each once."""
    part = root(
        "Content-Type: application/x; name=\"c.txt\"; name*=utf-8''d%2Etxt",
        'Content-Disposition: attachment; filename="a.txt"; filename*=utf-8\'\'b.exe; filename="a.txt"',
        "Content-Disposition: inline; filename=e.txt",
        "Content-Description: not asked",
    )
    assert part.names == ("b.exe", "a.txt", "e.txt", "d.txt", "c.txt")


def test_description_and_location_name_a_part_without_other_names() -> None:
    """But not a multipart."""
    fields = ("Content-Description: a.exe", "Content-Location: http://x.test/dir/b.exe?c=d")
    assert root(*fields).names == ("a.exe", "b.exe")
    assert root("Content-Type: multipart/mixed", *fields).names == ()


@pytest.mark.parametrize(
    ("encoding", "body", "decoded"),
    [
        ("7bit", b"a=41\r\n", b"a=41\r\n"),
        ("8BIT", b"\xff", b"\xff"),
        ("binary", b"\0\r", b"\0\r"),
        ("base64", b"aGVs\r\nbG8=\r\n", b"hello"),
        ("Quoted-Printable", b"a=41=\r\nb\r\n", b"aAb\r\n"),
        ("x-uuencode", b"begin 644 x\r\n%:&5L;&\\ \r\n \r\nend\r\n", b"hello"),
        ("x-other", b"abc", b"abc"),
    ],
)
def test_bodies_are_decoded(encoding: str, body: bytes, decoded: bytes) -> None:
    """The Content-Transfer-Encoding counts, in any case."""
    part = root(f"Content-Transfer-Encoding: {encoding}", body=body)
    assert (part.body, part.decoded) == (body, decoded)


def test_a_part_with_children_is_not_decoded() -> None:
    """Its body is what its children are made of."""
    raw = b"Content-Type: multipart/mixed; boundary=a\r\nContent-Transfer-Encoding: base64\r\n\r\n--a\r\n\r\nx\r\n--a--"
    assert parse(raw).root.decoded == parse(raw).root.body


def test_text_is_decoded_by_its_charset() -> None:
    """A wrong or missing charset still gives text."""
    assert root("Content-Type: text/plain; charset=koi8-r", body=b"\xc1").text == "\u0430"
    assert root(body="\u00fc".encode()).text == "\u00fc"
    assert root(body=b"\xfc").text == "\u00fc"


def test_views_are_decoded_once() -> None:
    """Asking again gives the same object."""
    part = root("Content-Transfer-Encoding: base64", body=b"aGVsbG8=")
    assert part.decoded is part.decoded
    assert part.text is part.text


def test_defects_of_a_binary_part_are_not_about_its_charset() -> None:
    """Only text has one."""
    assert root("Content-Type: application/x; charset=nonsense", body=b"\xff").defects == ()


@pytest.mark.parametrize(("count", "found"), [(99, []), (100, []), (101, ["limit.params"])])
@pytest.mark.parametrize("field", ["Content-Type: a/b", "Content-Disposition: c"])
def test_the_limit_of_parameters_is_a_defect(field: str, count: int, found: list[str]) -> None:
    """Past a hundred the rest stays unread."""
    part = root(field + "".join(f";p{number}=x" for number in range(count)))
    assert [defect.code for defect in part.defects] == found


def test_the_map_is_frozen() -> None:
    """Nobody changes a message, a part or a field."""
    message = parse(b"A: b\r\n\r\n")
    for owner, name in ((message, "raw"), (message.root, "path"), (message.headers[0], "name")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(owner, name, b"")


def test_messages_are_compared_by_identity() -> None:
    """Two readings of the same octets are two messages, cheap to keep in sets."""
    assert parse(b"") != parse(b"")
    assert isinstance(hash(parse(b"")), int)
    assert isinstance(parse(b""), Message)
