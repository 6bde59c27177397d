"""Edits of header fields, on octets."""

from __future__ import annotations

import pytest

from gateway.message.edits import (
    AddHeader,
    Edit,
    EditConflict,
    RemoveHeader,
    RemovePart,
    RenameHeader,
    ReplacePart,
    SetSubject,
    render,
)
from gateway.message.mime.parse import parse

RAW = b"Received: x\r\nSubject: old\r\n folded\r\nX-A: 1\r\nx-a : 2\r\n\r\nbody\r\n"


def rendered(raw: bytes, *edits: Edit) -> bytes:
    return render(parse(raw), edits)


def test_no_edits_give_the_very_octets() -> None:
    """Not even a copy."""
    message = parse(RAW)
    assert render(message, ()) is message.raw


def test_a_new_field_becomes_the_first_line() -> None:
    """And the next one stands above it."""
    assert rendered(RAW, AddHeader("X-B", "1"), AddHeader("X-C", "2")) == b"X-C: 2\r\nX-B: 1\r\n" + RAW


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", b"X: y\r\n\r\n"),
        (b"\r\nbody", b"X: y\r\n\r\nbody"),
        (b"text at once\r\n", b"X: y\r\n\r\ntext at once\r\n"),
        (b" text: behind a blank\r\n", b"X: y\r\n\r\n text: behind a blank\r\n"),
        (b" text: behind a blank", b"X: y\r\n\r\n text: behind a blank"),
        (b" a fold: of no field\r\nA: 1\r\n\r\n", b" a fold: of no field\r\nA: 1\r\nX: y\r\n\r\n"),
        (b" blank and text\r\n", b"X: y\r\n\r\n blank and text\r\n"),
        (b"A: 1", b"X: y\r\nA: 1"),
    ],
)
def test_a_new_field_swallows_no_line(raw: bytes, expected: bytes) -> None:
    """Whatever the message starts with, it is still there, and the new field is what was asked for."""
    assert rendered(raw, AddHeader("X", "y")) == expected
    assert parse(expected).header("x") == "y"


def test_all_fields_of_a_name_are_removed() -> None:
    """Fields are removed in any case, blanks before the colon or not; an absent name changes nothing."""
    assert rendered(RAW, RemoveHeader("X-a")) == b"Received: x\r\nSubject: old\r\n folded\r\n\r\nbody\r\n"
    assert rendered(RAW, RemoveHeader("Nothing")) == RAW


def test_one_field_is_removed_by_its_offset() -> None:
    """The others of its name stay."""
    at = RAW.index(b"x-a")
    assert rendered(RAW, RemoveHeader("X-A", at)) == RAW.replace(b"x-a : 2\r\n", b"")


@pytest.mark.parametrize(("name", "at"), [("X-A", 3), ("X-A", 0), ("X-A", 10_000)])
def test_an_offset_where_no_such_field_starts_is_an_error(name: str, at: int) -> None:
    """The edit was made for another message."""
    with pytest.raises(ValueError, match="no field"):
        rendered(RAW, RemoveHeader(name, at))


def test_fields_are_renamed_and_keep_their_values() -> None:
    """Octet for octet, folds included."""
    assert rendered(RAW, RenameHeader("subject", "X-Old")) == RAW.replace(b"Subject:", b"X-Old:")
    assert rendered(RAW, RenameHeader("x-a", "X-B", RAW.index(b"x-a"))) == RAW.replace(b"x-a :", b"X-B:")


def test_a_field_of_a_part_is_reached_by_its_offset() -> None:
    """A name alone reaches only the message's own fields."""
    raw = b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nX-A: 1\r\n\r\nx\r\n--a--\r\n"
    assert rendered(raw, RemoveHeader("X-A")) == raw
    assert rendered(raw, RemoveHeader("X-A", raw.index(b"X-A"))) == raw.replace(b"X-A: 1\r\n", b"")


def test_the_subject_is_set() -> None:
    """The subject stays in its place, folded where it must be; further ones are removed."""
    assert rendered(RAW, SetSubject("[x] n\u00fc")) == RAW.replace(b"old\r\n folded", b"[x] =?utf-8?q?n=C3=BC?=")
    assert rendered(b"Subject: 1\r\nA: b\r\nSUBJECT: 2\r\n\r\n", SetSubject("3")) == b"Subject: 3\r\nA: b\r\n\r\n"
    assert rendered(b"A: b\r\n\r\nx", SetSubject("3")) == b"Subject: 3\r\nA: b\r\n\r\nx"


def test_a_subject_can_not_inject_a_field() -> None:
    """Line breaks become blanks."""
    assert parse(rendered(RAW, SetSubject("a\r\nBcc: x\r\n\r\nbody"))).subject == "a Bcc: x body"


@pytest.mark.parametrize(
    "edits",
    [
        (SetSubject("1"), SetSubject("2")),
        (SetSubject("1"), RemoveHeader("Subject")),
        (RenameHeader("Subject", "X-S"), SetSubject("1")),
        (RenameHeader("X-A", "X-B"), RenameHeader("X-A", "X-C")),
        (RemoveHeader("X-A"), RenameHeader("X-A", "X-C")),
    ],
)
def test_edits_that_want_different_things_of_a_field(edits: tuple[Edit, ...]) -> None:
    """Are a conflict that names both, in any order."""
    for order in (edits, edits[::-1]):
        with pytest.raises(EditConflict) as conflict:
            rendered(RAW, *order)
        assert {conflict.value.first, conflict.value.second} == set(edits)


def test_two_new_subjects_where_there_was_none() -> None:
    """Are a conflict too."""
    with pytest.raises(EditConflict):
        rendered(b"A: b\r\n\r\n", SetSubject("1"), SetSubject("2"))


@pytest.mark.parametrize(
    "edit", [SetSubject("1"), RemoveHeader("X-A"), RenameHeader("X-A", "X-B")], ids=lambda edit: type(edit).__name__
)
def test_the_same_wish_twice_is_one(edit: Edit) -> None:
    """Two filters that agree don't conflict."""
    assert rendered(RAW, edit, edit) == rendered(RAW, edit)
    assert rendered(b"A: b\r\n\r\n", SetSubject("1"), SetSubject("1")) == rendered(b"A: b\r\n\r\n", SetSubject("1"))


@pytest.mark.parametrize("whole", [ReplacePart("1.1", "x"), RemovePart("1.1")], ids=lambda edit: type(edit).__name__)
def test_a_field_of_a_part_that_goes_can_not_be_edited(whole: Edit) -> None:
    """It is a conflict."""
    raw = b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nX-A: 1\r\n\r\nx\r\n--a\r\n\r\ny\r\n--a--\r\n"
    with pytest.raises(EditConflict):
        rendered(raw, whole, RemoveHeader("X-A", raw.index(b"X-A")))
