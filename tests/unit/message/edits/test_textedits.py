"""Edits of text: placed in the decoded text, written back in the part's own charset and encoding if that can be."""

from __future__ import annotations

import base64

import pytest

from gateway.message.edits import Edit, EditConflict, InsertText, RemoveText, render
from gateway.message.mime.parse import parse
from gateway.message.model import Message
from gateway.message.part import Part


def mail(*fields: str, body: bytes) -> bytes:
    return "\r\n".join(["Subject: s", *fields, "", ""]).encode() + body


def amended(raw: bytes, *edits: Edit) -> Part:
    octets = render(parse(raw), edits)
    message: Message = parse(octets)
    assert b"\n" not in octets.replace(b"\r\n", b"")
    assert max(map(len, octets.split(b"\r\n"))) <= 998
    return message.parts[-1]


def top(text: str, html: str = "") -> InsertText:
    return InsertText("1", "top", text, html)


def end(text: str, html: str = "") -> InsertText:
    return InsertText("1", "end", text, html)


def test_top_and_end_are_lines_of_their_own() -> None:
    """A line break comes where one is missing; in the order of the edits."""
    raw = mail(body=b"hello")
    assert amended(raw, top("T1"), end("E1"), top("T2\n"), end("E2")).text == "T1\r\nT2\r\nhello\r\nE1\r\nE2\r\n"
    assert render(parse(raw), [top("T")]) == mail(body=b"T\r\nhello")


def test_an_offset_is_exact() -> None:
    """Nothing is added around what is inserted there."""
    assert amended(mail(body=b"hello\r\n"), InsertText("1", 2, "XX", "")).text == "heXXllo\r\n"
    assert amended(mail(body=b"hello\r\n"), InsertText("1", 7, "XX", "")).text == "hello\r\nXX"


def test_html_goes_inside_the_body_element() -> None:
    """The HTML goes before the last end tag, or around everything if there is none."""
    html = "Content-Type: text/html"
    raw = mail(html, body=b"<html><BODY bgcolor=x>a</body> b</BODY ></html>\r\n")
    assert amended(raw, top("t", "<p>T</p>"), end("e", "<p>E</p>")).text == (
        "<html><BODY bgcolor=x><p>T</p>a</body> b<p>E</p></BODY ></html>\r\n"
    )
    assert amended(mail(html, body=b"<html>a</html>"), end("", "E")).text == "<html>aE</html>"
    assert amended(mail(html, body=b"a"), top("", "T"), end("", "E")).text == "TaE"


def test_removals_may_overlap() -> None:
    """Text that either edit removes is removed."""
    raw = mail(body=b"0123456789")
    assert amended(raw, RemoveText("1", 2, 5), RemoveText("1", 4, 7), RemoveText("1", 3, 3)).text == "01789"


def test_insertions_beside_a_removal() -> None:
    """At its ends they stand; inside it they are a conflict."""
    raw = mail(body=b"0123456789")
    cut = RemoveText("1", 2, 5)
    assert amended(raw, cut, InsertText("1", 2, "a", ""), InsertText("1", 5, "b", "")).text == "01ab56789"
    with pytest.raises(EditConflict):
        amended(raw, InsertText("1", 3, "a", ""), cut)


@pytest.mark.parametrize("edit", [RemoveText("1", 0, 11), RemoveText("1", -1, 3), InsertText("1", 11, "x", "")])
def test_offsets_outside_the_text_are_an_error(edit: Edit) -> None:
    """The edit was made for another text."""
    with pytest.raises(ValueError, match="outside"):
        amended(mail(body=b"0123456789"), edit)


@pytest.mark.parametrize("content_type", ["application/pdf", "text/calendar", "multipart/mixed"])
def test_only_plain_text_and_html_can_be_edited(content_type: str) -> None:
    """Anything else is an error."""
    with pytest.raises(ValueError, match="not text that can be edited"):
        amended(mail(f"Content-Type: {content_type}", body=b"x"), end("e", "e"))


def test_an_unknown_part_is_an_error() -> None:
    """The edit was made for another message."""
    with pytest.raises(ValueError, match="no part"):
        amended(mail(body=b"x"), InsertText("1.1", "end", "x", ""))


@pytest.mark.parametrize("edits", [(), (end(""),), (RemoveText("1", 1, 1),), (top("", "html only"),)])
def test_edits_that_change_nothing_leave_every_octet(edits: tuple[Edit, ...]) -> None:
    """The part isn't even encoded anew."""
    raw = mail("Content-Transfer-Encoding: base64", body=b"aGVs\r\nbG8=\r\n\r\n")
    assert render(parse(raw), edits) == raw


@pytest.mark.parametrize(
    ("fields", "body", "added", "charset", "encoding"),
    [
        ([], b"a\r\n", "e", None, "7bit"),
        ([], b"a\r\n", "\u00e9", "utf-8", "quoted-printable"),
        ([], b"a\r\n", "x" * 999, None, "quoted-printable"),
        ([], "\u00fc\r\n".encode(), "e", None, "7bit"),
        ([], "\u00fc\r\n".encode(), "\u00e9", "utf-8", "7bit"),
        (["Content-Type: text/plain; charset=iso-8859-1"], b"a\r\n", "\u00e9", "iso-8859-1", "quoted-printable"),
        (["Content-Type: text/plain; charset=iso-8859-1"], b"a\r\n", "\u6f22", "utf-8", "quoted-printable"),
        (["Content-Type: text/plain; charset=x-unknown"], b"\xfc\r\n", "e", "x-unknown", "7bit"),
        (["Content-Type: text/plain; charset=x-unknown"], b"\xfc\r\n", "\u00e9", "utf-8", "7bit"),
        (["Content-Type: text/plain; charset=gb2312"], b"\xd6\xd0\r\n", "\u6587", "gb2312", "7bit"),
        (["Content-Type: text/plain; charset=gb2312"], b"\xd6\xd0\r\n", "\U0001f600", "utf-8", "7bit"),
        (["Content-Transfer-Encoding: 8bit"], b"a\r\n", "\u00e9", "utf-8", "8bit"),
        (["Content-Transfer-Encoding: binary"], b"a\r\n", "\u00e9", "utf-8", "binary"),
        (["Content-Transfer-Encoding: base64"], b"YQ==", "\u00e9", "utf-8", "base64"),
        (["Content-Transfer-Encoding: Quoted-Printable"], b"a=41\r\n", "=", None, "quoted-printable"),
        (["Content-Transfer-Encoding: x-uuencode"], b"begin 644 x\r\n!80``\r\nend\r\n", "e", None, "base64"),
    ],
)
def test_charset_and_encoding_stay_if_they_can(
    fields: list[str], body: bytes, added: str, charset: str | None, encoding: str
) -> None:
    """Else this part becomes UTF-8, quoted-printable or base64; what was there reads as before."""
    raw = mail(*fields, body=body)
    part = amended(raw, end(added))
    assert part.text == edited(parse(raw).root.text, added)
    assert (part.charset, part.encoding) == (charset, encoding)


def edited(text: str, added: str) -> str:
    return text + ("" if text.endswith("\n") else "\r\n") + added + "\r\n"


def test_utf_16_is_written_as_base64() -> None:
    """Its line breaks are no octets that quoted-printable could keep."""
    field = "Content-Type: text/plain; charset=utf-16"
    raw = mail(field, "Content-Transfer-Encoding: base64", body=b"//5hAA==")
    assert amended(raw, end("e")).text == "a\r\ne\r\n"
    raw = mail(field, "Content-Transfer-Encoding: quoted-printable", body=b"=FF=FEa=00")
    part = amended(raw, end("e"))
    assert (part.text, part.encoding) == ("a\r\ne\r\n", "base64")


def test_line_breaks_follow_the_text() -> None:
    """A base64 text with LF gets LF, any other CRLF."""
    raw = mail("Content-Transfer-Encoding: base64", body=b"YQpiCg==")
    assert amended(raw, end("e\r\nf")).text == "a\nb\ne\nf\n"


def test_other_parameters_and_fields_stay_as_written() -> None:
    """Only the charset in the Content-Type changes; MIME-Version comes if new fields need it."""
    field = 'CONTENT-type: text/plain;\r\n\tCharset="us-ascii"; format=flowed'
    octets = render(parse(mail(field, body=b"a")), [end("\u00e9")])
    assert b"CONTENT-type: text/plain; format=flowed; charset=utf-8\r\n" in octets
    assert b"Content-Transfer-Encoding: quoted-printable\r\nMIME-Version: 1.0\r\n\r\na\r\n=C3=A9" in octets


@pytest.mark.parametrize(
    "field", ['Content-Type: text/plain; x="open', "Content-Type: text/plain; x=(", "Content-Type:"]
)
def test_a_broken_content_type_is_written_anew(field: str) -> None:
    """The charset must be readable."""
    part = amended(mail(field, body=b"a"), end("\u00e9"))
    assert (part.content_type, part.charset, part.text) == ("text/plain", "utf-8", "a\r\n\u00e9\r\n")


@pytest.mark.parametrize(
    "raw", [b"", b"\r\n", b"Subject: s", b"Subject: s\r\n", b"text at once", b"S: s\r\nno field\r\n"]
)
@pytest.mark.parametrize("added", ["e", "\u00e9"])
def test_messages_without_a_body_or_header(raw: bytes, added: str) -> None:
    """The blank line between comes where it is missing."""
    part = amended(raw, end(added))
    assert part.text == edited(parse(raw).root.text, added).removeprefix("" if parse(raw).root.text else "\r\n")
    assert part.header("subject") == parse(raw).header("subject")


def test_encoded_text_can_not_end_its_part() -> None:
    """A delimiter line that only decoding brings forth is written in base64."""
    raw = mail(
        "Content-Type: multipart/mixed; boundary=foo",
        body=b"--foo\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\na\r\n=2D-foo\r\n\r\nevil\r\n--foo--\r\n",
    )
    octets = render(parse(raw), [InsertText("1.1", "end", "e", "")])
    (part,) = parse(octets).leaves
    assert (part.encoding, part.text) == ("base64", "a\r\n--foo\r\n\r\nevil\r\ne\r\n")


def test_inserted_text_can_not_end_its_part() -> None:
    """Nor can what is inserted."""
    raw = mail("Content-Type: multipart/mixed; boundary=foo", body=b"--foo\r\n\r\na\r\n--foo\r\n\r\nb\r\n--foo--\r\n")
    message = parse(render(parse(raw), [InsertText("1.1", "end", "x\n--foo--\n", "")]))
    assert [part.text for part in message.leaves] == ["a\r\nx\r\n--foo--\r\n", "b"]


# --- charsets --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("charset", "encoding", "before", "added", "after"),
    [
        ("utf-16", "base64", "Grüße", "£ 日本", "utf-16"),
        ("utf-16be", "base64", "Grüße", "£ 日本", "utf-16be"),
        ("utf-16le", "quoted-printable", "Grüße", "£", "utf-16le"),
        ("iso-2022-jp", "7bit", "日本語の文", "東京", "iso-2022-jp"),
        ("iso-2022-jp", "7bit", "日本語の文", "é", "utf-8"),
        ("shift_jis", "8bit", "日本語の文", "東京", "shift_jis"),
        ("windows-1252", "8bit", "„Grüße“", "£ €", "windows-1252"),
        ("iso-8859-1", "8bit", "Grüße", "€", "utf-8"),
        ("koi8-r", "8bit", "Привет", "Здравствуй", "koi8-r"),
        ("gb2312", "8bit", "中文", "文", "gb2312"),
        ("utf-7", "7bit", "Grüße", "£", "utf-7"),
        ("us-ascii", "7bit", "hello", "£", "utf-8"),
        ("utf-8", "8bit", "Grüße", "£ 日本", "utf-8"),
    ],
)
def test_each_charset_reads_as_before(charset: str, encoding: str, before: str, added: str, after: str) -> None:
    """The old text and the added text are read; the charset changes only where it can't carry the addition."""
    octets = f"{before}\r\n".encode(charset)
    if encoding == "base64":
        octets = base64.encodebytes(octets).replace(b"\n", b"\r\n")
    elif encoding == "quoted-printable":
        octets = b"".join(b"=%02X" % octet for octet in octets)
    fields = (f"Content-Type: text/plain; charset={charset}", f"Content-Transfer-Encoding: {encoding}")
    part = amended(mail(*fields, body=octets), InsertText("1", "above_quote", added, ""))
    assert part.text == f"{before}\r\n\r\n{added}\r\n"
    assert part.charset == after
    assert not part.reading.problem


def test_a_document_that_names_its_charset_keeps_it() -> None:
    """The field and the document must not disagree: what it can't carry is written as character references."""
    html = (
        "<html><head><META http-equiv='Content-Type' content='text/html; charset=iso-8859-1'></head><body>Gr\xfc\xdfe"
    )
    fields = ("Content-Type: text/html; charset=iso-8859-1", "Content-Transfer-Encoding: 8bit")
    part = amended(mail(*fields, body=html.encode("latin-1")), end("", "<p>\u20ac \u6771</p>"))
    assert part.charset == "iso-8859-1"
    assert part.text == html + "<p>&#8364; &#26481;</p>"


def test_html_that_names_none_becomes_utf_8() -> None:
    """HTML becomes UTF-8 as plain text does."""
    fields = ("Content-Type: text/html; charset=iso-8859-1", "Content-Transfer-Encoding: 8bit")
    part = amended(mail(*fields, body="<p>Gr\xfc\xdfe".encode("latin-1")), end("", "<p>\u20ac</p>"))
    assert (part.charset, part.text) == ("utf-8", "<p>Gr\xfc\xdfe<p>\u20ac</p>")


@pytest.mark.parametrize(("length", "encoding"), [(997, "7bit"), (998, "7bit"), (999, "quoted-printable")])
def test_no_line_passes_998_octets(length: int, encoding: str) -> None:
    """RFC 5322 2.1.1; the reader sees the line whole."""
    part = amended(mail(body=b"a\r\n"), end("x" * length))
    assert part.encoding == encoding
    assert part.text == "a\r\n" + "x" * length + "\r\n"
