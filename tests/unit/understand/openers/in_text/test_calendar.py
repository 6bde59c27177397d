"""Calendars and cards: the files in their lines."""

from __future__ import annotations

import pytest

from gateway.understand.openers.in_text.calendar import CALENDAR, MIN_VALUE_BYTES
from tests.corpus.payloads import STUB
from tests.corpus.wrapping import calendar, card, data_uri, letters
from tests.support.probes.opener import Opened, fits, opened


def of(content: bytes) -> Opened:
    return opened(CALENDAR, content, "a.ics")


@pytest.mark.parametrize(
    ("line", "names"),
    [
        (b"ATTACH;ENCODING=BASE64;VALUE=BINARY;FILENAME=evil.exe:", ("evil.exe",)),
        (b'ATTACH;FMTTYPE=a/b;encoding=base64;X-FILENAME="a;b:c.exe":', ("a;b:c.exe",)),
        (b"ATTACH;VALUE=BINARY;X-APPLE-FILENAME=a%2Eexe:", ("a.exe",)),
        (b"ATTACH;ENCODING=BASE64:", ()),
        (b"attach;filename=a.txt;x-oracle-filename=b.exe;encoding=b:", ("a.txt", "b.exe")),
    ],
)
def test_attachments_of_an_event(line: bytes, names: tuple[str, ...]) -> None:
    """Every given name is kept."""
    found = of(calendar(line + letters(STUB)))
    assert (found.contents, found.names) == ((STUB,), (names,))


@pytest.mark.parametrize(
    ("line", "version", "media_type"),
    [
        (b"PHOTO;ENCODING=b;TYPE=JPEG:" + letters(STUB), b"3.0", "image/jpeg"),
        (b"PHOTO;BASE64;GIF:" + letters(STUB), b"2.1", "image/gif"),
        (b"item2.KEY;ENCODING=BASE64:" + letters(STUB), b"3.0", ""),
        (b"SOUND:" + data_uri(STUB, b"audio/wav"), b"4.0", "audio/wav"),
        (b"LOGO;MEDIATYPE=image/png:" + data_uri(STUB, b""), b"4.0", "image/png"),
    ],
)
def test_files_of_a_card(line: bytes, version: bytes, media_type: str) -> None:
    """Each of the three versions writes files in its own manner."""
    (member,) = opened(CALENDAR, card(line, version=version), "a.vcf").members
    assert (member.content, member.media_type) == (STUB, media_type)


def test_quoted_printable() -> None:
    """The card is vCard 2.1, with lines that end in `=`."""
    text = b"BEGIN:VCARD\r\nKEY;ENCODING=QUOTED-PRINTABLE:=4D=5A=\r\n=90=00 and the rest\r\nFN:x\r\nEND:VCARD\r\n"
    assert of(text).contents == (b"MZ\x90\0 and the rest",)


def test_base64_before_quoted_printable() -> None:
    """The padding is no soft line break."""
    lines = [b"PHOTO;ENCODING=b:" + letters(b"x" * 20), b"NOTE;ENCODING=QUOTED-PRINTABLE:" + b"a=3Db" * 5]
    assert of(card(*lines, b"KEY;ENCODING=b:" + letters(STUB))).contents == (b"x" * 20, STUB)


def test_lines_of_lf_alone() -> None:
    """Many programs write such lines."""
    assert of(calendar(b"ATTACH;ENCODING=BASE64:" + letters(STUB)).replace(b"\r\n", b"\n")).contents == (STUB,)


def test_wide_characters() -> None:
    """The mark of the byte order tells wide characters."""
    text = calendar(b"ATTACH;ENCODING=BASE64:" + letters(STUB)).decode("ascii").encode("utf-16")
    assert opened(CALENDAR, text, "a").contents == (STUB,)


def test_html_descriptions() -> None:
    """Are pages."""
    (member,) = of(calendar(b"X-ALT-DESC;FMTTYPE=text/html:<html>a\\, b\\nc</html>")).members
    assert (member.content, member.media_type) == (b"<html>a, b\nc</html>", "text/html")


@pytest.mark.parametrize(
    "line",
    [b"ATTACH:https://x.test/file", b"DESCRIPTION:See you at noon\\, all of you", b"ATTACH:cid:1@x.test.and.so.on"],
)
def test_words_and_links(line: bytes) -> None:
    """Are no files."""
    assert of(calendar(line)).members == ()


@pytest.mark.parametrize("octets", [MIN_VALUE_BYTES - 1, MIN_VALUE_BYTES, MIN_VALUE_BYTES + 1])
def test_short_values(octets: int) -> None:
    """Hold no file."""
    found = of(calendar(b"ATTACH;ENCODING=BASE64:" + b"A" * octets))
    assert len(found.members) == (octets >= MIN_VALUE_BYTES)


def test_what_fits() -> None:
    """A file fits by name, type or look."""
    assert fits(CALENDAR, b"BEGIN:VCARD\r\n", "a.dat")
    assert fits(CALENDAR, b"x", media_type="text/calendar")
    assert not fits(CALENDAR, b"Begin with VCARD\r\n", "a.txt")


def test_quoted_lines_are_read_once() -> None:
    """However many of them look like lines of their own."""
    lines = b"BEGIN:VCARD\r\n" + b"KEY;ENCODING=QUOTED-PRINTABLE:=41=\r\n" * 20
    assert len(of(lines).members) == 1
