"""PDF: files, actions, encryption, and what an ordinary document is spared."""

from __future__ import annotations

import base64
import io
import random
import zlib

import pytest
from pypdf import PdfWriter

from gateway.understand.budget import Exhausted
from gateway.understand.member import Unreadable
from gateway.understand.openers.pdf import body
from gateway.understand.openers.pdf.pdf import HEADER_BYTES, PDF
from tests.corpus.payloads import STUB
from tests.corpus.wrapping import object_stream, pdf, pdf_stream, pdf_with_file
from tests.generated import default_passwords
from tests.support.probes.opener import Opened, fits, opened

FILE = b"<< /Type /Filespec /F (evil.exe) /EF << /F 4 0 R >> >>"
EMBEDDED = pdf_stream(STUB, b"/Type /EmbeddedFile")


def of(content: bytes) -> Opened:
    return opened(PDF, content, "a.pdf")


def test_an_embedded_file_comes_out_with_its_name() -> None:
    """The name is that of the name tree."""
    found = of(pdf_with_file(b"evil.exe", STUB))
    assert (found.names, found.contents, found.codes) == ((("evil.exe",),), (STUB,), ())


def test_all_names_of_a_file_are_given() -> None:
    """The one that readers show stands first."""
    names = b"<< /F (a.txt) /UF <feff0062002e006500780065> /EF << /F 4 0 R >> >>"
    assert of(pdf(names, EMBEDDED)).names == (("b.exe", "a.txt"),)


def test_a_name_that_stands_elsewhere_is_followed() -> None:
    """The name is found by its reference."""
    specification = b"<< /UF 5 0 R /EF << /UF 4 0 R >> >>"
    assert of(pdf(specification, pdf_stream(STUB), b"(evil.exe)")).names == (("evil.exe",),)


def test_a_name_with_escapes() -> None:
    """Octal ones and brackets (ISO 32000-2 7.3.4.2)."""
    specification = b"<< /F (ev\\151l\\(1\\).exe) /EF << /F 4 0 R >> >>"
    assert of(pdf(specification, EMBEDDED)).names == (("evil(1).exe",),)


def test_a_file_that_no_specification_names_comes_out() -> None:
    """Its stream says that it is one."""
    found = of(pdf(b"<< >>", EMBEDDED))
    assert (found.names, found.contents) == (((),), (STUB,))


def test_a_file_that_is_not_there_is_said_to_be_unread() -> None:
    """Its name is kept."""
    (member,) = of(pdf(FILE, b"<< >>")).members
    assert (member.names, member.content, member.defects[0].code) == (("evil.exe",), None, "container.unreadable")


def test_every_revision_of_a_file_comes_out() -> None:
    """An update behind the end gives the same number again."""
    first = pdf(FILE, EMBEDDED)
    assert of(first + b"4 0 obj\n" + pdf_stream(b"newer") + b"\nendobj\n").contents == (STUB, b"newer")


def test_a_file_in_a_document_without_a_table() -> None:
    """Objects are found by looking."""
    whole = pdf(FILE, EMBEDDED)
    assert of(whole[: whole.index(b"xref")]).contents == (STUB,)


LZW = bytes([0x80, 0x0B, 0x60, 0x50, 0x22, 0x0C, 0x0C, 0x85, 0x01])


@pytest.mark.parametrize(
    ("keys", "data", "expected"),
    [
        (b"/Filter /ASCIIHexDecode", STUB.hex().encode("ascii") + b">", STUB),
        (b"/Filter [/AHx /FlateDecode]", zlib.compress(STUB).hex().encode("ascii") + b">", STUB),
        (b"/Filter /RunLengthDecode", b"\x02abc\xffd\x80", b"abcdd"),
        (b"/Filter /A85", b"<~" + base64.a85encode(STUB) + b"~>", STUB),
        (b"/Filter /ASCII85Decode", base64.a85encode(STUB, wrapcol=60) + b"~>", STUB),
        (b"/Filter /FlateDecode", b"\0\0" + zlib.compress(STUB)[2:], STUB),
        (b"/Filter /LZWDecode", LZW, b"-----A---B"),
    ],
)
def test_filters(keys: bytes, data: bytes, expected: bytes) -> None:
    """Each that a file may be hidden by (7.4); the LZW example is the specification's own."""
    assert of(pdf(FILE, pdf_stream(data, keys, deflated=False))).contents == (expected,)


@pytest.mark.parametrize("kind", range(5))
def test_predictors(kind: int) -> None:
    """PNG's five, undone (7.4.4.4)."""
    rows = bytes([kind, 1, 2, 3, 4, kind, 1, 1, 1, 1])
    expected = {
        0: [1, 2, 3, 4, 1, 1, 1, 1],
        1: [1, 3, 6, 10, 1, 2, 3, 4],
        2: [1, 2, 3, 4, 2, 3, 4, 5],
        3: [1, 2, 4, 6, 1, 2, 4, 6],
        4: [1, 3, 6, 10, 2, 4, 7, 11],
    }[kind]
    stream = pdf_stream(rows, b"/DecodeParms << /Predictor 15 /Columns 4 >>")
    assert of(pdf(FILE, stream)).contents == (bytes(expected),)


def test_a_filter_that_is_not_known() -> None:
    """The file is unread, and its name is told."""
    found = of(pdf(FILE, pdf_stream(b"x", b"/Filter /Other", deflated=False)))
    assert [defect.code for defect in found.members[0].defects] == ["container.unreadable"]


@pytest.mark.parametrize("count", [7, 8, 9])
def test_filters_in_a_row(count: int) -> None:
    """Up to eight are undone."""
    data = b"MZ"
    for _ in range(count):
        data = data.hex().encode("ascii") + b">"
    stream = pdf_stream(data, b"/Filter [" + b"/AHx " * count + b"]", deflated=False)
    assert of(pdf(FILE, stream)).contents == ((b"MZ",) if count <= 8 else (None,))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("algorithm", ["RC4-40", "RC4-128", "AES-128", "AES-256-R5", "AES-256"])
@pytest.mark.parametrize(("password", "codes", "contents"), [("", (), (STUB,)), ("x", ("container.encrypted",), ())])
def test_encryption(
    packed: bool, algorithm: str, password: str, codes: tuple[str, ...], contents: tuple[bytes, ...]
) -> None:
    """A file with an empty user password can be read by anybody, another one by nobody; its files may be packed."""
    writer, held = PdfWriter(), io.BytesIO()
    writer.add_blank_page(100, 100)
    writer.add_attachment("evil.exe", STUB)
    if packed:
        default_passwords._compress(writer)
    writer.encrypt(password, "owner", algorithm=algorithm)
    writer.write(held)
    found = of(held.getvalue())
    assert (found.codes, found.contents) == (codes, contents)


JAVASCRIPT = b"<< /S /JavaScript /JS (1) >>"


@pytest.mark.parametrize(
    "content",
    [
        pdf(JAVASCRIPT),
        pdf(b"<< /S/J#61va#53cript/JS 4 0 R >>"),
        pdf(b"<< /#53 % why\n /JavaScript /JS 4 0 R >>"),
        pdf(b"<< /S 4 0 R /JS 5 0 R >>", b"/JavaScript"),
        pdf(object_stream((9, JAVASCRIPT))),
        pdf(object_stream((9, JAVASCRIPT), keys=b"/Type/#4fbjStm")),
        pdf(object_stream((9, JAVASCRIPT), keys=b"")),
        pdf(object_stream((9, JAVASCRIPT), keys=b"/Pad (" + b"x" * 5000 + b") /Type /ObjStm")),
        pdf(b"(unclosed << /S /JavaScript /JS (1) >>"),
        pdf(b"<< /XFA 4 0 R >>", pdf_stream(b"<x:script>1</x:script>")),
        pdf(b"<< /Subtype /RichMedia >>"),
    ],
)
def test_scripts(content: bytes) -> None:
    """However they are written down."""
    assert set(of(content).codes) == {"document.script"}


@pytest.mark.parametrize(
    "content",
    [
        pdf(b"<< /S /Launch /F (a.exe) >>"),
        pdf(b"<< /S /L#61unch >>"),
        pdf(b"<< /S 4 0 R >>", b"/Launch"),
        pdf(object_stream((9, b"<< /S /Launch >>"))),
        pdf(b"<< /S /GoToR /F (\\\\\\\\host\\\\share\\\\a.pdf) >>"),
        pdf(b"<< /S /GoToE /F << /UF (http://x.test/) >> >>"),
        pdf(b"<< /S /GoToR /F 4 0 R >>", b"<< /F (//host/share/a.pdf) >>"),
    ],
)
def test_what_reaches_outside(content: bytes) -> None:
    """Programs that are started, and files of other machines."""
    assert set(of(content).codes) == {"document.external"}


@pytest.mark.parametrize(
    "inside",
    [
        b"<< /S /URI /URI (https://x.test/Launch) >>",
        b"<< /Title (words: /Launch and /JavaScript, /EF << >>) >>",
        b"<< /S /GoToR /F (other.pdf) >>",
        b"<< /First 5 0 R /Count 3 >>",
        pdf_stream(b"BT (/S /Launch) Tj ET"),
        b"<< /XFA 4 0 R >>",
    ],
)
def test_ordinary_documents(inside: bytes) -> None:
    """Nothing is said of them."""
    found = of(pdf(inside, pdf_stream(b"<form/>")))
    assert (found.members, found.codes) == ((), ())


def test_an_ordinary_document_is_not_read_as_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    """It costs a search alone."""
    monkeypatch.setattr("gateway.understand.openers.pdf.pdf.read_body", None)
    noise = random.Random(1).randbytes(60_000)
    assert of(pdf(pdf_stream(noise), object_stream((9, b"<< /Type /Page >>")))).codes == ()


@pytest.mark.parametrize(
    ("before", "expected"), [(HEADER_BYTES - 1, ()), (HEADER_BYTES, ()), (HEADER_BYTES + 1, "late")]
)
def test_how_late_the_header_may_stand(before: int, expected: tuple[str, ...] | str) -> None:
    """Adobe's readers look through 1,024 octets."""
    codes = of(b" " * before + pdf()).codes
    assert codes == (("container.mismatch",) if expected == "late" else ())


def test_a_late_header_of_something_else_is_no_matter() -> None:
    """An archive holds documents."""
    assert not fits(PDF, bytes(5000) + pdf(), "a.tar")


@pytest.mark.parametrize("content", [b"PK\3\4" + bytes(40) + pdf(), pdf() + b"PK\3\4" + bytes(40), pdf() + b"MZ"])
def test_two_kinds_of_file_in_one(content: bytes) -> None:
    """An archive or a program before or behind a document."""
    assert of(content).codes == ("container.mismatch",)


def test_an_archive_with_a_document_first_is_none_of_that() -> None:
    """It isn't said to be a document."""
    assert opened(PDF, b"PK\3\4" + bytes(40) + pdf(), "a.zip").codes == ()


def test_a_signed_or_updated_document_has_several_ends() -> None:
    """Text behind the first is a further revision."""
    assert of(pdf() + b"9 0 obj\n<< >>\nendobj\n%%EOF\n").codes == ()


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_the_length_of_an_object_stream(more: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Content beyond the limit is noted as unread."""
    stream = object_stream((9, JAVASCRIPT))
    length = len(b"9 0 ") + len(JAVASCRIPT) + 1
    monkeypatch.setattr(body, "MAX_OBJECT_STREAM_BYTES", length - more)
    assert ("container.unreadable" in of(pdf(stream)).codes) == (more > 0)


def test_an_object_stream_that_cannot_be_decoded() -> None:
    """It may hold anything."""
    stream = pdf_stream(b"no Deflate", b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", deflated=False)
    assert of(pdf(stream)).codes == ("container.unreadable",)


def test_objects_in_one_another_end_the_reading() -> None:
    """Each would be read up to the end of the file."""
    with pytest.raises(Unreadable):
        of(b"%PDF-1.7 /Launch " + b"1 0 obj " * 300_000)


def test_object_streams_in_one_another_end_the_reading() -> None:
    """Each would be read up to the end of the file, too."""
    with pytest.raises(Unreadable):
        of(b"%PDF-1.7\n" + b"1 0 obj<</Type/ObjStm/N 1/First 5>>stream\n" * 2_000)


@pytest.mark.parametrize("between", [b"%x\n", b" %x\r", b"%" + b"x" * 300 + b"\n"])
def test_comments_in_the_head_of_an_object(between: bytes) -> None:
    """They are blanks; where they hide the number too well, the file is one that nobody refers to."""
    document = pdf(FILE, EMBEDDED).replace(b" 0 obj", between + b"0" + between + b"obj")
    assert STUB in of(document).contents


def test_an_object_stream_keeps_to_the_budget() -> None:
    """Its octets are counted as they come."""
    with pytest.raises(Exhausted):
        opened(PDF, pdf(object_stream((9, bytes(3_000_000)))), bytes=1_000_000)
