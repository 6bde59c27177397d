"""Openers know a file by every form of its name, as the filter `attachments` does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gateway.message.mime.parse import parse
from gateway.understand.member import Declared, Opener
from gateway.understand.openers.archives.sealed import VOLUME
from gateway.understand.openers.in_text.calendar import CALENDAR
from gateway.understand.openers.in_text.message import MESSAGE
from gateway.understand.openers.outlook.tnef import TNEF
from gateway.understand.openers.pages.html import HTML
from gateway.understand.openers.secured.cms import CMS
from tests.corpus.naming import sent

#: A mail by its name alone: its fields are not those that mail has.
LETTER = b"X-Note: a\r\nX-Other: b\r\n\r\nbody\r\n"
PAGE = b"Some words <script>x()</script>"

BY_NAME: list[tuple[Opener, str, bytes]] = [
    (MESSAGE, "m.eml", LETTER),
    (MESSAGE, "m.mht", LETTER),
    (HTML, "invoice.html", PAGE),
    (HTML, "invoice.svg", PAGE),
    (CALENDAR, "date.ics", b"ATTACH:x"),
    (CMS, "smime.p7m", b"x"),
    (TNEF, "winmail.dat", b"x"),
    (VOLUME, "a.part1.rar", b"\0\1\2\3"),
]

FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "upper case": str.upper,
    "dot behind": lambda name: name + ".",
    "blanks and dots behind": lambda name: name + " . ",
    "no-break space behind": lambda name: name + "\u00a0",
    "percent": lambda name: name.replace(".", "%2E"),
    "percent letters": lambda name: "".join(f"%{ord(letter):02x}" for letter in name),
    "quoted-printable": lambda name: name.replace(".", "=2E"),
    "reference": lambda name: name.replace(".", "&#46;"),
    "invisible": lambda name: name[:-1] + "\u200b" + name[-1],
    "full width": lambda name: "".join(chr(ord(letter) + 0xFEE0) for letter in name),
    "stream": lambda name: name + "::$DATA",
    "quotes": lambda name: f"'{name}'",
    "NUL": lambda name: name + "\0.txt",
    "folder": lambda name: "a.b\\" + name,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("opener", "name", "content"), BY_NAME)
def test_every_form_of_a_name(opener: Opener, name: str, content: bytes, form: str) -> None:
    """Any of them makes it a file of that kind."""
    assert opener.fits(content, Declared((FORMS[form](name),)))
    assert not opener.fits(content, Declared((FORMS[form]("a.bin"),)))


@pytest.mark.parametrize("form", FORMS)
def test_a_name_with_another_kind_beside_it(form: str) -> None:
    """One name of several is enough; a file of text must be one by all of its names."""
    assert MESSAGE.fits(LETTER, Declared(("a.txt", FORMS[form]("m.eml"))))
    assert HTML.fits(PAGE, Declared((FORMS[form]("m.html"), "a.txt")))


@pytest.mark.parametrize(
    ("name", "inside"),
    [
        ("evil.exe.gz", ["evil.exe"]),
        ("Evil.EXE.GZ", ["Evil.EXE"]),
        ("evil.exe.gz.", ["evil.exe"]),
        ("evil.exe%2Egz", ["evil.exe"]),
        ("evil.tgz", ["evil.tar"]),
        ("evil", []),
        (".gz", []),
    ],
)
def test_names_inside(name: str, inside: list[str]) -> None:
    """A packed file has its container's name, without the extension for packing."""
    endings = {"gz": "", "tgz": ".tar"}
    assert [stem + endings[end] for stem, end in Declared((name,)).names_inside(endings)] == inside


def test_a_part_has_the_extensions_of_all_readings() -> None:
    """Also those that some programs read alone."""
    part = parse(sent(b'Content-Type: text/plain; name="a.txt"', b"Content-Disposition: x; filename=evil.exe b.txt"))
    assert part.parts[2].extensions >= {"txt", "exe"}
