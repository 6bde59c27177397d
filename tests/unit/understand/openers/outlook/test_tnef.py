"""TNEF: members, bodies and broken attributes."""

from __future__ import annotations

import struct

import pytest

from gateway.understand.budget import Allowance, Budget
from gateway.understand.member import Declared, Member, Unreadable
from gateway.understand.openers.outlook import tnef
from gateway.understand.openers.outlook.tnef import TNEF
from tests.corpus import office
from tests.support.probes.document_opener import codes, members, opened


def test_an_attachment_has_both_names() -> None:
    """The long one of MAPI, and the short one of its title."""
    wide = "long name.exe".encode("utf-16-le") + b"\0\0"
    properties = office.tnef_properties((0x3707, 0x1F, wide), (0x3704, 0x1E, b"LONGNA~1.EXE\0"))
    found = opened(TNEF, office.tnef(office.tnef_file(b"data", b"TITLE.TXT", properties)))
    assert members(found) == [(("long name.exe", "LONGNA~1.EXE", "TITLE.TXT"), b"data")]


def test_several_attachments_keep_their_names_apart() -> None:
    """Each begins with its rendering data."""
    content = office.tnef(office.tnef_file(b"one", b"A.TXT"), office.tnef_file(b"two", b"B.TXT"))
    assert members(opened(TNEF, content)) == [(("A.TXT",), b"one"), (("B.TXT",), b"two")]


def test_an_embedded_message_is_tnef_again() -> None:
    """The message comes without the interface before it, and without its subject as a name."""
    inner = office.tnef(office.tnef_file(b"data", b"A.EXE"))
    properties = office.tnef_properties(
        (0x3001, 0x1E, b"Re: example.com\0"),
        (0x3701, 0x0D, bytes.fromhex("0703020000000000c000000000000046") + inner),
    )
    (found,) = opened(TNEF, office.tnef(office.tnef_file(b"", b"", properties)))
    assert found == Member((), inner, "application/ms-tnef")


def test_a_stored_object_is_given_without_its_interface() -> None:
    """A compound file, for example."""
    value = bytes.fromhex("0b00000000000000c000000000000046") + b"\xd0\xcf\x11\xe0"
    found = opened(TNEF, office.tnef(office.tnef_file(b"", b"", office.tnef_properties((0x3701, 0x0D, value)))))
    assert members(found) == [((), b"\xd0\xcf\x11\xe0")]


def test_a_file_among_the_properties_has_the_title() -> None:
    """The file is octets, or stands beside a message that other programs show in its place."""
    as_octets = office.tnef_properties((0x3701, 0x102, b"data"))
    found = opened(TNEF, office.tnef(office.tnef_file(b"", b"a.js", as_octets)))
    assert (("a.js",), b"data") in members(found)
    as_object = office.tnef_properties((0x3701, 0x0D, bytes(16) + b"object"))
    found = opened(TNEF, office.tnef(office.tnef_file(b"data", b"a.js", as_object)))
    assert members(found) == [(("a.js",), b"data"), ((), b"object")]


def test_bodies_are_members() -> None:
    """The plain one, and those among the message's properties."""
    properties = office.tnef_properties(
        (0x1013, 0x102, b"<p>"), (0x1009, 0x102, struct.pack("<II4sI", 13, 5, b"MELA", 0) + b"{\\rtf")
    )
    content = office.tnef(office.tnef_attribute(1, 0x2800C, b"Hi\0"), office.tnef_attribute(1, 0x69003, properties))
    assert members(opened(TNEF, content)) == [
        (("body.txt",), b"Hi"),
        (("body.html",), b"<p>"),
        (("body.rtf",), b"{\\rtf"),
    ]


def test_8_bit_names_are_read_by_the_code_page() -> None:
    """The stream names the code page before its attachments."""
    page = office.tnef_attribute(1, 0x69007, struct.pack("<II", 1251, 0))
    content = office.tnef(page, office.tnef_file(b"data", "счёт.exe".encode("cp1251")))
    assert members(opened(TNEF, content)) == [(("счёт.exe",), b"data")]


def test_a_broken_checksum_changes_nothing() -> None:
    """Readers differ in whether they look at it."""
    content = office.tnef(office.tnef_file(b"data", b"A.EXE", checksum=1))
    assert members(opened(TNEF, content)) == [(("A.EXE",), b"data")]


def test_what_stands_before_a_break_is_given() -> None:
    """And the break is told."""
    content = office.tnef(office.tnef_file(b"data", b"A.EXE")) + b"\7junk"
    found = TNEF.open(content, Declared(), Budget(Allowance(), len(content)))
    assert next(found) == Member(("A.EXE",), b"data")
    with pytest.raises(Unreadable):
        next(found)


@pytest.mark.parametrize(
    "declared",
    [Declared(("WINMAIL.DAT",)), Declared((), "application/ms-tnef"), Declared((), "application/vnd.ms-tnef")],
)
def test_what_is_called_tnef_and_is_none_is_unreadable(declared: Declared) -> None:
    """The type or the name declares TNEF."""
    with pytest.raises(Unreadable):
        opened(TNEF, b"nothing of the kind", declared)


def test_a_list_of_properties_that_breaks_off_is_told() -> None:
    """Properties behind an unknown type can't be found."""
    properties = struct.pack("<IHHI", 1, 0x0FFF, 0x3707, 0)
    assert codes(opened(TNEF, office.tnef(office.tnef_file(b"data", b"A.TXT", properties)))) == ["container.unreadable"]


@pytest.mark.parametrize(("limit", "expected"), [(5, []), (4, []), (3, ["container.limit"])])
def test_attributes_are_only_so_many(limit: int, expected: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond them it says that it stopped."""
    monkeypatch.setattr(tnef, "MAX_ATTRIBUTES", limit)
    assert codes(opened(TNEF, office.tnef(office.tnef_file(b"data", b"A.TXT")))) == expected
