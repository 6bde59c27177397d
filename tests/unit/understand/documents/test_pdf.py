"""Text of a PDF outside of its pages' drawings, text that nobody sees, and fonts that lie about their letters."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gateway.understand.budget import Allowance, Budget
from gateway.understand.documents.pdf import PDF
from gateway.understand.documents.pdf_objects import MAX_OBJECTS
from gateway.understand.member import Declared, Unreadable

WORDS = "We have changed bank"
LETTER = b"BT /F1 12 Tf 50 700 Td (A letter) Tj ET"


def stream(octets: bytes, more: bytes = b"") -> bytes:
    return b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(octets), more, octets)


def document(
    drawing: bytes = LETTER,
    *objects: bytes,
    catalog: bytes = b"",
    page: bytes = b"",
    resources: bytes = b"",
    font: bytes = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
) -> bytes:
    """One page; the further objects are numbered from 6 on."""
    inside = b"<< /Font << /F1 3 0 R >> %b >>" % resources
    made = [
        b"<< /Type /Catalog /Pages 2 0 R %b >>" % catalog,
        b"<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
        font,
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Resources %b /Contents 5 0 R %b >>" % (inside, page),
        stream(drawing),
        *objects,
    ]
    written, places = bytearray(b"%PDF-1.7\n"), []
    for number, one in enumerate(made, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%b\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, len(written))
    return bytes(written) + b"xref\n0 %d\n0000000000 65535 f \n%b" % (len(places) + 1, table) + end


def read(content: bytes) -> list[str]:
    """Return the texts; "unread" stands for text that was not read."""
    assert PDF.fits(content, Declared())
    found: list[str] = []
    try:
        found += (" ".join(text.split()) for text in PDF.read(content, Declared(), Budget(Allowance(), len(content))))
    except Unreadable:
        found.append("unread")
    return found


RAW = WORDS.encode()
DRAWN = b"BT /F1 12 Tf 5 70 Td (%b) Tj ET" % RAW
FONTS = b"/Resources << /Font << /F1 3 0 R >> >>"
FORM = b"/Type /XObject /Subtype /Form /BBox [0 0 600 800] " + FONTS
WIDGET = b"<< /Type /Annot /Subtype /Widget /FT /Tx /Rect [0 0 99 99] %b >>"
XFA = b"<xdp><form><field><value><text>We have changed</text></value><caption>bank</caption></field></form></xdp>"
TABLE = b"1 begincodespacerange <00> <FF> endcodespacerange 1 beginbfrange <21> <7e> <0021> endbfrange %b"

BESIDE = {
    "a field's value": document(LETTER, WIDGET % (b"/V (%b)" % RAW), page=b"/Annots [6 0 R]"),
    "its default": document(LETTER, WIDGET % (b"/DV (%b)" % RAW), page=b"/Annots [6 0 R]"),
    "in UTF-16": document(LETTER, WIDGET % (b"/V <FEFF%b>" % WORDS.encode("utf-16-be").hex().encode())),
    "in a stream": document(LETTER, WIDGET % b"/V 7 0 R", stream(RAW), page=b"/Annots [6 0 R]"),
    "a choice": document(LETTER, WIDGET % (b"/FT /Ch /Opt [[(a) (%b)] (c)]" % RAW), page=b"/Annots [6 0 R]"),
    "a button's caption": document(LETTER, WIDGET % (b"/MK << /CA (%b) >>" % RAW), page=b"/Annots [6 0 R]"),
    "a field without a widget": document(
        LETTER, b"<< /FT /Tx /T (a) /V (%b) >>" % RAW, catalog=b"/AcroForm << /Fields [6 0 R] >>"
    ),
    "an appearance": document(LETTER, WIDGET % b"/AP << /N 7 0 R >>", stream(DRAWN, FORM), page=b"/Annots [6 0 R]"),
    "a note": document(LETTER, b"<< /Type /Annot /Subtype /Text /Contents (%b) >>" % RAW, page=b"/Annots [6 0 R]"),
    "an annotation in its list": document(LETTER, page=b"/Annots [<< /Subtype /FreeText /Contents (%b) >>]" % RAW),
    "rich text": document(LETTER, b"<< /Type /Annot /Subtype /FreeText /RC (<body><p>%b</p></body>) >>" % RAW),
    "XFA": document(LETTER, stream(XFA), catalog=b"/AcroForm << /XFA 6 0 R >>"),
    "XFA in pieces": document(
        LETTER, stream(XFA[:50]), stream(XFA[50:]), catalog=b"/AcroForm << /XFA [(a) 6 0 R (b) 7 0 R] >>"
    ),
    "a pattern": document(
        b"/Pattern cs /P1 scn 0 0 600 800 re f",
        stream(DRAWN, b"/PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 600 800] /XStep 600 /YStep 800 " + FONTS),
        resources=b"/Pattern << /P1 6 0 R >>",
    ),
    "a form that is drawn": document(b"/X1 Do", stream(DRAWN, FORM), resources=b"/XObject << /X1 6 0 R >>"),
    "a glyph": document(
        b"BT /F2 12 Tf 50 700 Td (a) Tj ET",
        b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 9 9] /FontMatrix [1 0 0 1 0 0] /FirstChar 97 /LastChar 97"
        b" /Widths [9] /Encoding << /Differences [97 /a] >> /CharProcs << /a 7 0 R >> %b >>" % FONTS,
        stream(b"9 0 d0 " + DRAWN),
        resources=b"/Pattern << /F2 6 0 R >>",
    ),
    "what is read out for it": document(b"/Span << /ActualText (%b) >> BDC BT /F1 12 Tf (xq) Tj ET EMC" % RAW),
    "what a structure says": document(LETTER, b"<< /Type /StructElem /S /Span /ActualText (%b) >>" % RAW),
    "a table of characters that lies": document(
        DRAWN,
        stream(TABLE % b"2 beginbfchar <62> <0078> <6E> <0079> endbfchar"),
        font=b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding /ToUnicode 6 0 R >>",
    ),
}


@pytest.mark.parametrize("content", BESIDE.values(), ids=BESIDE)
def test_read_wherever_it_stands(content: bytes) -> None:
    """Text is read in forms, annotations and patterns, by replacement text for glyphs, and by the encoding."""
    assert any(WORDS in text for text in read(content))


@pytest.mark.parametrize(
    "unseen", [b"3 Tr (%b) Tj 0 Tr", b"1 g (%b) Tj 0 g", b"1 1 1 rg [(%b)] TJ 0 g", b"0 0 0 0 k (%b) Tj 0 g"]
)
def test_what_is_drawn_unseen_is_read_in_both_ways(unseen: bytes) -> None:
    """Letters amid a word hide it from who reads them; a scan's text lies unseen over its picture."""
    drawing = b"BT /F1 12 Tf 50 700 Td (We have chan) Tj %b (ged bank) Tj ET" % (unseen % b"xyz")
    found = [text.replace(" ", "") for text in read(document(drawing))]
    assert any("changedbank" in text for text in found)
    assert any("chanxyzged" in text for text in found)


def test_letters_without_a_height_are_read_in_both_ways() -> None:
    drawing = b"BT /F1 12 Tf 50 700 Td (We have chan) Tj /F1 1 Tf (xyz) Tj /F1 12 Tf (ged bank) Tj ET"
    found = [text.replace(" ", "") for text in read(document(drawing))]
    assert any("changedbank" in text for text in found)


def test_an_ordinary_page_is_read_once() -> None:
    honest = stream(TABLE % b"")
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding /ToUnicode 6 0 R >>"
    assert read(document(DRAWN, honest, font=font)) == [WORDS]


@pytest.mark.parametrize(("more", "unread"), [(-1, False), (0, False), (1, True)])
def test_more_objects_than_are_read_are_on_record(monkeypatch: pytest.MonkeyPatch, more: int, unread: bool) -> None:
    monkeypatch.setattr("gateway.understand.documents.pdf_objects.MAX_OBJECTS", 50)
    content = document(LETTER, *[b"<< >>"] * (45 + more))
    assert ("unread" in read(content)) is unread
    assert MAX_OBJECTS > 1_000


@pytest.mark.parametrize("name", ["a form that is drawn", "an appearance", "what is read out for it"])
def test_another_reader_shows_it_too(name: str, tmp_path: Path) -> None:
    """Poppler's pdftotext: the file is a PDF that says this."""
    (tmp_path / "a.pdf").write_bytes(BESIDE[name])
    done = subprocess.run(["pdftotext", tmp_path / "a.pdf", "-"], capture_output=True, check=True, text=True)
    assert WORDS in " ".join(done.stdout.split())
