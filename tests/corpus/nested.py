"""Rows C01 to C20, the documents of Office and Outlook apart: nested messages, and containers but for archives."""

from __future__ import annotations

import base64
import quopri
from collections.abc import Iterator, Mapping

from tests.corpus import nested_pages, nested_pdfs, nested_sealed
from tests.corpus.case import Case
from tests.corpus.nested_made import (
    AMBIGUOUS,
    HARMLESS,
    INNER,
    MULTIPART,
    PROGRAM,
    UNREAD,
    attached,
    found,
    passing,
    zipped,
)
from tests.corpus.payloads import STUB, TEXT, message, multipart, part
from tests.corpus.wrapping import (
    calendar,
    card,
    data_uri,
    letters,
)

LEFT_OUT: Mapping[str, str] = {"C19": "a link in a text is a matter of the rules for text and addresses"}


def cases() -> Iterator[Case]:
    yield from _messages()
    yield from _message_files()
    yield from _elsewhere()
    yield from _reports()
    yield from _calendars()
    yield from _nameless()
    for module in (nested_sealed, nested_pages, nested_pdfs):
        yield from module.cases()


# --- messages --------------------------------------------------------------------------------------------------------


def _nested(raw: bytes, levels: int) -> bytes:
    for _ in range(levels):
        raw = multipart(TEXT, part(b"Content-Type: message/rfc822\r\n", raw), boundary=b"b%d" % len(raw))
    return raw


def _messages() -> Iterator[Case]:
    yield from found("C01", PROGRAM, ((f"{n}-deep", _nested(INNER, n)) for n in (1, 3, 10)))
    yield Case("C01", "too-deep", _nested(INNER, 40), any_of=frozenset({"structure.limit", *UNREAD}))
    yield from passing("C01", [("harmless", _nested(HARMLESS, 2))])
    for kind in (b"message/rfc822", b"message/global"):
        what = kind.decode("ascii").partition("/")[2]
        for coding, body in (("base64", base64.encodebytes(INNER)), ("quoted-printable", quopri.encodestring(INNER))):
            fields = b"Content-Type: %b\r\nContent-Transfer-Encoding: %b\r\n" % (kind, coding.encode("ascii"))
            text = body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
            yield Case("C02", f"{what}-{coding}", multipart(TEXT, part(fields, text)), all_of=PROGRAM | AMBIGUOUS)


def _message_files() -> Iterator[Case]:
    files = {
        "eml": attached(b"f.eml", INNER),
        "no-extension": attached(b"f", INNER),
        "dat": attached(b"f.dat", INNER),
        "mht": attached(b"f.mht", INNER),
        "mhtml": attached(b"f.mhtml", INNER, b"application/x-mimearchive"),
        "eml-as-text": attached(b"f.eml", INNER, b"text/plain"),
        "rfc822-headers": multipart(TEXT, part(b"Content-Type: text/rfc822-headers\r\n", INNER)),
        "nws": attached(b"f.nws", INNER),
        "emlx": attached(b"f.emlx", b"%d \n%b<?xml version='1.0'?><plist/>" % (len(INNER), INNER)),
        "mbox": attached(b"f.mbox", b"From a@x.test Mon Jan  5 10:00:00 2026\r\n%b\r\n" % HARMLESS * 2
                         + b"From b@x.test Mon Jan  5 10:00:01 2026\r\n" + INNER),
        "mbox-as-data": attached(b"old mail", b"From a@x.test Mon Jan  5 10:00:00 2026\n" + INNER),
        "in-a-zip": attached(b"f.zip", zipped(b"f.eml", INNER)),
        "eml-in-eml": attached(b"f.eml", attached(b"g.eml", INNER)),
    }  # fmt: skip
    yield from found("C03", PROGRAM, files.items())
    yield from passing("C03", [("harmless", attached(b"f.eml", HARMLESS))])
    yield from passing("C03", [("quoted-in-text", message(b"From: a\r\nTo: b\r\nSubject: c\r\n\r\nhello\r\n"))])


def _elsewhere() -> Iterator[Case]:
    partial = b'Content-Type: message/partial; id="x@y"; number=%d; total=2'
    yield from found("C05", UNREAD, ((f"piece-{n}", message(INNER[: len(INNER) // 2], partial % n)) for n in (1, 2)))
    yield from found("C05", UNREAD, [("as-part", multipart(TEXT, part(partial % 1 + b"\r\n", INNER)))])
    accesses = {
        "url": b'access-type=URL; URL="http://x.test/p.exe"',
        "anon-ftp": b"access-type=ANON-FTP; site=x.test; name=p.exe",
        "local-file": b'access-type=local-file; name="/etc/passwd"',
    }
    for what, access in accesses.items():
        body = part(b"Content-Type: message/external-body; %b\r\n" % access, b"Content-Type: text/plain\r\n\r\n")
        yield Case("C06", what, multipart(TEXT, body), all_of=UNREAD)


def _reports() -> Iterator[Case]:
    status = part(b"Content-Type: message/delivery-status\r\n", b"Reporting-MTA: dns; x.test\r\n")
    kind = b"report; report-type=delivery-status"
    whole = part(b"Content-Type: message/rfc822\r\n", INNER)
    harmless = part(b"Content-Type: text/rfc822-headers\r\n", b"From: a@x.test\r\nReceived: from x\r\n" + MULTIPART)
    yield from found("C12", PROGRAM, [("bounce", multipart(TEXT, status, whole, kind=kind))])
    as_headers = part(b"Content-Type: text/rfc822-headers\r\n", INNER)
    yield from found("C12", PROGRAM, [("headers-only-that-are-more", multipart(TEXT, status, as_headers, kind=kind))])
    yield from passing("C12", [("harmless", multipart(TEXT, status, harmless, kind=kind))])


def _nameless() -> Iterator[Case]:
    types = ("x-msdownload", "x-dosexec", "vnd.microsoft.portable-executable", "octet-stream")
    for kind in types:
        fields = b"Content-Type: application/%b\r\nContent-Transfer-Encoding: base64\r\n" % kind.encode("ascii")
        body = part(fields, base64.encodebytes(STUB).replace(b"\n", b"\r\n"))
        yield from found("C20", PROGRAM, [(kind, multipart(TEXT, body))])
    fields = b"Content-Type: application/x-msdownload\r\nContent-Transfer-Encoding: base64\r\n"
    yield from found("C20", PROGRAM, [("by-type-alone", multipart(TEXT, part(fields, b"AAECAwQF\r\n")))])


# --- calendars -------------------------------------------------------------------------------------------------------


def _calendars() -> Iterator[Case]:
    binary = b"ATTACH;ENCODING=BASE64;VALUE=BINARY;"
    events = {
        "filename": calendar(binary + b"FILENAME=evil.exe:" + letters(STUB)),
        "x-filename": calendar(binary + b'FMTTYPE=application/octet-stream;X-FILENAME="evil.exe":' + letters(STUB)),
        "no-name": calendar(binary[:-1] + b":" + letters(STUB)),
        "data-uri": calendar(b"ATTACH;FILENAME=x:" + data_uri(STUB)),
        "by-name": calendar(binary + b"FILENAME=evil.exe:" + letters(b"no program at all")),
    }
    for what, octets in events.items():
        fields = b"Content-Type: text/calendar; method=REQUEST\r\n"
        yield from found("C13", PROGRAM, [(what, multipart(TEXT, part(fields, octets), kind=b"alternative"))])
    file = calendar(binary + b"FILENAME=evil.exe:" + letters(STUB))
    yield from found("C13", PROGRAM, [("ics", attached(b"a.ics", file)), ("by-look", attached(b"a.dat", file))])
    yield from passing(
        "C13", [("harmless", attached(b"a.ics", calendar(b"DESCRIPTION:See you", b"ATTACH:https://x.test/a")))]
    )
    cards = {
        "photo": card(b"PHOTO;ENCODING=b;TYPE=JPEG:" + letters(STUB)),
        "key": card(b"KEY;ENCODING=b:" + letters(STUB)),
        "sound": card(b"SOUND;ENCODING=b;TYPE=WAVE:" + letters(STUB)),
        "old": card(b"LOGO;BASE64;GIF:" + letters(STUB), version=b"2.1"),
        "new": card(b"PHOTO:" + data_uri(STUB, b"image/jpeg"), version=b"4.0"),
        "grouped": card(b"item1.PHOTO;ENCODING=BASE64:" + letters(STUB)),
        "quoted-printable": card(b"KEY;ENCODING=QUOTED-PRINTABLE:", version=b"2.1").replace(
            b"PRINTABLE:", b"PRINTABLE:" + _quoted(STUB)
        ),
    }
    for what, octets in cards.items():
        yield from found("C14", PROGRAM, [(what, attached(b"a.vcf", octets, b"text/vcard"))])
    picture = b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(2000)
    yield from passing(
        "C14", [("harmless", attached(b"a.vcf", card(b"PHOTO;ENCODING=b:" + letters(picture)), b"text/vcard"))]
    )


def _quoted(octets: bytes) -> bytes:
    """Every octet escaped, 20 a line."""
    lines = [octets[at : at + 20] for at in range(0, len(octets), 20)]
    return b"=\r\n".join(b"".join(b"=%02X" % octet for octet in line) for line in lines)
