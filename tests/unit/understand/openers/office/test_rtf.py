"""RTF's objects."""

from __future__ import annotations

import binascii

import pytest

from gateway.understand.member import Declared, Unreadable
from gateway.understand.openers.office import rtf_objects
from gateway.understand.openers.office.onenote import ONENOTE
from gateway.understand.openers.office.rtf import RTF
from tests.corpus import office
from tests.support.probes.document_opener import codes, members, opened

OBJECT = office.ole1(b"Package", office.package(b"content", b"evil.exe"))
HEX = binascii.hexlify(OBJECT)
ODD = ["container.unreadable"]
FILE = (("evil.exe",), b"content")


def objects_in(data: bytes) -> list[tuple[tuple[str, ...], bytes | None]]:
    return members(opened(RTF, b"{\\rtf1{\\object{\\*\\objdata " + data + b"}}}"))


@pytest.mark.parametrize(
    "data",
    [
        HEX,
        HEX.upper(),
        b"\r\n".join(HEX[at : at + 3] for at in range(0, len(HEX), 3)),
        HEX[:20] + b"\\foo-12 \\bar" + b" " + HEX[20:],
        HEX[:21] + b"{\\*\\abc 0123456}" + HEX[21:],
        b"{" + HEX[:20] + b"}{{" + HEX[20:] + b"}}",
        HEX[:20] + b"\\'ab" + HEX[20:],
        HEX[:21] + b"f\\'ab" + HEX[21:] if len(HEX[:21]) % 2 == 0 else HEX[:20] + b"f\\'ab" + HEX[20:],
        HEX[:20] + b"\\bin%d " % (len(OBJECT) - 10) + OBJECT[10:],
        b"0105" + b"{\\*\\objdata " + HEX + b"}",
    ],
)
def test_objects_are_found_among_junk(data: bytes) -> None:
    """Blanks, control words, groups, escapes, octets as they are, a second beginning."""
    assert FILE in objects_in(data)


def test_an_ordinary_object_is_given_once() -> None:
    """All readings of it are the same."""
    assert objects_in(HEX) == [FILE]


def test_several_objects_are_given_in_order() -> None:
    """Each from its own digits."""
    other = binascii.hexlify(office.ole1(b"Package", office.package(b"two", b"b.txt")))
    content = b"{\\rtf1{\\objdata " + HEX + b"}text{\\objdata " + other + b"}}"
    assert members(opened(RTF, content)) == [FILE, (("b.txt",), b"two")]


def test_an_object_of_another_class_is_given_as_it_is() -> None:
    """Its native data."""
    assert objects_in(binascii.hexlify(office.ole1(b"Word.Document.8", b"\xd0\xcf\x11\xe0data"))) == [
        ((), b"\xd0\xcf\x11\xe0data")
    ]


def test_what_is_no_object_is_given_whole() -> None:
    """And the compound file in it, if there is one."""
    compound = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    assert objects_in(b"ff" * 20 + binascii.hexlify(compound)) == [((), b"\xff" * 20 + compound), ((), compound)]


@pytest.mark.parametrize("start", [b"{\\rtf1", b"{\\rt", b"{\\rtxa9", b"\xef\xbb\xbf\r\n{\\rtf"])
def test_odd_beginnings_are_rtf(start: bytes) -> None:
    """Word wants no more than "{\\rt"."""
    assert members(opened(RTF, start + b"{\\objdata " + HEX + b"}")) == [FILE]


@pytest.mark.parametrize(
    "body",
    [
        b"{\\*\\template http://a.example.net/t.dotm}",
        b"{\\*\\template \\\\\\\\198.51.100.7\\\\t\\\\t.dotm}",
        b"{\\*\\template \\u104?\\'74tp://a.example.net/t}",
        b"{\\object\\objupdate}",
        b"{\\field{\\*\\fldinst DDEAUTO c:\\\\x}}",
        b"{\\field{\\*\\fldinst {\\insrsid1 D}{\\insrsid2 DE x}}}",
        b'{\\field{\\*\\fldinst { INCLUDETEXT "http://a.example.net/x"}}}',
    ],
)
def test_what_is_loaded_is_active(body: bytes) -> None:
    """Templates on other hosts, objects that update themselves, fields."""
    assert codes(opened(RTF, b"{\\rtf1" + body + b"}")) == ["document.external"]


@pytest.mark.parametrize(
    "body",
    [
        b"{\\*\\template C:\\\\Templates\\\\Normal.dot}",
        b"{\\*\\template Normal.dotm}{\\info http://a.example.net}",
        b'{\\field{\\*\\fldinst HYPERLINK "http://a.example.net"}}',
        b"DDEAUTO is a field",
        b"{\\pict 89504e47}",
    ],
)
def test_ordinary_rtf_has_nothing(body: bytes) -> None:
    """Local templates, links that a person must click, pictures, text."""
    assert opened(RTF, b"{\\rtf1" + body + b"}") == []


@pytest.mark.parametrize(("limit", "expected"), [(5, ODD), (4, ODD), (3, ["container.limit"])])
def test_pieces_are_only_so_many(limit: int, expected: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """An object of four pieces, read with each limit."""
    monkeypatch.setattr(rtf_objects, "MAX_TOKENS", limit)
    assert codes(opened(RTF, b"{\\rtf1{\\objdata 00{}}")) == expected


def test_a_packaged_section_is_unreadable() -> None:
    """Servers store sections in another way."""
    content = office.one_section(b"MZ").replace(bytes.fromhex("3fdd9a101b91f549a5d01791edc8aed8"), bytes(16))
    with pytest.raises(Unreadable):
        opened(ONENOTE, content)


def test_mail_that_quotes_rtf_far_down_is_none() -> None:
    """Only the beginning counts."""
    assert not RTF.fits(b"x" * 2000 + b"{\\rtf1", Declared())
