"""Signed and encrypted content: nothing inside is edited, the whole may go."""

from __future__ import annotations

import pytest

from gateway.message.edits import (
    AddHeader,
    Edit,
    EditInsideSealed,
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
from gateway.message.parse import parse

SIGNED = (
    b"Subject: s\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n"
    b"Content-Type: multipart/signed; boundary=s\r\n\r\n--s\r\nX-A: 1\r\n\r\ntext\r\n"
    b"--s\r\nContent-Type: application/pgp-signature\r\n\r\nsig\r\n--s--\r\n\r\n--m\r\n\r\nopen\r\n--m--\r\n"
)
AT = SIGNED.index(b"X-A")


@pytest.mark.parametrize(
    "edit",
    [
        InsertText("1.1.1", "end", "x", "x"),
        RemoveText("1.1.1", 0, 1),
        ReplacePart("1.1.1", "x"),
        RemovePart("1.1.2"),
        RemoveHeader("X-A", AT),
        RenameHeader("X-A", "X-B", AT),
    ],
    ids=lambda edit: type(edit).__name__,
)
@pytest.mark.parametrize("kind", [b"signed", b"encrypted"])
def test_nothing_inside_is_edited(edit: Edit, kind: bytes) -> None:
    """The error names the edit and what holds it."""
    shift = len(kind) - len(b"signed")
    if isinstance(edit, RemoveHeader):
        edit = RemoveHeader("X-A", AT + shift)
    elif isinstance(edit, RenameHeader):
        edit = RenameHeader("X-A", "X-B", AT + shift)
    with pytest.raises(EditInsideSealed, match=f"inside multipart/{kind.decode()}") as refused:
        render(parse(SIGNED.replace(b"multipart/signed", b"multipart/" + kind)), [edit])
    assert refused.value.edit == edit


@pytest.mark.parametrize(
    "edit",
    [
        AddHeader("X", "y"),
        SetSubject("t"),
        InsertText("1.2", "end", "x", "x"),
        ReplacePart("1.1", "gone"),
        RemovePart("1.1"),
        Wrap("w", ""),
    ],
    ids=lambda edit: type(edit).__name__,
)
def test_what_is_around_can_be_edited(edit: Edit) -> None:
    """Fields of the message, other parts, the sealed part as a whole; what stays sealed is the same octets."""
    octets = render(parse(SIGNED), [edit])
    assert octets != SIGNED
    sealed = SIGNED[SIGNED.index(b"--s\r\n") : SIGNED.index(b"--s--")]
    assert (sealed in octets) is not isinstance(edit, ReplacePart | RemovePart)
