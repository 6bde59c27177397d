"""Documents as a person reads them: what is shown, what is hidden, and what is noted as unread."""

from __future__ import annotations

import pytest

from gateway.message.mime.parse import parse
from gateway.message.model import Message
from gateway.message.text.part_reader import UNREAD
from gateway.understand.budget import Allowance, Budget
from gateway.understand.documents.reader import Reader
from gateway.understand.documents.readers import READERS
from gateway.understand.member import Declared, Unreadable
from gateway.understand.openers.known import OPENERS
from gateway.understand.tree import grown
from gateway.understand.walk import Walk
from tests.corpus import office
from tests.corpus.letter_files import FILES, File, docx, paged, pdf, rtf, with_file, xlsx
from tests.corpus.letters import BENIGN

TEXT = "Our new account\nis below"


def reader(name: str) -> Reader:
    return next(one for one in READERS if one.name == name)


def read(name: str, content: bytes) -> list[str]:
    """Return the texts of the reader of that name, on one line each."""
    found = reader(name)
    assert found.fits(content, Declared())
    texts = found.read(content, Declared(), Budget(Allowance(), len(content)))
    return [" ".join(text.split()) for text in texts]


def opened(file: File, *readers: Reader, true_type: str = "application/x-thing") -> Message:
    """Return a message with the file, opened by a walk with all openers."""
    raw = with_file(file)
    walk = Walk(OPENERS, lambda part: (), lambda content: true_type, Budget(Allowance(), len(raw)), readers or READERS)
    return grown(parse(raw), list(walk.message(raw)))


def unread(message: Message) -> list[str]:
    return [defect.what for defect in message.defects if defect.code == UNREAD]


def test_word() -> None:
    """Paragraphs; neither hidden nor deleted text."""
    assert read("Office Open XML", docx(TEXT)) == ["Our new account is below"]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<w:p><w:r><w:t>b</w:t></w:r><w:r><w:t>ank</w:t></w:r></w:p>", "bank"),
        ("<w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t></w:r></w:p>", "a b c"),
        ("<w:tbl><w:tr><w:tc><w:p><w:t>a</w:t></w:p></w:tc><w:tc><w:p><w:t>b</w:t></w:p></w:tc></w:tr></w:tbl>", "a b"),
        ('<w:p><w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>a</w:t></w:r></w:p>', "a"),
        ("<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>no</w:t></w:r><w:r><w:t>a</w:t></w:r></w:p>", "a"),
        ("<w:p><w:r><w:instrText>no</w:instrText><w:t>a</w:t></w:r></w:p>", "a"),
    ],
)
def test_runs(body: str, text: str) -> None:
    """Runs join, cells and breaks divide, a run's own property hides it alone."""
    assert read("Office Open XML", office.docx({"word/document.xml": office.document(body)})) == [text]


def test_sheet() -> None:
    """Rows with the strings that they refer to, and their numbers."""
    assert read("Office Open XML", xlsx(TEXT)) == ["Our new account 12345678 is below 12345678"]


def test_strings_of_no_cell() -> None:
    """A string to which no cell refers is read as well."""
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    strings = f'<sst xmlns="{space}"><si><t>a</t></si><si><r><t>b</t></r><rPh><t>no</t></rPh></si></sst>'.encode()
    book = office.zipped({"[Content_Types].xml": office.content_types(), "xl/sharedStrings.xml": strings})
    assert read("Office Open XML", book) == ["a b"]


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        (r"a\par b\line c\tab d", "a b c d"),
        (r"caf\'e9 \u8364? \u-10179?\u-8704?", "caf\u00e9 \u20ac \U0001f600"),
        (r"{\*\generator no}{\fonttbl no}{\pict no}{\v no}a{\field{\*\fldinst no}{\fldrslt b}}", "ab"),
        (r"\v no\v0 a", "a"),
        (r"{\uc2\u8364 xxa}", "\u20aca"),
        (r"\{a\}\\b\~c\-d", "{a}\\b cd"),
        (r"\bin4 }}}}a", "a"),
        ("a\r\nb", "ab"),
        (r"\ansicpg1251 \'e0", "\u0430"),
        ("}}}}a" + "{" * 3000, "a"),
    ],
)
def test_rich_text(inside: str, text: str) -> None:
    """Characters of visible groups, by their code page or in Unicode."""
    assert read("RTF", ("{\\rtf1\\ansi " + inside + "}").encode("latin-1")) == [text]


def test_pdf() -> None:
    """Page by page."""
    assert read("PDF", pdf(TEXT)) == ["Our new account is below"]


def test_page_without_text() -> None:
    """A page with a picture, perhaps of text, is unread; the other pages are read."""
    pages = paged(b"BT /F1 12 Tf 50 700 Td (words) Tj ET", b"0 0 10 10 re f")
    texts = reader("PDF").read(pages, Declared(), Budget(Allowance(), len(pages)))
    assert next(texts).strip() == "words"
    with pytest.raises(Unreadable, match="1 of 2 pages"):
        next(texts)


def test_broken_pdf_is_noted() -> None:
    """A document that can't be read is unread, and nothing worse: the openers judge it."""
    message = opened(File("a.pdf", "application/pdf", b"%PDF-1.7\nnonsense"))
    assert [what[:27] for what in unread(message)] == ["text: its pages can't be fo"]
    assert not message.view.complete
    assert {defect.code for defect in message.defects} == {UNREAD}


def test_binary_document_is_noted() -> None:
    """No reader is for it."""
    message = opened(File("a.doc", "application/msword", b"\xd0\xcf"), true_type="application/msword")
    assert unread(message) == ["The text of application/msword is not read"]


def test_the_parts_of_a_document_are_not_read_twice() -> None:
    """Its XML is a member of the zip file, and no text of its own."""
    message = opened(FILES["docx"](TEXT), true_type="text/xml")
    assert [one.text.split() for one in message.view.of("attachment")] == [TEXT.split()]


@pytest.mark.parametrize(("limit", "texts"), [(200, ["a", "b"]), (199, ["a"])])
def test_too_much_text(monkeypatch: pytest.MonkeyPatch, limit: int, texts: list[str]) -> None:
    """Text beyond the limit of a message is noted, and text before it is kept."""
    letter = len(BENIGN.strip())
    monkeypatch.setattr("gateway.understand.walk.MAX_TEXT_CHARACTERS", letter + limit)
    two = Reader("x", lambda content, _: content == b"x", lambda *_: iter(["a" * 100, "b" * 100]))
    message = opened(File("a.x", "application/x", b"x"), two)
    assert [one.text[0] for one in message.view.of("attachment")] == texts
    assert [what[:15] for what in unread(message)] == ["text: more than"] * (2 - len(texts))


def test_trouble_of_a_reader() -> None:
    """Whatever a reader raises is a note on the part, and what it gave before is kept."""

    def read_badly(*_: object) -> object:
        yield "before"
        raise ZeroDivisionError

    message = opened(File("a.x", "application/x", b"x"), Reader("x", lambda content, _: content == b"x", read_badly))  # type: ignore[arg-type]
    assert unread(message) == ["text: ZeroDivisionError"]
    assert [one.text for one in message.view.of("attachment")] == ["before"]


def test_rich_text_of_the_examples() -> None:
    """The examples' own file: hidden groups and the font table print nothing."""
    assert read("RTF", rtf(TEXT)) == ["Our new account is below\u00e9"]


_SEEN, _ALL = "We have changed bank", "We have chanxyzged bank"
_RUNS = ("<w:t>We have chan</w:t>", "<w:rPr>{}</w:rPr><w:t>xyz</w:t>", "<w:t>ged bank</w:t>")
_HARDLY = f"<w:p>{''.join(f'<w:r>{run}</w:r>' for run in _RUNS)}</w:p>"


@pytest.mark.parametrize(
    "properties",
    [
        '<w:color w:val="FFFFFF"/>',
        '<w:color w:val="fefefe"/>',
        '<w:sz w:val="2"/>',
        '<w:w w:val="1"/>',
        '<w:rStyle w:val="S"/>',
    ],
)
def test_letters_of_word_that_are_hardly_seen(properties: str) -> None:
    """Amid a word they hide it from who searches, and not from who reads: it is read with them and without."""
    styles = '<w:styles xmlns:w="x"><w:style w:styleId="S"><w:rPr><w:vanish/></w:rPr></w:style></w:styles>'
    body = office.document(_HARDLY.format(properties))
    found = read("Office Open XML", office.docx({"word/document.xml": body, "word/styles.xml": styles.encode()}))
    assert found == [_ALL, _SEEN]


@pytest.mark.parametrize("inside", [r"{\fs2 xyz}", r"{\cf2 xyz}", r"\cf2 xyz\cf0 ", r"{\fs4 xyz\plain}"])
def test_letters_of_rich_text_that_are_hardly_seen(inside: str) -> None:
    head = r"{\rtf1\ansi{\colortbl;\red0\green0\blue0;\red255\green255\blue255;}We have chan"
    assert read("RTF", f"{head}{inside}ged bank}}".encode()) == [_ALL, _SEEN]


@pytest.mark.parametrize("property_", ['fo:color="#ffffff"', 'fo:font-size="1pt"', 'text:display="none"'])
def test_letters_of_opendocument_that_are_hardly_seen(property_: str) -> None:
    spaces = 'xmlns:office="o" xmlns:text="t" xmlns:style="s" xmlns:fo="f"'
    style = f'<style:style style:name="T1"><style:text-properties {property_}/></style:style>'
    body = '<text:p>We have chan<text:span text:style-name="T1">xyz</text:span>ged bank</text:p>'
    content = (
        f"<office:document-content {spaces}><office:automatic-styles>{style}</office:automatic-styles>"
        f"<office:body><office:text>{body}</office:text></office:body></office:document-content>"
    )
    files = {"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": content.encode()}
    assert read("OpenDocument", office.zipped({**files, "META-INF/manifest.xml": b"<manifest/>"})) == [_ALL, _SEEN]
