"""A text part before all that a message holds: put into its multipart/mixed, or one is put around it."""

from __future__ import annotations

import pytest

from gateway.message.edits import (
    AddHeader,
    AddText,
    Edit,
    EditConflict,
    RemovePart,
    ReplacePart,
    SetSubject,
    Wrap,
    render,
)
from gateway.message.mime.parse import parse
from gateway.message.model import Message

FIELDS = b"Subject: s\r\nMIME-Version: 1.0\r\n"
PDF = b"Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0=\r\n"
MIXED = (
    b"Content-Type: multipart/mixed;\r\n boundary=b\r\n\r\npreamble\r\n--b \r\n"
    + PDF
    + b"--b\r\n"
    + PDF
    + b"--b--\r\nend"
)
RELATED = b"Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\n" + PDF + b"--b--\r\n"


def amended(raw: bytes, *edits: Edit) -> Message:
    octets = render(parse(raw), edits)
    assert b"\n" not in octets.replace(b"\r\n", b"")
    return parse(octets)


def shape(message: Message) -> list[tuple[str, str]]:
    return [(part.path, part.content_type) for part in message.parts]


def test_into_a_mixed_message() -> None:
    """The text is the first part, behind the delimiter as written; every other octet stays."""
    raw = FIELDS + MIXED
    found = render(parse(raw), [AddText("Hello")])
    new = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\nHello\r\n\r\n--b \r\n"
    assert found.count(new) == 1
    assert found.replace(new, b"") == raw
    assert shape(parse(found))[1:] == [("1.1", "text/plain"), ("1.2", "application/pdf"), ("1.3", "application/pdf")]


@pytest.mark.parametrize("body", [PDF, RELATED])
def test_around_anything_else(body: bytes) -> None:
    """Its content fields move into the part that it becomes; its body and the other fields stay where they are."""
    found = amended(FIELDS + body, AddText("Hello"))
    inner = parse(FIELDS + body).root
    assert [one.content_type for one in found.root.children] == ["text/plain", inner.content_type]
    last = found.root.children[1]
    assert found.raw[last.header_start : last.end].rstrip(b"\r\n") == body.rstrip(b"\r\n")
    assert found.raw.startswith(FIELDS + b"Content-Type: multipart/mixed;")
    assert not found.defects


def test_eight_bit_content_is_declared_around_it() -> None:
    """RFC 2045 6.4: a multipart's encoding covers what is in it."""
    raw = FIELDS + b"Content-Type: image/svg+xml\r\nContent-Transfer-Encoding: 8bit\r\n\r\n<a>\xc3\xa9</a>\r\n"
    found = amended(raw, AddText("Hello"))
    assert (found.root.encoding, found.root.children[1].encoding) == ("8bit", "8bit")


@pytest.mark.parametrize(
    "raw", [b"Subject: s\r\nContent-Type: image/png\r\n", b"Subject: s\r\nContent-Type: image/png"]
)
def test_a_message_of_fields_alone(raw: bytes) -> None:
    """Gets a body."""
    found = amended(raw, AddText("Hello"))
    assert shape(found)[1:] == [("1.1", "text/plain"), ("1.2", "image/png")]


def test_a_message_that_declares_nothing() -> None:
    """The part that the message becomes declares the defaults."""
    found = amended(b"Subject: s\r\nContent-Disposition: attachment\r\n\r\nfile\r\n", AddText("Hello"))
    first, second = found.root.children
    assert (first.text, second.disposition, second.text) == ("Hello\r\n", "attachment", "file\r\n")
    assert found.header("mime-version") == "1.0"


def test_together_with_other_edits() -> None:
    """Other edits are those of fields, and of parts inside."""
    found = amended(
        FIELDS + RELATED, SetSubject("t"), AddHeader("X-A", "b"), ReplacePart("1.1", "gone"), AddText("Hello")
    )
    assert (found.subject, found.header("x-a")) == ("t", "b")
    assert [one.text for one in found.leaves] == ["Hello\r\n", "gone\r\n"]
    found = amended(FIELDS + MIXED, RemovePart("1.1"), AddText("Hello"))
    assert [one.content_type for one in found.root.children] == ["text/plain", "application/pdf"]


def test_several_texts_in_order() -> None:
    """The texts are one part."""
    found = amended(FIELDS + PDF, AddText("A\n"), AddText("B"))
    assert found.leaves[0].text == "A\r\n\r\nB\r\n"


@pytest.mark.parametrize(("edit", "rest"), [(ReplacePart("1", "gone"), "\r\ngone\r\n"), (RemovePart("1"), "")])
def test_a_message_that_is_replaced(edit: Edit, rest: str) -> None:
    """Its replacement begins with the text."""
    found = amended(FIELDS + PDF, edit, AddText("Hello"))
    assert found.root.text == "Hello\r\n" + rest


def test_a_wrapped_message_stays_untouched() -> None:
    """Both can't be had."""
    with pytest.raises(EditConflict):
        render(parse(FIELDS + PDF), [Wrap("t", ""), AddText("Hello")])


def test_an_empty_text_changes_nothing() -> None:
    """No octet."""
    assert render(parse(FIELDS + PDF), [AddText("")]) == FIELDS + PDF
