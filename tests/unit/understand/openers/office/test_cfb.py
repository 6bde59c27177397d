"""Compound Files, and the openers that read them: Office's old documents and Outlook's messages."""

from __future__ import annotations

import struct
import zlib

import pytest

from gateway.understand.budget import Allowance, Budget, Exhausted
from gateway.understand.member import Declared, Unreadable
from gateway.understand.openers.office import biff, cfb
from gateway.understand.openers.office.biff import BARE_WORKBOOK
from gateway.understand.openers.office.cfb import CompoundFile
from gateway.understand.openers.office.ole import OLE
from gateway.understand.openers.outlook.outlook_msg import OUTLOOK_MSG
from tests.corpus import office
from tests.corpus.compound_file import Tree, compound_file
from tests.support.probes.document_opener import codes, members, opened


def budget() -> Budget:
    return Budget(Allowance(), 1000)


# --- the file system --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 4095, 4096, 4097, 300_000, 8_000_000])
def test_streams_come_out_as_they_went_in(size: int) -> None:
    """Whatever their length, from the mini stream or from sectors of their own."""
    octets = bytes(number % 251 for number in range(size))
    file = CompoundFile(compound_file({"other": b"x" * 100, "storage": {"stream": octets}}))
    (entry,) = (entry for entry in file.streams if entry.path == ("storage", "stream"))
    assert file.read(entry, budget()) == octets


def test_how_much_of_the_table_is_claimed_says_nothing() -> None:
    """Readers differ in whether they believe the header's count of sectors: none hides what the table reaches."""
    content = bytearray(compound_file({"storage": {"stream": b"x" * 5000}, "a": b"", "b": b"", "c": b"", "d": b""}))
    struct.pack_into("<I", content, 44, 0)
    assert ("storage", "stream") in [entry.path for entry in CompoundFile(bytes(content)).entries]


def test_a_stream_that_is_cut_short_is_told() -> None:
    """A document of which something is missing has not been looked at completely."""
    content = office.word(streams={"ObjectPool": {"_1": {"\1Ole10Native": office.ole10_native(b"x" * 9000, b"a.txt")}}})
    assert codes(opened(OLE, content)) == []
    fat = bytearray(content)
    (table,) = struct.unpack_from("<I", content, 76)
    at = content.index(b"x" * 512) // 512 - 1
    struct.pack_into("<I", fat, (table + 1) * 512 + at * 4, 0xFFFFFFFE)
    assert codes(opened(OLE, bytes(fat))) == ["container.unreadable"]


def test_a_chain_in_a_circle_ends() -> None:
    """A directory that leads back to itself is read once."""
    content = bytearray(compound_file({"a": b"x" * 5000}))
    (fat,) = struct.unpack_from("<I", content, 76)
    (directory,) = struct.unpack_from("<I", content, 48)
    struct.pack_into("<I", content, (fat + 1) * 512 + directory * 4, directory)
    assert [entry.path for entry in CompoundFile(bytes(content)).entries] == [("a",)]


def test_entries_that_are_their_own_siblings_end() -> None:
    """The directory's tree is walked without recursion, each entry once."""
    content = bytearray(compound_file({"a": b"x", "b": b"y"}))
    at = content.find("a\0".encode("latin-1"), 512)
    struct.pack_into("<III", content, at + 68, 1, 2, 1)
    assert sorted(entry.name for entry in CompoundFile(bytes(content)).entries) == ["a", "b"]


@pytest.mark.parametrize(("depth", "readable"), [(63, True), (64, True), (65, False)])
def test_storages_are_only_so_deep(depth: int, readable: bool) -> None:
    """What lies deeper makes the file unreadable, not silently shorter."""
    tree: Tree = {"s": b"x"}
    for _ in range(depth - 1):
        tree = {"d": tree}
    content = compound_file(tree)
    assert cfb.MAX_DEPTH == 64
    if readable:
        assert len(CompoundFile(content).entries) == depth
    else:
        with pytest.raises(Unreadable):
            CompoundFile(content)


@pytest.mark.parametrize(
    "content",
    [cfb.MAGIC, cfb.MAGIC + bytes(2000), compound_file({"a": b"x"})[:600]],
)
def test_broken_files_are_unreadable(content: bytes) -> None:
    """Cut short, or with nothing behind the signature."""
    with pytest.raises(Unreadable):
        CompoundFile(content)


def test_reading_is_paid_for() -> None:
    """Streams that share their sectors can't be unpacked over and over."""
    content = compound_file({"a": b"x" * 100_000})
    file = CompoundFile(content)
    small = Budget(Allowance(bytes=250_000), len(content))
    for _ in range(2):
        file.read(file.streams[0], small)
    with pytest.raises(Exhausted):
        file.read(file.streams[0], small)


# --- documents --------------------------------------------------------------------------------------------------------


def test_a_package_gives_its_file_under_every_name() -> None:
    """Label, source path and temporary path; of paths the last part."""
    native = office.ole10_native(b"content", b"label.txt", b"C:\\a\\source.exe", b"D:\\temp\\short.scr")
    found = opened(OLE, compound_file({"\1Ole10Native": native}))
    assert members(found) == [(("label.txt", "source.exe", "short.scr"), b"content")]


def test_a_package_has_its_names_in_unicode_too() -> None:
    """A newer packager writes them behind the file."""
    wide = "".join(f"{chr(len(name))}\0{name}" for name in ("C:\\T\\ж.exe", "ж.exe", "D:\\ж.exe"))
    native = office.ole10_native(b"content", b"?.exe") + wide.encode("utf-16-le")
    assert members(opened(OLE, compound_file({"\1Ole10Native": native}))) == [(("?.exe", "ж.exe"), b"content")]


def test_native_data_that_is_no_package_is_given_as_it_is() -> None:
    """Behind its length."""
    assert members(opened(OLE, compound_file({"\1Ole10Native": b"\4\0\0\0MZab"}))) == [((), b"MZab")]


def test_a_package_that_is_a_link_is_active_content() -> None:
    """It runs what it names."""
    native = b"\2\0a.txt\0a\0" + struct.pack("<HH", 0, 1) + b"cmd.exe /c calc\0"
    found = opened(OLE, compound_file({"\1Ole10Native": struct.pack("<I", len(native)) + native}))
    assert codes(found) == ["document.external"]


@pytest.mark.parametrize("key", ["Workbook", "Book", "WORKBOOK"])
def test_macro_sheets_are_found_in_streams_of_any_spelling(key: str) -> None:
    """Compound files compare names whatever their case."""
    assert codes(opened(OLE, compound_file({key: office.workbook(0x40)}))) == ["document.macro"]


def test_macro_sheets_are_found_in_encrypted_workbooks() -> None:
    """The head of each sheet is left in the clear, its entry in the list is not."""
    stream = office.workbook(0x40, office.record(0x2F, bytes(6)), kind=0)
    assert codes(opened(OLE, compound_file({"Workbook": stream}))) == ["document.macro", "container.encrypted"]


def test_a_bare_workbook_is_opened() -> None:
    """Excel takes the stream without a compound file around it."""
    assert codes(opened(BARE_WORKBOOK, office.workbook(0x40))) == ["document.macro"]


@pytest.mark.parametrize(("more", "expected"), [(-1, []), (0, []), (1, ["container.limit"])])
def test_records_of_a_workbook_are_only_so_many(
    more: int, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond them it says that it stopped."""
    stream = office.workbook()
    records = sum(1 for _ in biff._records(stream))
    monkeypatch.setattr(biff, "MAX_RECORDS", records - more)
    assert [defect.code for defect in biff.defects_of(stream)] == expected


def test_dde_links_of_a_workbook() -> None:
    """A link of two parts is DDE unless its name says that it is an OLE link."""
    book = office.record(0x1AE, struct.pack("<HH", 0, 5) + b"\0cmd\3/c")
    dde = office.workbook(0x10, book, office.record(0x23, b"\0\0a"))
    ole = office.workbook(0x10, book, office.record(0x23, b"\x10\0a"))
    other = office.workbook(
        0x10, office.record(0x1AE, struct.pack("<HH", 1, 9) + b"\0Book.xls"), office.record(0x23, b"\0\0")
    )
    assert [[d.code for d in biff.defects_of(stream)] for stream in (dde, ole, other)] == [
        ["document.external"],
        [],
        [],
    ]


def test_objects_of_presentations_are_inflated() -> None:
    """They are compound files in records of the presentation's stream."""
    inner = compound_file({"Contents": b"x"})
    body = len(inner).to_bytes(4, "little") + zlib.compress(inner)
    stream = bytes(99) + b"\x10\0\x11\x10" + len(body).to_bytes(4, "little") + body
    assert members(opened(OLE, compound_file({"PowerPoint Document": stream}))) == [((), inner)]


def test_embedded_objects_give_their_content_but_not_ole_s_notes() -> None:
    """Streams whose names begin with a control, and the documents' own, are no files."""
    inside: Tree = {"\1CompObj": b"x", "\3ObjInfo": b"y", "CONTENTS": b"%PDF-", "Workbook": office.workbook()}
    content = office.word(streams={"ObjectPool": {"_123": inside}})
    assert members(opened(OLE, content)) == [(("CONTENTS",), b"%PDF-")]


def test_a_remote_template_of_an_old_document() -> None:
    """It stands in the table stream that the document's head names."""
    table = b"\xff\xff" + struct.pack("<HHH", 2, 0, 0)
    for target, expected in (("http://a.example.net/t.dot", ["document.external"]), ("C:\\t\\Normal.dot", [])):
        strings = table + struct.pack("<H", len(target)) + target.encode("utf-16-le")
        fib = bytearray(struct.pack("<H8xH", 0xA5EC, 0x0200).ljust(0x300, b"\0"))
        struct.pack_into("<II", fib, 0x19A, 0, len(strings))
        assert codes(opened(OLE, compound_file({"WordDocument": bytes(fib), "1Table": strings}))) == expected


# --- Outlook ----------------------------------------------------------------------------------------------------------


def test_a_message_gives_bodies_and_attachments() -> None:
    """Text, HTML and RTF, and each attachment under each of its names and its declared type."""
    rtf = struct.pack("<II4sI", 13, 5, b"MELA", 0) + b"{\\rtf"
    more: Tree = {"__substg1.0_10130102": b"<p>", "__substg1.0_10090102": rtf}
    names = (("3707001F", "long.txt"), ("3704001E", "SHORT.TXT"), ("370E001F", "Text/Plain"), ("3703001F", ".exe"))
    tree = office.msg_tree(office.msg_attachment(b"data", *names), body="Héllo", more=more)
    found = opened(OUTLOOK_MSG, compound_file(tree))
    assert members(found) == [
        (("body.txt",), "Héllo".encode()),
        (("body.html",), b"<p>"),
        (("body.rtf",), b"{\\rtf"),
        (("long.txt", "SHORT.TXT", ".exe"), b"data"),
    ]


def test_a_subject_is_no_file_name() -> None:
    """What an embedded message is displayed as may end in .com."""
    inner = office.msg_tree(office.msg_attachment(b"data", ("3707001F", "a.txt")))
    shown: Tree = {"__substg1.0_3001001F": "Re: example.com".encode("utf-16-le"), "__substg1.0_3701000D": inner}
    found = members(opened(OUTLOOK_MSG, compound_file(office.msg_tree(shown))))
    assert [names for names, _ in found] == [("body.txt",), ("body.txt",), ("a.txt",)]


def test_an_attachment_that_is_only_a_name_is_given() -> None:
    """It refers to a file elsewhere."""
    tree = office.msg_tree({"__properties_version1.0": bytes(8), "__substg1.0_3707001F": "a.exe".encode("utf-16-le")})
    assert members(opened(OUTLOOK_MSG, compound_file(tree)))[1:] == [(("a.exe",), None)]


def test_a_compound_file_without_properties_is_no_message() -> None:
    """By its octets, whatever it is called."""
    assert not OUTLOOK_MSG.fits(office.word(), Declared(("a.msg",)))
