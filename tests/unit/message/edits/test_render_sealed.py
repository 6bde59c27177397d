"""Law 4: what is inside signed or encrypted content is never edited; around it, and as a whole, it may be."""

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
from gateway.message.mime.parse import parse


def sealed(kind: str) -> bytes:
    """Return a mixed message: text, and a sealed part with a text and a nested message in it."""
    inner = (
        b"--s\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n"
        b"--i\r\nContent-Type: text/plain\r\n\r\nHello\r\n"
        b"--i\r\nContent-Type: message/rfc822\r\n\r\nSubject: Inner\r\n\r\nNested\r\n--i--\r\n"
        b"--s\r\nContent-Type: application/pgp-signature\r\n\r\nsig\r\n--s--\r\n"
    )
    return (
        b"Subject: Outer\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n"
        b"--o\r\nContent-Type: text/plain\r\n\r\nAround\r\n"
        b"--o\r\nContent-Type: " + kind.encode() + b"; boundary=s\r\n\r\n" + inner + b"--o--\r\n"
    )


SIGNED = sealed("multipart/signed")


@pytest.mark.parametrize(
    "edit",
    [
        InsertText("1.2.1.1", "end", "x", "x"),
        InsertText("1.2.1.2.1", "top", "x", "x"),
        RemoveText("1.2.1.1", 0, 1),
        ReplacePart("1.2.1.1", "x"),
        ReplacePart("1.2.1", "x"),
        RemovePart("1.2.1.2"),
        RemovePart("1.2.2"),
        RemoveHeader("Subject", at=SIGNED.index(b"Subject: Inner")),
        RenameHeader("Subject", "X-Subject", at=SIGNED.index(b"Subject: Inner")),
    ],
    ids=lambda edit: f"{type(edit).__name__}-{getattr(edit, 'part', '')}",
)
@pytest.mark.parametrize("kind", ["multipart/signed", "multipart/encrypted", "Multipart/Signed"])
def test_nothing_inside_is_edited(edit: Edit, kind: str) -> None:
    """At any depth, by any edit; the refusal names the edit and the seal."""
    raw = sealed(kind)
    at = getattr(edit, "at", None)
    if at is not None:
        edit = type(edit)(**{**_values(edit), "at": raw.index(b"Subject: Inner")})
    with pytest.raises(EditInsideSealed, match=kind.lower()) as refused:
        render(parse(raw), [edit])
    assert refused.value.edit == edit


def _values(edit: Edit) -> dict[str, object]:
    return {name: getattr(edit, name) for name in edit.__slots__}


@pytest.mark.parametrize(
    "edit",
    [
        AddHeader("X-Note", "1"),
        SetSubject("New"),
        InsertText("1.1", "end", "Disclaimer", ""),
        ReplacePart("1.2", "The signed part was removed."),
        RemovePart("1.2"),
        Wrap("Disclaimer", ""),
    ],
    ids=lambda edit: type(edit).__name__,
)
def test_what_is_around_may_be_edited(edit: Edit) -> None:
    """The sealed part goes as a whole, or stays octet for octet."""
    amended = render(parse(SIGNED), [edit])
    seal = SIGNED[SIGNED.index(b"--s\r\n") : SIGNED.index(b"--s--")]
    assert (seal in amended) is (getattr(edit, "part", "") != "1.2")


@pytest.mark.parametrize("kind", ["application/pkcs7-mime", "application/x-pkcs7-mime"])
def test_an_encrypted_part_goes_as_a_whole_or_stays(kind: str) -> None:
    """S/MIME has nothing that could be edited in it."""
    raw = b"Content-Type: " + kind.encode() + b"; smime-type=enveloped-data\r\n\r\nMIAG\r\n"
    message = parse(raw)
    assert render(message, [AddHeader("X-Note", "1")]).endswith(raw)
    assert b"removed" in render(message, [ReplacePart("1", "removed")])
    with pytest.raises(ValueError, match="not text"):
        render(message, [InsertText("1", "end", "x", "x")])
