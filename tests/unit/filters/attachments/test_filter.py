"""The filter `attachments`: names and types of parts, and the findings that they make."""

from __future__ import annotations

import pytest

from filters.attachments.evidence import QUOTED_CHARACTERS, printable
from gateway.message.edits import ReplacePart, render
from gateway.message.mime.parse import parse
from tests.support.builders.attachments import PDF, PROGRAM, TEXT, check, codes, multipart, named, part

SHORTCUT = bytes.fromhex("4c0000000114020000000000c000000000000046") + bytes(56)
ELF = b"\x7fELF\2\1\1" + bytes(9) + b"\2\0\x3e\0" + bytes(60)


# --- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (b"setup.exe", "attachment.executable"),
        (b"SETUP.EXE ", "attachment.executable"),
        (b"evil.exe. . .", "attachment.executable"),
        ("evil.exe\N{NO-BREAK SPACE}".encode(), "attachment.executable"),
        ("evil.exe\N{IDEOGRAPHIC SPACE}".encode(), "attachment.executable"),
        (b"invoice.pdf.exe", "attachment.executable"),
        (b"invoice.pdf" + b" " * 120 + b".exe", "attachment.executable"),
        (b".exe", "attachment.executable"),
        (b"=?utf-8?B?ZXZpbC5leGU=?=", "attachment.executable"),
        (b"C:\\\\x\\\\evil.exe", "attachment.executable"),
        (b"../../evil.scr", "attachment.executable"),
        (b"installer.msi", "attachment.executable"),
        (b"App.appimage", "attachment.executable"),
        (b"run.ps1", "attachment.script"),
        (b"a.js", "attachment.script"),
        (b"a.command", "attachment.script"),
        (b"a.hta", "attachment.script"),
        (b"doc.lnk", "attachment.shortcut"),
        (b"a.fileloc", "attachment.shortcut"),
        (b"a.settingcontent-ms", "attachment.shortcut"),
        (b"disk.iso", "attachment.disk_image"),
        (b"disk.VHDX", "attachment.disk_image"),
        (b"book.xlsm", "attachment.macro"),
        (b"song.mp3", "attachment.music"),
        (b"film.mkv", "attachment.video"),
        (b"a.pdf", None),
        (b"exe", None),
        (b"a.exe.txt", None),
        (b"setup.exe-instructions.docx", None),
        (b"evil.{ECF03A32-103D-11D2-854D-006008059367}", "attachment.executable"),
        ("evil.\uff45\uff58\uff45".encode(), "attachment.executable"),
        (b"evil%2Eexe", "attachment.executable"),
        (b"evil.exe::$DATA", "attachment.executable"),
        (b"Your order at example.com: thank you.eml", None),
        (b"exe.", None),
        (b"..", None),
        (b"", None),
    ],
)
async def test_names(name: bytes, expected: str | None) -> None:
    """The end of the name decides, in any case, without trailing blanks and dots; harmless octets don't help."""
    assert codes(await check(multipart(TEXT, named(name)))) == ([expected] if expected else [])


@pytest.mark.parametrize(
    "fields",
    [
        b"Content-Type: application/octet-stream; name=evil.exe",
        b"Content-Type: text/plain; name=evil.exe",
        b"Content-Type: application/pdf; name=safe.pdf\r\nContent-Disposition: attachment; filename=evil.exe",
        b"Content-Type: application/pdf; name=evil.exe\r\nContent-Disposition: attachment; filename=safe.pdf",
        b"Content-Disposition: attachment; filename=safe.txt; filename*=UTF-8''evil.exe",
        b"Content-Disposition: attachment; filename*0*=UTF-8''ev%69; filename*1=l.e; filename*2=xe",
        b"Content-Disposition: attachment; filename=safe.txt; filename=evil.exe",
        b"Content-Disposition: inline; filename=evil.exe",
        b"Content-Disposition: inline\r\nContent-Disposition: attachment; filename=evil.exe",
        b"Content-Type: image/png\r\nContent-Description: evil.exe",
        b"Content-Type: application/pdf\r\nContent-ID: <evil.exe>",
    ],
)
async def test_any_field_can_carry_the_name(fields: bytes) -> None:
    """Every name source counts, whatever the others say, and the disposition never matters."""
    assert codes(await check(multipart(TEXT, part(fields, b"hello")))) == ["attachment.executable"]


async def test_single_part_message() -> None:
    """The message itself may be the attachment."""
    assert [(f.code, f.part) for f in await check(named(b"evil.exe"))] == [("attachment.executable", "1")]


async def test_name_of_a_multipart() -> None:
    """A name on a multipart counts as well."""
    inner = b"Content-Type: multipart/mixed; boundary=i; name=evil.exe\r\n\r\n--i\r\n\r\nhi\r\n--i--"
    assert codes(await check(multipart(TEXT, inner))) == ["attachment.executable"]


async def test_nested_message() -> None:
    """An attachment of an attached message is an attachment."""
    inner = b"Content-Type: message/rfc822\r\n\r\n" + multipart(TEXT, named(b"evil.exe")).replace(b"--q", b"--inner")
    inner = inner.replace(b"boundary=q", b"boundary=inner")
    findings = await check(multipart(TEXT, inner))
    assert [(f.code, f.part) for f in findings] == [("attachment.executable", "1.2.1.2")]


# --- types -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (named(b"photo.jpg", PROGRAM), "attachment.executable"),
        (named(b"photo.jpg", b"MZ" + bytes(200)), "attachment.executable"),
        (named(b"invoice", PROGRAM), "attachment.executable"),
        (part(b"Content-Type: image/png", PROGRAM), "attachment.executable"),
        (part(b"Content-Type: text/plain", PROGRAM), "attachment.executable"),
        (part(b"Content-Type: text/plain; name=a.txt", PROGRAM), "attachment.executable"),
        (part(b"Content-Type: application/x-uuencoded", ELF), "attachment.executable"),
        (named(b"readme.txt", b"#!/bin/sh\necho hi\n"), "attachment.script"),
        (named(b"readme.txt", b"#!/usr/bin/env node\nconsole.log(1);\n"), "attachment.script"),
        (named(b"setup", b"#!/bin/sh\nexec tail -c 99 $0\n" + bytes(range(256))), "attachment.script"),
        (named(b"voice.amr", b"#!AMR\n" + bytes(range(256))), "attachment.music"),
        (named(b"readme.txt", b"@echo off\r\necho hi\r\n"), "attachment.script"),
        (named(b"readme.txt", SHORTCUT), "attachment.shortcut"),
        (named(b"readme.txt", bytes(32769) + b"CD001\x01" + bytes(3000)), "attachment.disk_image"),
        (named(b"readme.md", b"# How to\n\n```js\nconst a = require('a');\nexport default a;\n```\n"), None),
        (named(b"a.txt", b"from a import b\n\nclass C:\n    def f(self):\n        return 1\n"), None),
        (named(b"a.pdf", PDF), None),
        (named(b"a.bmp", b""), None),
        (part(b"Content-Type: text/plain", b"#!/bin/sh\necho hi\n"), None),
    ],
)  # fmt: skip
async def test_true_types(raw: bytes, expected: str | None) -> None:
    """The octets count, whatever name and Content-Type say; text that only quotes code is text."""
    assert codes(await check(multipart(TEXT, raw))) == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        (b"application/x-msdownload", "attachment.executable"),
        (b"Application/X-DosExec", "attachment.executable"),
        (b"application/vnd.microsoft.portable-executable", "attachment.executable"),
        (b"text/javascript", "attachment.script"),
        (b"application/x-ms-shortcut", "attachment.shortcut"),
        (b"application/x-cd-image", "attachment.disk_image"),
        (b"application/vnd.ms-word.document.macroEnabled.12", "attachment.macro"),
        (b"audio/x-anything", "attachment.music"),
        (b"video/mp4", "attachment.video"),
        (b"application/pdf", None),
    ],
)
async def test_declared_types(media_type: bytes, expected: str | None) -> None:
    """The type that Content-Type declares counts without any name."""
    raw = multipart(TEXT, part(b"Content-Type: " + media_type, b"hello"))
    assert codes(await check(raw)) == ([expected] if expected else [])


# --- findings --------------------------------------------------------------------------------------------------------


async def test_one_finding_for_a_part_and_code() -> None:
    """Name, declared type and true type agree: one finding, three pieces of evidence."""
    fields = b"Content-Type: application/x-msdownload; name=evil.exe"
    (finding,) = await check(multipart(TEXT, part(fields, b"MZ" + bytes(200))))
    assert finding.code == "attachment.executable"
    assert finding.part == "1.2"
    assert finding.summary == "An attachment is a program or an installer: its name ends in .exe."
    assert [(e.what, e.quote, e.part) for e in finding.evidence] == [
        ("file name", "evil.exe", "1.2"),
        ("declared type", "application/x-msdownload", "1.2"),
        ("true type", "application/x-dosexec", "1.2"),
    ]


async def test_summary_quotes_nothing_of_the_message() -> None:
    """A sentence for replies, notices and logs carries no text of the sender's."""
    (finding,) = await check(multipart(TEXT, named(b"=?utf-8?Q?secret=0D=0A250_ok.exe?=")))
    assert "secret" not in finding.summary


async def test_quotes_are_bounded() -> None:
    """A long name is quoted from its end, where the extension is."""
    (finding,) = await check(multipart(TEXT, named(b"x" * 3000 + b".exe")))
    assert finding.evidence[0].quote == "x" * (QUOTED_CHARACTERS - 4) + ".exe"


async def test_amended_message_has_the_notice_in_the_attachments_place() -> None:
    """The edit replaces the part by text that names the file and the reason; everything else stays."""
    raw = multipart(TEXT, named(b"setup.exe", PROGRAM), named(b"a.pdf", PDF))
    (finding,) = await check(raw)
    amended = parse(render(parse(raw), finding.edits))
    assert [leaf.content_type for leaf in amended.leaves] == ["text/plain", "text/plain", "application/octet-stream"]
    notice = amended.leaves[1].text
    assert "setup.exe was removed" in notice
    assert "its name ends in .exe" in notice
    assert "security.executables" in notice
    assert "please ask IT Service Desk <it@example.co.uk>." in notice
    assert amended.leaves[2].decoded == PDF
    assert await check(amended.raw) == []


async def test_findings_of_one_part_offer_the_same_edit() -> None:
    """A script by name that is a program by content: two findings that agree on the edit, reasons of both in it."""
    findings = await check(multipart(TEXT, named(b"a.js", PROGRAM)))
    assert codes(findings) == ["attachment.script", "attachment.executable"]
    assert findings[0].edits == findings[1].edits
    (edit,) = findings[0].edits
    assert isinstance(edit, ReplacePart)
    assert "its name ends in .js" in edit.text
    assert "its content shows it" in edit.text


def test_printable_names() -> None:
    """Controls and marks that turn the writing direction become visible; the length is bounded."""
    assert printable("a\r\nb\x1b[2J\N{RIGHT-TO-LEFT OVERRIDE}c é.exe") == "a\ufffd\ufffdb\ufffd[2J\ufffdc é.exe"
    assert len(printable("x" * (QUOTED_CHARACTERS + 1))) == QUOTED_CHARACTERS


async def test_attachment_without_a_name() -> None:
    """The notice says so."""
    (finding,) = await check(multipart(TEXT, part(b"Content-Type: image/png", PROGRAM)))
    (edit,) = finding.edits
    assert isinstance(edit, ReplacePart)
    assert "(without a name)" in edit.text


async def test_what_hides_in_a_name_is_shown() -> None:
    """The reviewer sees marks that turn the direction, and characters that nobody sees, as escapes."""
    (finding,) = await check(multipart(TEXT, named("invoice\u202efdp.e\u200bxe".encode())))
    assert finding.evidence[0].quote == "invoice\\u202efdp.e\\u200bxe"
