"""Office's zipped documents, and their parts that are remote."""

from __future__ import annotations

import pytest

from gateway.understand.budget import Allowance, Budget, Exhausted
from gateway.understand.member import Declared, Unreadable
from gateway.understand.openers.office import zip_parts
from gateway.understand.openers.office.odf import ODF
from gateway.understand.openers.office.ooxml import OOXML
from tests.corpus import office
from tests.support.probes.document_opener import codes, opened


def test_an_ordinary_document_has_nothing() -> None:
    """Hyperlinks, linked pictures, local templates, fields, and text that speaks of such things."""
    body = (
        office.field(" PAGE ") + office.field(' HYPERLINK "http://a.example.net"') + "<w:p><w:t>DDEAUTO x</w:t></w:p>"
    )
    content = office.docx(
        {"word/document.xml": office.document(body)},
        ("hyperlink", "http://a.example.net"),
        ("image", "http://a.example.net/a.png"),
        ("attachedTemplate", r"file:///\\srv01\t.dotx"),
    )
    assert opened(OOXML, content) == []


@pytest.mark.parametrize(
    "files",
    [
        {"word/vbaProject.bin": b"x"},
        {"WORD\\VBAPROJECT.BIN": b"x"},
        {"xl/macrosheets/sheet1.xml": b"<a/>"},
        {"word/activeX/activeX1.xml": b"<a/>"},
        {"[Content_Types].xml": office.content_types(office.MACRO_MAIN)},
        {"[Content_Types].xml": office.content_types("text/xml", "application/vnd.ms-office.vbaProject")},
        {"[Content_Types].xml": office.content_types("text/xml", "application/vnd.ms-excel.intlmacrosheet+xml")},
        {"x/_rels/y.rels": office.relations(("vbaProject", "z", "Internal"))},
        {"x/_rels/y.rels": office.relations(("xlMacrosheet", "z", "Internal"))},
        {"customUI/customUI.xml": b'<customUI onLoad="Load"/>'},
        {"ppt/slides/slide1.xml": b'<a:hlinkClick xmlns:a="a" action="ppaction://macro?name=x"/>'},
    ],
)
def test_macros_are_found(files: dict[str, bytes]) -> None:
    """A macro is found by a part's name, its content type, the relationship to it, or the calls of it."""
    assert codes(opened(OOXML, office.docx(files))) == ["document.macro"]


@pytest.mark.parametrize(
    "kind", ["attachedTemplate", "oleObject", "frame", "subDocument", "externalLinkPath", "aFChunk"]
)
def test_what_is_loaded_from_outside_is_active(kind: str) -> None:
    """External relationships of the kinds that are followed without asking."""
    assert codes(opened(OOXML, office.docx(None, (kind, "http://a.example.net/x")))) == ["document.external"]


def test_links_between_workbooks_are_ordinary() -> None:
    """Also to a web site."""
    assert opened(OOXML, office.docx(None, ("externalLinkPath", "https://a.example.net/Book.xlsx"))) == []


@pytest.mark.parametrize(
    "body",
    [
        office.field("DDEAUTO c:\\x"),
        office.field(" dd", "e", "auto", " x"),
        office.field("IF 1") + office.field("DDE x"),
        '<w:fldSimple w:instr="DDE x y"/>',
        "<w:instrText>DDE x y</w:instrText>",
        office.field('LINK htmlfile "http://a.example.net/x.hta"'),
        office.field('INCLUDETEXT "http://a.example.net/x.docx"'),
    ],
)
def test_fields_that_run_or_load_something(body: str) -> None:
    """Split over runs, without an end, or written as one element."""
    assert codes(opened(OOXML, office.docx({"word/document.xml": office.document(body)}))) == ["document.external"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_xml_is_read_in_every_encoding_that_office_takes(encoding: str) -> None:
    """The XML is read with and without a mark of the byte order."""
    body = office.document(office.field("DDE x")).decode().partition("?>")[2]
    content = office.docx({"word/document.xml": body.encode(encoding)})
    assert codes(opened(OOXML, content)) == ["document.external"]


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ("xl/externalLinks/externalLink1.xml", b'<x:externalLink xmlns:x="x"><x:ddeLink/></x:externalLink>'),
        ("xl/externalLinks/externalLink1.bin", b"\xe8\x02\x10\x01\0" + bytes(20)),
        ("ppt/slides/slide1.xml", b'<a:hlinkHover xmlns:a="a" action="ppaction://program"/>'),
        ("customUI/customUI14.xml", b'<customUI onLoad="http://a.example.net/x.dotm!y"/>'),
    ],
)
def test_other_ways_to_run_something(part: str, content: bytes) -> None:
    """DDE links in both kinds of workbooks, programs started by a slide, a ribbon that calls another document."""
    assert codes(opened(OOXML, office.docx({part: content}))) == ["document.external"]


def test_entities_are_not_expanded() -> None:
    """A part that declares any is unreadable, and the others are looked at all the same."""
    laughs = b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><l>&b;</l>'
    content = office.docx({"_rels/.rels": laughs, "word/vbaProject.bin": b"x"})
    assert sorted(codes(opened(OOXML, content))) == ["container.unreadable", "document.macro"]


def test_parts_that_are_of_no_use_may_be_ill_formed() -> None:
    """Drawings in VML often are."""
    assert opened(OOXML, office.docx({"xl/drawings/vmlDrawing1.vml": b"<xml><br></xml>"})) == []


def test_xml_is_paid_for() -> None:
    """Each piece that is unpacked."""
    content = office.docx({"word/big.xml": b"<a>" + b" " * 5_000_000 + b"</a>"})
    with pytest.raises(Exhausted):
        opened(OOXML, content, budget=Budget(Allowance(bytes=4_000_000), len(content)))


@pytest.mark.parametrize(("limit", "readable"), [(5, True), (4, True), (3, False)])
def test_parts_are_only_so_many(limit: int, readable: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A document of four parts, read with each limit."""
    monkeypatch.setattr(zip_parts, "MAX_PARTS", limit)
    if readable:
        assert opened(OOXML, office.docx()) == []
    else:
        with pytest.raises(Unreadable):
            opened(OOXML, office.docx())


def test_other_zip_files_are_none() -> None:
    """Neither Office's nor LibreOffice's."""
    content = office.zipped({"a.txt": b"x"})
    assert not OOXML.fits(content, Declared())
    assert not ODF.fits(content, Declared())
