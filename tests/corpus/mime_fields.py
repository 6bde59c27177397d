"""M01 to M22: encodings and types that are declared twice, wrongly, or where few look."""

from __future__ import annotations

import base64

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
    encodings,
    mixed,
    numbered,
    of,
    rooted,
)


def m01() -> Row:
    yield "quoted-printable", encodings(b"base64", b"quoted-printable")
    yield "7bit", encodings(b"base64", b"7bit")


def m02() -> Row:
    yield "quoted-printable", encodings(b"quoted-printable", b"base64")
    yield "8bit", encodings(b"8bit", b"base64")


def m03() -> Row:
    yield "first", encodings(b"quoted-printable", b"base64", b"base64")
    yield "last", encodings(b"base64", b"base64", b"quoted-printable")


def m04() -> Row:
    yield "first", encodings(b"xxxxxxx", b"base64")
    yield "last", encodings(b"base64", b"xxxxxxx")


def m05() -> Row:
    values = (b"base64, quoted-printable", b"quoted-printable, base64", b'"base64", quoted-printable', b"base64,base64")
    return numbered(map(encodings, values))


def m06() -> Row:
    values = (b"base645", b"base64-", b"bas64", b"base64base64", CTE + b":base64", b": base64", b"b ase64", b'"base64"')
    return numbered(map(encodings, values))


def m07() -> Row:
    fields = (b"\0" + CTE + b": base64", CTE + b"\0: base64", CTE + b": \0base64", CTE + b": bas\0e64")
    return numbered(encoded_by(field + b"\r\n") for field in (*fields, CTE + b": base64\0", b"Content\0-" + CTE[8:]))


def m08() -> Row:
    yield "space", encoded_by(b" " + BASE64)
    yield "tab", encoded_by(b"\t" + BASE64)
    yield "under-another", encoded_by(b"X-A: b\r\n  " + BASE64)
    yield "first-of-all", mixed(TEXT, b" " + BASE64 + OCTETS + b"\r\n" + ENCODED)


def m09() -> Row:
    yield "encoding", encoded_by(CTE + b" : base64\r\n")
    yield "tab", encoded_by(CTE + b"\t: base64\r\n")
    yield "type", rooted(CT + b" : multipart/mixed; boundary=foo\r\n", divided(TEXT, FILE))


def m10() -> Row:
    yield "encoding", encoded_by(CTE + b"\r\n :base64\r\n")
    yield "type", rooted(CT + b"\r\n : multipart/mixed; boundary=foo\r\n", divided(TEXT, FILE))


def m11(payload: bytes) -> Row:
    yield "space", encoded_by(CTE + b":\r\n base64\r\n", payload=payload)
    yield "tab", encoded_by(CTE + b":\r\n\tbase64\r\n", payload=payload)


def m12() -> Row:
    return numbered(encodings(value) for value in (b"bas\r\n e64", b"base\r\n\t64", b"b\r\n ase64"))


def m13() -> Row:
    names = (CTE + b"(x): base64", CTE + b" (x): base64", CTE + b": bas(c\r\n x)e64", CTE + b": bas(x)e64")
    yield from numbered(encoded_by(field + b"\r\n") for field in names)
    yield "open", encoded_by(CTE + b": base64(quoted-printable\r\n" + ATTACHED, before=OCTETS)


def m13_valid(payload: bytes) -> Row:
    values = (b"base64 (qp)", b"(qp)base64", b"(a (nested) one)\r\n base64")
    return numbered(encodings(value, payload=payload) for value in values)


def m14() -> Row:
    values = (b"=?US-ASCII?Q?base64?=", b"ba=?US-ASCII?Q?se64?=", b"=?utf-8?B?YmFzZTY0?=")
    return numbered(map(encodings, values))


def m15(payload: bytes) -> Row:
    return numbered(encodings(value, payload=payload) for value in (b"base64 ", b"base64\t", b"base64 \t "))


def m16(payload: bytes) -> Row:
    yield "base64", encodings(b"bASe64", payload=payload)
    part = OCTETS + CTE + b": qUOteD-PrinTAblE\r\n\r\n" + quoted(base64.b64decode(payload))
    yield "quoted-printable", mixed(TEXT, part)
    yield "multipart", of(b"mUltIpARt/mIxeD; BoUndAry=foo", divided(TEXT, OCTETS + BASE64 + b"\r\n" + payload))


def quoted(content: bytes) -> bytes:
    """Quoted-printable of any octets, every one of them escaped."""
    lines = (content[at : at + 20] for at in range(0, len(content), 20))
    return b"".join(b"".join(b"=%02X" % octet for octet in line) + b"=\r\n" for line in lines)


def m17() -> Row:
    inner = divided(TEXT, FILE)
    whole = base64.encodebytes(inner).replace(b"\n", b"\r\n")
    yield "multipart", rooted(CT + b": multipart/mixed; boundary=foo\r\n" + BASE64, whole)
    yield "quoted", rooted(CT + b": multipart/mixed; boundary=foo\r\n" + CTE + b": quoted-printable\r\n", quoted(inner))
    nested = base64.encodebytes(mixed(TEXT, FILE)).replace(b"\n", b"\r\n")
    yield "message", mixed(TEXT, CT + b": message/rfc822\r\n" + BASE64 + b"\r\n" + nested)
    yield "part", mixed(TEXT, CT + b": multipart/mixed; boundary=foo\r\n" + BASE64 + b"\r\n" + whole)


# --- types: M18 to M22 -----------------------------------------------------------------------------------------------


def types(*values: bytes) -> bytes:
    return b"".join(CT + b": " + value + b"\r\n" for value in values)


def inner(fields: bytes, boundary: bytes = b"bar") -> bytes:
    """A message with a part of these fields, which is divided."""
    return mixed(TEXT, fields + b"\r\n" + divided(FILE, boundary=boundary))


def m18() -> Row:
    multi = b"multipart/mixed; boundary=foo"
    for name, values in (("leaf-first", (b"application/octet-stream", multi)), ("leaf-last", (multi, b"text/plain"))):
        yield name, rooted(types(*values), divided(TEXT, FILE))
    nested = types(b"text/plain", b"message/rfc822")
    yield "message", mixed(TEXT, nested + b"\r\n" + mixed(TEXT, FILE))


def m19() -> Row:
    multi = b"multipart/mixed; boundary=bar"
    yield "leaf-first", inner(types(b"application/octet-stream", multi))
    yield "leaf-last", inner(types(multi, b"application/octet-stream"))


def m20() -> Row:
    one, other = b"multipart/mixed", b"application/octet-stream"
    for name, value in (("first", one + b", " + other), ("last", other + b", " + one), ("none", one + b" " + other)):
        yield name, of(value + b"; boundary=foo", divided(TEXT, FILE))
        yield f"{name}-inside", inner(types(value + b"; boundary=bar"))


def m21() -> Row:
    twice = b"multipart/mixedmultipart/mixed; boundary=foo"
    broken = (
        twice,
        b"multipar\0t/mixed; boundary=foo",
        b"multipart mixed; boundary=foo",
        b"/multipart/mixed;boundary=foo",
    )
    return numbered(of(value, divided(TEXT, FILE)) for value in broken)


def m21_nameless() -> Row:
    yield "no-type", mixed(TEXT, CT + b': ; name="x.dat"\r\n' + BASE64 + b"\r\n" + ENCODED)
    yield "no-field", mixed(TEXT, b": application/octet-stream\r\n" + ATTACHED + BASE64 + b"\r\n" + ENCODED)


def m22() -> Row:
    yield "root", rooted(CT + b"(meow): multipart/mixed; boundary=foo\r\n", divided(TEXT, FILE))
    yield "inside", inner(CT + b"(meow): multipart/mixed; boundary=bar\r\n")
