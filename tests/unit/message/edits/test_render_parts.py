"""Parts replaced and removed, messages wrapped, and edits that meet in them."""

from __future__ import annotations

import pytest

from gateway.message.edits import (
    AddHeader,
    Edit,
    EditConflict,
    InsertText,
    RemoveHeader,
    RemovePart,
    RemoveText,
    RenameHeader,
    ReplacePart,
    SetSubject,
    Wrap,
    render,
)
from gateway.message.mime.parse import parse

MIXED = (
    b"Subject: s\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=foo\r\n\r\npreamble\r\n"
    b"--foo\r\n\r\none\r\n"
    b"--foo\r\nContent-Type: application/x; name=evil.exe\r\n\r\ntwo\r\n"
    b"--foo\r\n\r\nthree\r\n--foo--\r\nepilogue\r\n"
)
NESTED = (
    b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: message/rfc822\r\n\r\n"
    b"Subject: in\r\nContent-Type: text/html\r\nContent-Language: en\r\n\r\n<p>in</p>\r\n--a\r\n\r\nout\r\n--a--\r\n"
)


def bodies(raw: bytes, *edits: Edit) -> list[str]:
    message = parse(render(parse(raw), edits))
    assert message.defects == ()
    return [part.text for part in message.leaves]


def test_a_part_becomes_text() -> None:
    """The text has a file name if one is given; every octet around it stays."""
    octets = render(parse(MIXED), [ReplacePart("1.2", "taken \u00fcber", "n\u00fc.txt")])
    part = parse(octets).part("1.2")
    assert part is not None
    assert (part.content_type, part.charset, part.disposition) == ("text/plain", "utf-8", "inline")
    assert (part.names, part.text) == (("n\u00fc.txt",), "taken \u00fcber\r\n")
    before, _, behind = MIXED.partition(b"Content-Type: application/x; name=evil.exe\r\n\r\ntwo")
    assert octets.startswith(before)
    assert octets.endswith(behind)


def test_a_part_without_a_new_name_has_none() -> None:
    """Nor a Content-Disposition."""
    part = parse(render(parse(MIXED), [ReplacePart("1.2", "x")])).part("1.2")
    assert part is not None
    assert (part.names, part.disposition) == ((), "")


def test_a_message_keeps_its_fields_when_its_content_is_replaced() -> None:
    """All but those that describe the content."""
    raw = b"Subject: s\r\nContent-Type: application/x; name=e.exe\r\nX: y\r\nContent-ID: <1>\r\n\r\nMZ"
    message = parse(render(parse(raw), [ReplacePart("1", "gone", "e.txt")]))
    assert [header.name for header in message.headers] == [
        "Subject",
        "X",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
        "Content-Disposition",
    ]
    assert (message.root.text, message.root.names) == ("gone\r\n", ("e.txt",))


def test_a_message_inside_keeps_its_fields_too() -> None:
    """It is still a message."""
    message = parse(render(parse(NESTED), [ReplacePart("1.1.1", "gone")]))
    inner = message.part("1.1.1")
    assert inner is not None
    assert (inner.header("subject"), inner.header("content-language"), inner.text) == ("in", None, "gone\r\n")
    assert [part.text for part in message.leaves] == ["gone\r\n", "out"]


def test_a_replacement_can_not_end_its_part() -> None:
    """A delimiter in it is hidden in base64."""
    assert bodies(MIXED, ReplacePart("1.2", "x\n--foo--\n")) == ["one", "x\r\n--foo--\r\n", "three"]


@pytest.mark.parametrize(
    ("gone", "left"),
    [
        (["1.1"], ["two", "three"]),
        (["1.2"], ["one", "three"]),
        (["1.3"], ["one", "two"]),
        (["1.1", "1.2"], ["three"]),
        (["1.2", "1.3"], ["one"]),
        (["1.1", "1.3"], ["two"]),
        (["1.2", "1.2"], ["one", "three"]),
        (["1.1", "1.2", "1.3"], [""]),
    ],
)
def test_parts_are_removed_with_their_delimiters(gone: list[str], left: list[str]) -> None:
    """The rest of the multipart is whole; one without parts gets an empty text."""
    edits = [RemovePart(path) for path in gone]
    assert bodies(MIXED, *edits) == left
    assert bodies(MIXED, *reversed(edits)) == left


def test_a_removed_message_becomes_empty() -> None:
    """The outermost, and one inside, can't go without what holds them."""
    assert bodies(MIXED, RemovePart("1")) == [""]
    assert parse(render(parse(MIXED), [RemovePart("1")])).subject == "s"
    assert bodies(NESTED, RemovePart("1.1.1")) == ["", "out"]
    assert bodies(NESTED, RemovePart("1.1")) == ["out"]


def test_a_part_inside_one_that_goes_goes_with_it() -> None:
    """Two removals never conflict."""
    assert bodies(NESTED, RemovePart("1.1.1"), RemovePart("1.1")) == ["out"]


def test_neighbours_are_edited_independently() -> None:
    """One rendering does all edits, in any order."""
    edits: list[Edit] = [
        RemovePart("1.2"),
        InsertText("1.3", "end", "\u00fc", ""),
        ReplacePart("1.1", "new"),
        SetSubject("t"),
        AddHeader("X", "y"),
    ]
    assert bodies(MIXED, *edits) == ["new\r\n", "three\r\n\u00fc\r\n"]
    assert render(parse(MIXED), edits) == render(parse(MIXED), edits[::-1])


@pytest.mark.parametrize(
    "edits",
    [
        (ReplacePart("1.2", "a"), ReplacePart("1.2", "b")),
        (ReplacePart("1.2", "a"), ReplacePart("1.2", "a")),
        (ReplacePart("1.2", "a"), RemovePart("1.2")),
        (ReplacePart("1.1", "a"), InsertText("1.1", "top", "x", "")),
        (RemovePart("1.1"), RemoveText("1.1", 0, 1)),
        (ReplacePart("1", "a"), InsertText("1.1", "top", "x", "")),
        (ReplacePart("1", "a"), ReplacePart("1.1", "b")),
        (ReplacePart("1", "a"), RemovePart("1.1")),
        (RemovePart("1"), ReplacePart("1.1", "b")),
        (ReplacePart("1", "a"), RenameHeader("Content-Type", "X-CT")),
        (Wrap("a", ""), ReplacePart("1.1", "b")),
        (Wrap("a", ""), RemovePart("1.1")),
        (Wrap("a", ""), InsertText("1.1", "top", "x", "")),
        (Wrap("a", ""), RemoveHeader("Content-Type", MIXED.index(b"Content-Type: application"))),
    ],
)
def test_edits_that_can_not_be_combined(edits: tuple[Edit, Edit]) -> None:
    """Are a conflict that names both, whichever comes first."""
    for order in (edits, edits[::-1]):
        with pytest.raises(EditConflict) as conflict:
            render(parse(MIXED), order)
        assert {conflict.value.first, conflict.value.second} == set(edits)


def test_a_wrapped_message_is_whole() -> None:
    """Octet for octet, in a message/rfc822 part behind the text; the outer message has its fields."""
    message = parse(render(parse(MIXED), [Wrap("read \u00fc", "<p>\u00fc</p>")]))
    assert [part.content_type for part in message.parts[:6]] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "message/rfc822",
        "multipart/mixed",
    ]
    assert message.subject == "s"
    assert message.defects == ()
    original = message.part("1.2")
    assert original is not None
    assert original.body == MIXED
    assert [part.text for part in message.leaves[:2]] == ["read \u00fc\r\n", "<p>\u00fc</p>\r\n"]


def test_a_wrap_without_html_is_plain() -> None:
    """Two wraps share one envelope, in order."""
    message = parse(render(parse(MIXED), [Wrap("one", ""), Wrap("two", "")]))
    assert message.leaves[0].text == "one\r\ntwo\r\n"
    assert [part.content_type for part in message.root.children] == ["text/plain", "message/rfc822"]


def test_field_edits_go_to_the_outer_message() -> None:
    """The original inside keeps its own."""
    edits = [Wrap("a", ""), AddHeader("X", "y"), SetSubject("t"), RenameHeader("Content-Type", "X-CT")]
    message = parse(render(parse(MIXED), edits))
    inner = message.part("1.2.1")
    assert inner is not None
    assert (message.headers[0].name, message.subject, inner.header("subject")) == ("X", "t", "s")


@pytest.mark.parametrize("raw", [b"", b"A: 1", b" A: 1\r\nB: 2", b"text at once", b"\r\n\xff"])
def test_anything_can_be_wrapped(raw: bytes) -> None:
    """A final line break is not needed, and hostile first lines stay inside."""
    message = parse(render(parse(raw), [Wrap("w", "")]))
    original = message.part("1.2")
    assert original is not None
    assert (original.body, message.leaves[0].text) == (raw, "w\r\n")


def test_the_same_message_is_wrapped_in_the_same_octets() -> None:
    """A retry gives the same; a boundary that the original holds is not used."""
    once = render(parse(MIXED), [Wrap("w", "")])
    assert render(parse(MIXED), [Wrap("w", "")]) == once
    twice = parse(render(parse(once), [Wrap("w", "")]))
    original = twice.part("1.2")
    assert original is not None
    assert original.body == once


def test_headers_hostile_and_cut_off_are_replaced_whole() -> None:
    """A last field without line break gets one, unless it goes itself."""
    assert parse(render(parse(b"A: 1"), [ReplacePart("1", "x")])).header("a") == "1"
    assert parse(render(parse(b"A: 1\r\nContent-Type: a/b"), [ReplacePart("1", "x")])).root.text == "x\r\n"
