"""M23 to M39: boundaries that programs read differently."""

from __future__ import annotations

from tests.corpus.mime_fields import types
from tests.corpus.mime_pieces import BASE64, CT, ENCODED, FILE, TEXT, Row, divided, mixed, of, rooted


def under(declared: bytes, *used: bytes) -> Row:
    """One message for each boundary that is used under the same declaration."""
    for number, boundary in enumerate(used, 1):
        name = f"{declared.decode('latin-1')!r} as {number}"
        yield name, of(b"multipart/mixed; " + declared, divided(TEXT, FILE, boundary=boundary))


def m23() -> Row:
    yield from under(b"boundary=X; boundary=Y", b"X", b"Y")
    both = divided(TEXT, boundary=b"X") + divided(FILE, boundary=b"Y")
    yield "both", of(b"multipart/mixed; boundary=X; boundary=Y", both)
    yield "mirrored", of(b"multipart/mixed; boundary=Y; boundary=X", both)


def m24() -> Row:
    two = types(b"multipart/mixed; boundary=X", b"multipart/mixed; boundary=Y")
    yield "first", rooted(two, divided(TEXT, FILE, boundary=b"X"))
    yield "second", rooted(two, divided(TEXT, FILE, boundary=b"Y"))
    yield "both", rooted(two, divided(TEXT, boundary=b"X") + divided(FILE, boundary=b"Y"))


def m25() -> Row:
    for number, field in enumerate((b'attachment; boundary="X"', b"attachment; boundary*=utf-8''X"), 1):
        fields = CT + b": multipart/mixed; boundary=Y\r\nContent-Disposition: " + field + b"\r\n"
        yield f"{number}-type's", rooted(fields, divided(TEXT, FILE, boundary=b"Y"))
        yield f"{number}-both", rooted(fields, divided(TEXT, boundary=b"Y") + divided(FILE, boundary=b"X"))


def m26() -> Row:
    yield from under(b"boundary=foo, boundary=faa", b"foo", b"faa")
    yield from under(b"boundary=foo,faa", b"foo", b"faa", b"foo,faa")


def m27() -> Row:
    yield from under(b'boundary=" foo"', b"foo", b" foo")
    yield from under(b'boundary="foo "', b"foo", b"foo ")
    yield from under(b"boundary=foo foo", b"foo", b"foo foo", b"foofoo")


def m28() -> Row:
    yield from under(b'boundary="X;"', b"X", b"X;")
    yield from under(b"boundary=foo;foo", b"foo", b"foo;foo")


def m29() -> Row:
    yield from under(b'boundary=""foo', b"foo", b"", b'""foo')
    yield from under(b'boundary="bar"foo', b"foo", b"bar", b"barfoo")
    yield from under(b'boundary="', b"", b'"')
    yield from under(b'boundary="a\\"b"', b'a"b', b"a", b'a\\"b')
    yield from under(b'boundary="a\\b"', b"ab", b"a\\b")
    yield "quoted-delimiter", of(b'multipart/mixed; boundary="foo foo"', divided(TEXT, FILE, boundary=b'"foo foo"'))


def m30() -> Row:
    for declared in (b"boundary=", b'boundary=""', b"boundary=;"):
        yield from under(declared, b"", b";", b"foo")
    yield "missing", of(b"multipart/mixed", divided(TEXT, FILE))


def m31() -> Row:
    yield from under(b"boundary=\0foo", b"foo", b"\0foo")
    yield from under(b"boundary\0=foo", b"foo")
    yield from under(b"boundary=f\x01oo", b"foo", b"f\x01oo")


def m32() -> Row:
    yield from under(b"boundary=foo(foo)foo", b"foo", b"foofoo", b"foo(foo)foo")
    yield from under(b"boundary=(foo)1", b"1", b"(foo)1")
    yield from under(b"boundary(c)=foo", b"foo")
    yield from under(b'boundary((c))="A"; boundary="B"', b"A", b"B")


def m33() -> Row:
    yield from under(b"boundary==?US-ASCII?Q?foo?=", b"foo", b"=?US-ASCII?Q?foo?=")
    yield from under(b"boundary=abc=?us-ascii?Q?def?=", b"abcdef", b"abc", b"abc=?us-ascii?Q?def?=")


def m34() -> Row:
    yield from under(b"boundary*0=fo; boundary*1=o", b"foo", b"fo")
    yield from under(b"boundary*=us-ascii''f%6Fo", b"foo", b"f%6Fo", b"us-ascii''f%6Fo")
    yield from under(b"boundary*0=fo; boundary*0=fa; boundary*1=o", b"foo", b"fao")
    yield from under(b"boundary*0=fo; boundary*2=o", b"foo", b"fo")
    yield from under(b"boundary*=utf-8''f%C3%B6o", "f\u00f6o".encode(), "f\u00f6o".encode("latin-1"))
    yield from under(b"boundary=bar; boundary*=us-ascii''foo", b"foo", b"bar")


def m35() -> Row:
    yield from under(b"boundary=foo\r\n foo", b"foo", b"foofoo", b"foo foo")
    yield from under(b'boundary="foo\r\n foo"', b"foofoo", b"foo foo")


def m35_valid(part: bytes) -> Row:
    for number, declared in enumerate((b"boundary=\r\n foo", b"boundary\r\n =foo", b"\r\n\tboundary=foo"), 1):
        yield str(number), of(b"multipart/mixed; " + declared, divided(TEXT, part))


def m36() -> Row:
    yield from under(b"x:y=1; boundary=foo", b"foo")
    yield from under(b"x\xe9y=1; boundary=foo", b"foo")
    yield from under(b"=1; boundary=foo", b"foo")


def m36_valid(part: bytes) -> Row:
    yield "semicolons", of(b"multipart/mixed;;; boundary=foo;;", divided(TEXT, part))


def m37() -> Row:
    yield "boundary", of(b"multipart/mixed boundary=foo", divided(TEXT, FILE))
    field = CT + b': application/octet-stream; x-unix-mode=0600\r\n name="x.dat"\r\n'
    yield "name", mixed(TEXT, field + BASE64 + b"\r\n" + ENCODED)
    yield "between", of(b"multipart/mixed; charset=utf-8 boundary=foo", divided(TEXT, FILE))


def m38() -> Row:
    yield "name", of(b"multipart/mixed; bound=foo", divided(TEXT, FILE))
    yield "value", mixed_under(b"boundary=foo", b"faa")
    yield "case", mixed_under(b"boundary=foo", b"FOO")


def mixed_under(declared: bytes, used: bytes) -> bytes:
    return of(b"multipart/mixed; " + declared, divided(TEXT, FILE, boundary=used))


def m39() -> Row:
    fields = CT + b': multipart/mixed;\r\nX-Priority: 3\r\n\tboundary="foo"\r\n'
    yield "priority", rooted(fields, divided(TEXT, FILE))
    yield "above", rooted(b"X-A: b;\r\n boundary=foo\r\n" + CT + b": multipart/mixed\r\n", divided(TEXT, FILE))
