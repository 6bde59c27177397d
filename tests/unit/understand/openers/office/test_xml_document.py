"""Documents that are one XML file."""

from __future__ import annotations

import base64

import pytest

from gateway.understand.openers.office.xml_document import XML_DOCUMENT
from tests.support.probes.opener import fits, opened

SPACE = b"http://schemas.microsoft.com/office/2006/xmlPackage"
FILE = b"MZ" + bytes(range(256))
LETTERS = base64.encodebytes(FILE)


def flat(inside: bytes) -> bytes:
    return b"<?xml version='1.0'?><pkg:package xmlns:pkg='%b'>%b</pkg:package>" % (SPACE, inside)


def part(name: bytes = b"/word/x.bin") -> bytes:
    return b"<pkg:part pkg:name='%b'><pkg:binaryData>%b</pkg:binaryData></pkg:part>" % (name, LETTERS)


def test_flat_package() -> None:
    """Each part in base64 is a member by the last segment of its name."""
    found = opened(XML_DOCUMENT, flat(part() + part(b"/word/media/y.png")))
    assert found.names == (("x.bin",), ("y.png",))
    assert found.contents == (FILE, FILE)


def test_utf_16() -> None:
    """The document may be in any encoding that expat reads."""
    text = flat(part()).decode().encode("utf-16")
    assert opened(XML_DOCUMENT, text).contents == (FILE,)


@pytest.mark.parametrize(
    ("inside", "code"),
    [
        (
            b"<Relationship Type='x/attachedTemplate' Target='http://a.test/b' TargetMode='External'/>",
            "document.external",
        ),
        (b"<Relationship Type='x/vbaProject' Target='b'/>", "document.macro"),
        (b"<w:instrText xmlns:w='w'>DDEAUTO c:\\\\cmd</w:instrText>", "document.external"),
        (b"<w:d xmlns:w='w' w:macrosPresent='yes'/>", "document.macro"),
    ],
)
def test_what_it_declares(inside: bytes, code: str) -> None:
    """Macros, templates and fields are told as in zipped documents."""
    assert opened(XML_DOCUMENT, flat(inside)).codes == (code,)


def test_other_xml() -> None:
    """XML that is no such document isn't parsed."""
    assert not fits(XML_DOCUMENT, b"<?xml version='1.0'?><invoice/>")
    assert not fits(XML_DOCUMENT, b"text about schemas.microsoft.com/office/2006/xmlpackage")
