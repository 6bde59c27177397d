"""M52 to M62: lines of a header that end it, split it, or seem to."""

from __future__ import annotations

from tests.corpus.mime_pieces import (
    ATTACHED,
    BASE64,
    CT,
    CTE,
    ENCODED,
    FILE,
    OCTETS,
    TEXT,
    Row,
    divided,
    encoded_by,
    mixed,
    numbered,
    of,
    rooted,
)
from tests.corpus.payloads import headers


def separated(by: bytes) -> bytes:
    return mixed(TEXT, OCTETS + ATTACHED + CTE + b": base64" + by + ENCODED)


def m52() -> Row:
    yield from numbered(
        map(separated, (b"\r\n \r\n", b"\r\n\t\r\n", b"\r\n", b"\r\n(\r\n)\r\n", b"\r\n  \t \r\n", b"\r\n.\r\n"))
    )
    yield "redundant", mixed(TEXT, OCTETS + ATTACHED + b"\r\n" + BASE64 + b"\r\n" + ENCODED)
    yield "redundant-blanks", mixed(TEXT, OCTETS + b" \r\n" + BASE64 + b"\r\n" + ENCODED)
    yield "root", headers() + CT + b": multipart/mixed; boundary=foo\r\n \r\n" + divided(TEXT, FILE)


def m52_newlines() -> Row:
    """Return separators of lone CR and LF, which the gateway makes CRLF on entry."""
    return numbered(map(separated, (b"\n\r\n", b"\r\r\n", b"\r\r", b"\n\n", b"\r\n\r", b"\n\r")))


def m53() -> Row:
    before = OCTETS + ATTACHED + b"\r\n"
    yield "alone", mixed(TEXT, before + BASE64 + b"\r\n" + ENCODED)
    yield "prose", mixed(TEXT, before + b"Please see below.\r\n" + BASE64 + b"\r\n" + ENCODED)
    yield "prose-behind", mixed(TEXT, before + BASE64 + b"A sentence.\r\n\r\n" + ENCODED)
    yield "indented", mixed(TEXT, before + b"  " + BASE64 + b"\r\n" + ENCODED)
    yield "text", mixed(TEXT, CT + b": text/plain; name=x.dat\r\n\r\n" + BASE64 + b"\r\n" + ENCODED)


def m54() -> Row:
    line = b"A meaningless sentence.\r\n"
    yield "above", encoded_by(line + BASE64)
    yield "first", mixed(TEXT, line + OCTETS + BASE64 + b"\r\n" + ENCODED)
    yield "root", rooted(line + CT + b": multipart/mixed; boundary=foo\r\n", divided(TEXT, FILE))


def m55() -> Row:
    breaks = (b"\r\x13", b"\x13\r\n", b"\x0b", b"\x0c", b"\xc2\x85", b"\xe2\x80\xa8", b"\x1e", b"\r\n\x0b")
    return numbered(mixed(TEXT, OCTETS + ATTACHED[:-2] + one + BASE64 + b"\r\n" + ENCODED) for one in breaks)


def m56() -> Row:
    """Made CRLF on entry."""
    breaks = (b"\r", b"\n", b"\n\r", b"\r\r\n", b"\r\n\n")
    return numbered(mixed(TEXT, OCTETS + ATTACHED[:-2] + one + BASE64 + b"\r\n" + ENCODED) for one in breaks)


def m57(part: bytes) -> Row:
    yield "removed", mixed(TEXT, part).replace(b"MIME-Version: 1.0\r\n", b"")


def m58(part: bytes) -> Row:
    yield "no-headers", mixed(b"\r\njust text\r\n", part)
    digest = b"\r\nSubject: in a digest\r\n" + part
    yield "digest", of(b"multipart/digest; boundary=foo", divided(b"\r\nSubject: one\r\n\r\ntext\r\n", digest))


def m59(part: bytes) -> Row:
    for kind in (b"x-foo", b"voice-message", b"parallel"):
        yield kind.decode(), of(b"multipart/" + kind + b"; boundary=foo", divided(TEXT, part))


def m60(part: bytes) -> Row:
    page = CT + b": text/html\r\n\r\n<p>hi</p>\r\n"
    yield "third", of(b"multipart/alternative; boundary=foo", divided(TEXT, page, part))
    related = b'multipart/related; boundary=foo; type="text/html"; start="<second@x.test>"'
    yield "related", of(related, divided(part, b"Content-ID: <second@x.test>\r\n" + page))
    yield "twenty", of(b"multipart/alternative; boundary=foo", divided(*[TEXT] * 19, part))


def m61() -> Row:
    whole = mixed(TEXT, FILE)
    yield "byte-order-mark", b"\xef\xbb\xbf" + whole
    yield "mark-at-part", mixed(TEXT, b"\xef\xbb\xbf" + OCTETS + BASE64 + b"\r\n" + ENCODED)
    at = whole.index(b"To:")
    for name, line in (("mbox", b"From a@x.test Tue Nov 25 10:00:00 2025\r\n"), ("quoted", b">From a@x.test\r\n")):
        yield name, whole[:at] + line + whole[at:]
    yield "mark-before-type", b"\xef\xbb\xbf" + CT + b": multipart/mixed; boundary=foo\r\n\r\n" + divided(TEXT, FILE)


def m62() -> Row:
    quoted_header = CT + b": multipart/mixed; boundary=xyz\r\n" + BASE64 + b"MIME-Version: 1.0\r\n"
    bounce = b"From: a@x.test\r\nSubject: s\r\n" + quoted_header + b"\r\n--xyz\r\n\r\nhello\r\n--xyz--\r\n"
    yield "bounce", of(b"text/plain", b"This message was undeliverable:\r\n\r\n" + bounce)
    yield "source", mixed(TEXT, CT + b": text/plain\r\n\r\nHere is its source:\r\n" + bounce)
    yield "header", mixed(TEXT, CT + b": text/rfc822-headers\r\n\r\n" + quoted_header)
    yield "header-only", mixed(TEXT, CT + b": text/plain\r\n\r\n" + bounce)
