"""Property lists of macOS: those that a program reads, and none for octets that only hold one."""

from __future__ import annotations

import plistlib

import pytest

from gateway.understand.member import Declared
from gateway.understand.openers.pages.property_list import PROPERTY_LIST
from tests.support.probes.archive_opener import unpacked

LIST = plistlib.dumps({"WebMainResource": {"WebResourceData": b"payload", "WebResourceMIMEType": "text/html"}})


@pytest.mark.parametrize(
    "content",
    [
        LIST,
        plistlib.dumps(plistlib.loads(LIST), fmt=plistlib.FMT_BINARY),
        b"\xef\xbb\xbf" + LIST,
        LIST.replace(b"UTF-8", b"UTF-16").decode().encode("utf-16"),
    ],
)
def test_a_web_archive(content: bytes) -> None:
    """A web archive is read in either form and in other charsets."""
    assert [octets for _, octets in unpacked(PROPERTY_LIST, content).members] == [b"payload"]


def test_a_broken_one_is_unread() -> None:
    """A program may show what stands before the fault."""
    assert unpacked(PROPERTY_LIST, LIST[:-20]).codes == {"container.unreadable"}


@pytest.mark.parametrize("before", [b"\2\0\0\0\1\0\0\0\xaa\x19\0\0", b"Example: ", b"{\\rtf1 "])
def test_a_list_behind_other_octets_is_none(before: bytes) -> None:
    """Presentations made on a Macintosh hold the settings of a printer as two lists, each behind its length."""
    assert not PROPERTY_LIST.fits(before + LIST, Declared())
