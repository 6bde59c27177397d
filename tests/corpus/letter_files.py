"""A letter whose text is in a file of it alone: row T16 of the evasion catalogue, each kind as small as can be.

`FILES[name](text)` is the file: its name, its media type and its octets.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from typing import NamedTuple

from tests.corpus import office
from tests.corpus.letters import BENIGN, Letter, entity, header, multipart, page, plain
from tests.corpus.obfuscation import calendar
from tests.corpus.wrapping import pdf_stream

WORDS = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SLIDES = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
_SHEET_SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DRAWING_SPACE = "http://schemas.openxmlformats.org/drawingml/2006/main"
_ODF_SPACE = "urn:oasis:names:tc:opendocument:xmlns:"


class File(NamedTuple):
    name: str
    media_type: str
    content: bytes


def with_file(file: File, text: str = BENIGN) -> bytes:
    """A message with the file attached."""
    disposition = f'Content-Disposition: attachment; filename="{file.name}"\r\n'.encode()
    encoding = "8bit" if file.media_type == "message/rfc822" else "base64"  # RFC 2045 6.4
    attached = disposition + entity(f'{file.media_type}; name="{file.name}"', file.content, encoding)
    return header(Letter(text)) + multipart("mixed", entity("text/plain; charset=utf-8", text.encode()), attached)


def _paragraphs(text: str, start: str, end: str) -> str:
    return "".join(f"{start}{html.escape(line, quote=False)}{end}" for line in text.split("\n"))


def _escaped(text: str, signs: str) -> str:
    """Put a backslash before each of the signs and before each backslash."""
    return "".join(f"\\{one}" if one in signs or one == "\\" else one for one in text)


def docx(text: str) -> bytes:
    body = _paragraphs(text, "<w:p><w:r><w:t>", "</w:t></w:r></w:p>")
    hidden = "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>not for you</w:t></w:r></w:p>"
    deleted = "<w:p><w:del><w:r><w:delText>taken out</w:delText></w:r></w:del></w:p>"
    return office.docx({"word/document.xml": office.document(body + hidden + deleted)})


def xlsx(text: str) -> bytes:
    """A cell for each line, by the table of shared strings; and a number."""
    lines = text.split("\n")
    strings = "".join(f"<si><t>{html.escape(line)}</t></si>" for line in lines)
    cells = "".join(f'<row><c t="s"><v>{number}</v></c><c><v>12345678</v></c></row>' for number in range(len(lines)))
    sheet = f'<worksheet xmlns="{_SHEET_SPACE}"><sheetData>{cells}</sheetData></worksheet>'
    return office.zipped({
        "[Content_Types].xml": office.content_types(),
        "xl/worksheets/sheet1.xml": sheet.encode(),
        "xl/sharedStrings.xml": f'<sst xmlns="{_SHEET_SPACE}">{strings}</sst>'.encode(),
    })  # fmt: skip


def pptx(text: str) -> bytes:
    body = _paragraphs(text, "<a:p><a:r><a:t>", "</a:t></a:r></a:p>")
    slide = f'<p:sld xmlns:p="x" xmlns:a="{_DRAWING_SPACE}">{body}</p:sld>'.encode()
    return office.zipped({"[Content_Types].xml": office.content_types(), "ppt/slides/slide1.xml": slide})


def odt(text: str) -> bytes:
    body = _paragraphs(text, "<text:p>", "</text:p>")
    spaces = f'xmlns:office="{_ODF_SPACE}office:1.0" xmlns:text="{_ODF_SPACE}text:1.0"'
    content = f"<office:document-content {spaces}><office:body><office:text>{body}</office:text></office:body>"
    return office.zipped({
        "mimetype": b"application/vnd.oasis.opendocument.text",
        "content.xml": f"{content}</office:document-content>".encode(),
        "META-INF/manifest.xml": b"<manifest/>",
    })  # fmt: skip


def rtf(text: str) -> bytes:
    escaped = "".join(one if one.isascii() else f"\\u{ord(one)}?" for one in _escaped(text, "{}"))
    head = r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Times;}}{\*\generator none}{\info{\title no text}}"
    return (head + escaped.replace("\n", "\\par\r\n") + r"{\v not for you}\'e9}").encode("ascii")


def pdf(text: str) -> bytes:
    """One page in Helvetica."""
    lines = "".join(f"({_escaped(line, '()')}) Tj 0 -14 Td " for line in text.split("\n"))
    return paged(f"BT /F1 12 Tf 50 700 Td {lines} ET".encode("latin-1", "replace"))


def paged(*drawings: bytes) -> bytes:
    """A PDF with a page for each drawing."""
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    kids = b" ".join(b"%d 0 R" % (4 + 2 * number) for number in range(len(drawings)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%b] /Count %d >>" % (kids, len(drawings)),
        font,
    ]
    for number, drawing in enumerate(drawings):
        resources = b"<< /Font << /F1 3 0 R >> >>"
        page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Resources %b /Contents %d 0 R >>"
        objects += [page % (resources, 5 + 2 * number), pdf_stream(drawing)]
    written, places = bytearray(b"%PDF-1.7\n"), []
    for number, one in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%b\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, len(written))
    return bytes(written) + b"xref\n0 %d\n0000000000 65535 f \n%b" % (len(places) + 1, table) + end


FILES: Mapping[str, Callable[[str], File]] = {
    "txt": lambda text: File("a.txt", "text/plain", text.encode()),
    "txt of no type": lambda text: File("a.txt", "application/octet-stream", text.encode()),
    "csv": lambda text: File("a.csv", "text/csv", ("name;note\r\n" + ";".join(text.split("\n"))).encode()),
    "html": lambda text: File("a.html", "text/html", f"<html><p>{html.escape(text)}</p></html>".encode()),
    "html of no type": lambda text: File("a.htm", "application/octet-stream", f"<p>{html.escape(text)}</p>".encode()),
    "eml": lambda text: File("a.eml", "message/rfc822", plain(Letter("Hello\n" + text), "Hello\n" + text)),
    "eml of no type": lambda text: File("a.eml", "application/octet-stream", page(Letter(text), f"<p>{text}</p>")),
    "eml's subject": lambda text: File(
        "a.eml", "message/rfc822", plain(Letter("", " ".join(text.split())), "Hello")
    ),
    "ics": lambda text: File("a.ics", "text/calendar", calendar(" ".join(text.split()))),
    "docx": lambda text: File("a.docx", WORDS, docx(text)),
    "docx of no type": lambda text: File("a.dat", "application/octet-stream", docx(text)),
    "xlsx": lambda text: File("a.xlsx", SHEET, xlsx(text)),
    "pptx": lambda text: File("a.pptx", SLIDES, pptx(text)),
    "odt": lambda text: File("a.odt", "application/vnd.oasis.opendocument.text", odt(text)),
    "rtf": lambda text: File("a.rtf", "application/rtf", rtf(text)),
    "rtf as doc": lambda text: File("a.doc", "application/msword", rtf(text)),
    "pdf": lambda text: File("a.pdf", "application/pdf", pdf(text)),
    "zip of a txt": lambda text: File("a.zip", "application/zip", office.zipped({"a.txt": text.encode()})),
    "zip of a docx": lambda text: File("a.zip", "application/zip", office.zipped({"a.docx": docx(text)})),
}  # fmt: skip
