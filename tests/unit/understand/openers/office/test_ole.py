"""Office's old documents: packages, macro sheets, embedded objects and remote templates."""

from __future__ import annotations

import struct
import zlib

import pytest

from gateway.understand.openers.office.ole import OLE
from tests.corpus import office
from tests.corpus.compound_file import Tree, compound_file
from tests.support.probes.document_opener import codes, members, opened


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
