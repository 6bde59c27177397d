"""The filter `attachments`: input and expected findings, with the shipped categories and the real libmagic."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from filters.attachments import Attachments
from filters.attachments.categories import CODES, UNINSPECTABLE, Category, extension_of
from filters.attachments.filter import EVIDENCE_PIECES, QUOTED_CHARACTERS, printable
from filters.attachments.settings import AttachmentsSettings
from gateway.contract import DIRECTIONS, Client, Envelope, Filter, Finding, Mail, Recipient, ReplacePart
from gateway.message.containers import MAX_HEADERS
from gateway.message.edits import render
from gateway.message.parse import parse
from gateway.services.true_type import LibMagic

CONFIG = Path(__file__).parents[3] / "config"
CATEGORIES: dict[str, Any] = yaml.safe_load((CONFIG / "attachments.yaml").read_text())
NOTICE = (CONFIG / "notices" / "attachment_removed.txt").read_text()

#: A Windows program of a few hundred octets that does nothing: DOS stub, PE header, one section.
PROGRAM = (b"MZ\x90\0" + bytes(56) + b"\x80\0\0\0" + bytes(64) + b"PE\0\0L\1\1\0" + bytes(12) + b"\xe0\0\2\1\x0b\1") + (
    bytes(222) + b".text\0\0\0" + bytes(300)
)
SHORTCUT = bytes.fromhex("4c0000000114020000000000c000000000000046") + bytes(56)
ELF = b"\x7fELF\2\1\1" + bytes(9) + b"\2\0\x3e\0" + bytes(60)
PDF = b"%PDF-1.4 hi"
TEXT = b"Content-Type: text/plain\r\n\r\nhello"


@pytest.fixture
async def magic() -> AsyncIterator[LibMagic]:
    service = LibMagic()
    yield service
    await service.close()


def settings(**values: Any) -> AttachmentsSettings:
    return AttachmentsSettings(**{"categories": CATEGORIES, "notice": NOTICE, **values})


def mail(raw: bytes) -> Mail:
    envelope = Envelope("x@other.example", (Recipient("b@example.co.uk", "inbound"),))
    return Mail("id", datetime.now(UTC), "inbound", Client("192.0.2.1"), envelope, parse(raw))


async def check(raw: bytes, true_type: Any, **values: Any) -> list[Finding]:
    return list(await Attachments(settings(**values), true_type).check(mail(raw)))


def multipart(*parts: bytes) -> bytes:
    head = b"From: x@other.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=q\r\n\r\n"
    return head + b"".join(b"--q\r\n" + part + b"\r\n" for part in parts) + b"--q--\r\n"


def part(fields: bytes, content: bytes) -> bytes:
    """A part with these fields, its content in base64."""
    encoded = base64.encodebytes(content).replace(b"\n", b"\r\n")
    return fields + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + encoded


def named(name: bytes, content: bytes = b"hello") -> bytes:
    fields = b'Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="' + name + b'"'
    return part(fields, content)


def archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name in names:
            made.writestr(zipfile.ZipInfo(name), b"x")
    return buffer.getvalue()


def codes(findings: Sequence[Finding]) -> list[str]:
    return [finding.code for finding in findings]


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
        (b"exe.", None),
        (b"..", None),
        (b"", None),
    ],
)
async def test_names(magic: LibMagic, name: bytes, expected: str | None) -> None:
    """The end of the name decides, in any case, without trailing blanks and dots; harmless octets don't help."""
    assert codes(await check(multipart(TEXT, named(name)), magic)) == ([expected] if expected else [])


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
    ],
)
async def test_any_field_can_carry_the_name(magic: LibMagic, fields: bytes) -> None:
    """Every name source counts, whatever the others say, and the disposition never matters."""
    assert codes(await check(multipart(TEXT, part(fields, b"hello")), magic)) == ["attachment.executable"]


async def test_single_part_message(magic: LibMagic) -> None:
    """The message itself may be the attachment."""
    assert [(f.code, f.part) for f in await check(named(b"evil.exe"), magic)] == [("attachment.executable", "1")]


async def test_name_of_a_multipart(magic: LibMagic) -> None:
    """A name on a multipart counts as well."""
    inner = b"Content-Type: multipart/mixed; boundary=i; name=evil.exe\r\n\r\n--i\r\n\r\nhi\r\n--i--"
    assert codes(await check(multipart(TEXT, inner), magic)) == ["attachment.executable"]


async def test_nested_message(magic: LibMagic) -> None:
    """What is attached to an attached message is an attachment."""
    inner = b"Content-Type: message/rfc822\r\n\r\n" + multipart(TEXT, named(b"evil.exe")).replace(b"--q", b"--inner")
    inner = inner.replace(b"boundary=q", b"boundary=inner")
    findings = await check(multipart(TEXT, inner), magic)
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
async def test_true_types(magic: LibMagic, raw: bytes, expected: str | None) -> None:
    """What the octets are counts, whatever name and Content-Type say; text that only quotes code is text."""
    assert codes(await check(multipart(TEXT, raw), magic)) == ([expected] if expected else [])


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
async def test_declared_types(magic: LibMagic, media_type: bytes, expected: str | None) -> None:
    """What Content-Type claims counts, without any name."""
    raw = multipart(TEXT, part(b"Content-Type: " + media_type, b"hello"))
    assert codes(await check(raw, magic)) == ([expected] if expected else [])


class Asked:
    """A TrueType that notes what it is asked, and calls everything one type."""

    def __init__(self, answer: str | Exception = "text/x-shellscript") -> None:
        self.seen: list[bytes] = []
        self._answer = answer

    async def of(self, content: bytes) -> str:
        self.seen.append(content)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


@pytest.mark.parametrize(
    ("raw", "asked"),
    [
        (TEXT, False),
        (b"\r\nno header at all", False),
        (part(b"Content-Type: text/html; charset=utf-8", "é\t\r\n\f".encode()), False),
        (part(b"Content-Type: text/plain; charset=iso-2022-jp", b"\x1b$B$3\x1b(B"), False),
        (part(b"Content-Type: text/plain\r\nContent-Disposition: inline", b"hi"), False),
        (part(b"Content-Type: text/plain\r\nContent-Disposition: attachment", b"hi"), True),
        (part(b"Content-Type: text/plain; name=a.txt", b"hi"), True),
        (part(b"Content-Type: text/plain", b"hi\0"), True),
        (part(b"Content-Type: text/plain", b"hi\x0b"), True),
        (part(b"Content-Type: text/plain", b"hi\x1a"), True),
        (part(b"Content-Type: text/calendar", b"hi"), True),
    ],
)
async def test_the_messages_own_text_is_no_attachment(raw: bytes, asked: bool) -> None:
    """Nameless plain text and HTML without octets that no text has isn't asked for its type; all else is."""
    true_type = Asked("text/plain")
    await check(multipart(raw), true_type)
    assert bool(true_type.seen) is asked


async def test_type_that_cannot_be_told_is_uninspectable() -> None:
    """libmagic's failure on a content is a finding, not a pass."""
    (finding,) = await check(multipart(TEXT, named(b"a.pdf", PDF)), Asked(ValueError("line I/O error")))
    assert finding.code == UNINSPECTABLE
    assert finding.evidence[0].quote == "line I/O error"


async def test_failure_of_the_service_is_left_to_the_chain() -> None:
    """Trouble that is not the content's is an exception: `on_error` decides."""
    with pytest.raises(OSError, match="no threads"):
        await check(multipart(TEXT, named(b"a.pdf", PDF)), Asked(OSError("no threads")))


async def test_failed_type_does_not_hide_a_name(magic: LibMagic) -> None:
    """What the name says is found beside it."""
    found = codes(await check(multipart(TEXT, named(b"a.exe")), Asked(ValueError("x"))))
    assert found == ["attachment.executable", UNINSPECTABLE]


# --- archives --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("evil.exe",), ["attachment.executable"]),
        (("a/b/EVIL.EXE ",), ["attachment.executable"]),
        (("a\\evil.js",), ["attachment.script"]),
        (("a.txt", "b.lnk", "c.exe"), ["attachment.shortcut", "attachment.executable"]),
        (("Fine.app/Contents/MacOS/Fine",), ["attachment.executable"]),
        (("Fine.app/",), ["attachment.executable"]),
        (("book.xlsm",), ["attachment.macro"]),
        (("www.example.com/index.html",), []),
        (("[Content_Types].xml", "xl/printerSettings/printerSettings1.bin"), []),
        (("a.txt", "dir/"), []),
        ((), []),
    ],
)
async def test_names_inside_zip_files(magic: LibMagic, names: tuple[str, ...], expected: list[str]) -> None:
    """Each member's name counts like an attachment's; of folders, only those that are macOS bundles."""
    assert codes(await check(multipart(TEXT, named(b"a.zip", archive(*names))), magic)) == expected


@pytest.mark.parametrize(("members", "whole"), [(MAX_HEADERS // 2, True), (MAX_HEADERS // 2 + 1, False)])
async def test_more_names_than_are_read(members: int, whole: bool) -> None:
    """An archive whose names were not all read is uninspectable (each member has two headers)."""
    content = archive(*(f"{n}.txt" for n in range(members)))
    found = codes(await check(multipart(TEXT, named(b"a.zip", content)), Asked("application/zip")))
    assert found == ([] if whole else [UNINSPECTABLE])


async def test_parts_behind_the_parsers_limit_are_uninspectable() -> None:
    """What the parser did not enter was not looked at, and is called so."""
    deep = b"Content-Type: text/plain\r\n\r\nhi"
    for level in range(70):
        deep = b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n%s\r\n--b%d--" % (
            level,
            level,
            deep,
            level,
        )
    assert UNINSPECTABLE in codes(await check(b"MIME-Version: 1.0\r\n" + deep, Asked("text/plain")))


# --- findings --------------------------------------------------------------------------------------------------------


async def test_one_finding_for_a_part_and_code(magic: LibMagic) -> None:
    """Name, declared type and true type agree: one finding, three pieces of evidence."""
    fields = b"Content-Type: application/x-msdownload; name=evil.exe"
    (finding,) = await check(multipart(TEXT, part(fields, b"MZ" + bytes(200))), magic)
    assert finding.code == "attachment.executable"
    assert finding.part == "1.2"
    assert finding.summary == "An attachment is a program or an installer: its name ends in .exe."
    assert [(e.what, e.quote, e.part) for e in finding.evidence] == [
        ("file name", "evil.exe", "1.2"),
        ("declared type", "application/x-msdownload", "1.2"),
        ("true type", "application/x-dosexec", "1.2"),
    ]


async def test_summary_quotes_nothing_of_the_message(magic: LibMagic) -> None:
    """A sentence for replies, notices and logs carries no text of the sender's."""
    (finding,) = await check(multipart(TEXT, named(b"=?utf-8?Q?secret=0D=0A250_ok.exe?=")), magic)
    assert "secret" not in finding.summary


async def test_evidence_is_bounded(magic: LibMagic) -> None:
    """Neither the number of names in an archive nor the length of one makes a finding large."""
    many = archive(*(f"{n}.exe" for n in range(EVIDENCE_PIECES + 1)))
    (finding,) = await check(multipart(TEXT, named(b"a.zip", many)), magic)
    assert len(finding.evidence) == EVIDENCE_PIECES
    (finding,) = await check(multipart(TEXT, named(b"x" * 3000 + b".exe")), magic)
    assert finding.evidence[0].quote == "x" * QUOTED_CHARACTERS


async def test_amended_message_has_the_notice_in_the_attachments_place(magic: LibMagic) -> None:
    """The edit replaces the part by text that names the file and the reason; everything else stays."""
    raw = multipart(TEXT, named(b"setup.exe", PROGRAM), named(b"a.pdf", PDF))
    (finding,) = await check(raw, magic)
    amended = parse(render(parse(raw), finding.edits))
    assert [leaf.content_type for leaf in amended.leaves] == ["text/plain", "text/plain", "application/octet-stream"]
    notice = amended.leaves[1].text
    assert "setup.exe was removed" in notice
    assert "its name ends in .exe" in notice
    assert "security.executables" in notice
    assert amended.leaves[2].decoded == PDF
    assert await check(amended.raw, magic) == []


async def test_findings_of_one_part_offer_the_same_edit(magic: LibMagic) -> None:
    """A script by name that is a program by content: two findings that agree on the edit, reasons of both in it."""
    findings = await check(multipart(TEXT, named(b"a.js", PROGRAM)), magic)
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


async def test_attachment_without_a_name(magic: LibMagic) -> None:
    """The notice says so."""
    (finding,) = await check(multipart(TEXT, part(b"Content-Type: image/png", PROGRAM)), magic)
    (edit,) = finding.edits
    assert isinstance(edit, ReplacePart)
    assert "(without a name)" in edit.text


# --- settings --------------------------------------------------------------------------------------------------------


async def test_block_chooses_the_categories(magic: LibMagic) -> None:
    """A quarantined category that `block` leaves out gives no finding; those that are tagged or logged always do."""
    raw = multipart(TEXT, named(b"a.exe"), named(b"a.js"), named(b"a.docm"), named(b"a.mp3"))
    assert codes(await check(raw, magic, block=["scripts"])) == [
        "attachment.script",
        "attachment.macro",
        "attachment.music",
    ]
    assert codes(await check(raw, magic, block=[])) == ["attachment.macro", "attachment.music"]


async def test_category_of_ones_own(magic: LibMagic) -> None:
    """An administrator's category with an existing code is looked for like the others."""
    own = {"code": "attachment.script", "called": "a CAD drawing", "extensions": [".DWG"], "types": ["Image/VND.dwg"]}
    values = {"categories": {"drawings": own}, "block": ["drawings"]}
    (finding,) = await check(multipart(TEXT, named(b"plan.dwg")), magic, **values)
    assert finding.summary == "An attachment is a CAD drawing: its name ends in .dwg."
    (finding,) = await check(multipart(TEXT, part(b"Content-Type: image/vnd.dwg", b"x")), magic, **values)
    assert finding.summary == "An attachment is sent as a CAD drawing."


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"block": ["executable"]}, "did you mean 'executables'?"),
        ({"block": ["macros"]}, "actions: {attachment.macro: quarantine}"),
        ({"notice": "{{ file"}, "the template can't be used"),
        ({"notice": "{{ sender }}"}, "'sender' is undefined"),
        (
            {"categories": {"a": {"code": "attachment.executables", "called": "x"}}},
            "did you mean 'attachment.executable'?",
        ),
        ({"categories": {"a": {"code": UNINSPECTABLE, "called": "x"}}}, "no category can have the code"),
        ({"categories": {"a": {"code": "attachment.video", "called": ""}}}, "at least 1 character"),
        ({"categories": {"a": {"code": "attachment.video", "called": "x", "extensions": ["tar.gz"]}}}, "the last dot"),
        ({"categories": {"a": {"code": "attachment.video", "called": "x", "extensions": ["."]}}}, "the last dot"),
        ({"categories": {"a": {"code": "attachment.video", "called": "x", "types": ["video"]}}}, "is no media type"),
        ({"categories": {"a": {"code": "attachment.video", "called": "x", "types": ["*/*"]}}}, "is no media type"),
        ({"categories": {"a": {"code": "attachment.video", "called": "x", "ends": []}}}, "Extra inputs"),
        ({"blocks": []}, "Extra inputs"),
    ],
)
def test_settings_that_are_refused(values: dict[str, Any], sentence: str) -> None:
    """Each mistake has its sentence."""
    with pytest.raises(ValidationError) as refused:
        settings(**values)
    assert sentence in str(refused.value)


def test_declarations() -> None:
    """Codes, clauses and shipped actions as the policy has them."""
    filter_class: type[Filter] = Attachments
    assert filter_class.name == "attachments"
    assert CODES["attachment.executable"] == ("security.executables", "quarantine")
    assert CODES["attachment.macro"] == ("security.unauthorised-software", "tag")
    assert CODES["attachment.music"] == CODES["attachment.video"] == ("email.copyright", "log")
    assert Attachments.shipped_directions == DIRECTIONS


# --- the shipped categories ------------------------------------------------------------------------------------------

GMAIL = """
ade adp apk appx appxbundle bat cab chm cmd com cpl diagcab diagcfg diagpkg dll dmg ex ex_ exe hta img ins iso
isp jar jnlp js jse lib lnk mde mjs msc msi msix msixbundle msp mst nsh pif ps1 scr sct shb sys vb vbe vbs vhd
vxd wsc wsf wsh xll
"""
MACOS_AND_LINUX = """
command tool terminal webloc inetloc fileloc afploc pkg mpkg mobileconfig scpt scptd workflow action dylib
bundle plugin kext prefpane saver osax sh bash zsh fish run bin appimage desktop rb php so
"""
WINDOWS = """
rdp ica appinstaller vsto vsix searchconnector-ms mcl glk iqy slk wll drv ocx job themepack deskthemepack wcx
msrcincident
"""


@pytest.mark.parametrize("extension", [*GMAIL.split(), *MACOS_AND_LINUX.split(), *WINDOWS.split()])
async def test_shipped_lists_hold_what_they_must(extension: str) -> None:
    """Gmail's list and the additions for Windows, macOS and Linux are quarantined as shipped."""
    raw = multipart(TEXT, named(f"a.{extension}".encode()))
    (finding,) = await check(raw, Asked("text/plain"))
    assert CODES[finding.code][1] == "quarantine"


USUAL = "pdf docx xlsx pptx odt txt csv html eml zip 7z png jpg ics vcf xml json"


@pytest.mark.parametrize("extension", [*USUAL.split()])
async def test_shipped_lists_hold_nothing_usual(extension: str) -> None:
    """What offices send each other all day is in no category."""
    assert await check(multipart(TEXT, named(f"a.{extension}".encode())), Asked("text/plain")) == []


def test_shipped_categories_are_in_order() -> None:
    """Every extension once; those of `block` as shipped exist, and no quarantined category is left out of it."""
    categories = {name: Category(**values) for name, values in CATEGORIES.items()}
    extensions = [end for category in categories.values() for end in category.extensions]
    assert len(extensions) == len(set(extensions))
    assert {name for name, category in categories.items() if category.blocked} == set(settings().block)


@pytest.mark.parametrize(
    ("name", "extension"),
    [("a.EXE", "exe"), ("a.", ""), ("a", ""), ("", ""), (" . ", ""), ("a.b/c", ""), ("a/b.c/", ""), ("x.tar.gz", "gz")],
)
def test_extension_of(name: str, extension: str) -> None:
    """What follows the last dot of the last path segment."""
    assert extension_of(name) == extension


def test_extension_of_a_long_name_of_dots_and_blanks() -> None:
    """Linear in the name's length: a hundred thousand dots and blanks are nothing."""
    assert extension_of("evil.exe" + ". " * 100_000) == "exe"
