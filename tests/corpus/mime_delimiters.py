"""M40 to M51: delimiter lines that are not quite, and parts where none belong."""

from __future__ import annotations

from tests.corpus.mime_fields import inner, types
from tests.corpus.mime_pieces import BASE64, CT, ENCODED, FILE, OCTETS, TEXT, Row, divided, mixed, of


def replaced(old: bytes, new: bytes, count: int = -1) -> bytes:
    """An ordinary message with something of its body replaced."""
    whole = mixed(TEXT, FILE, TEXT)
    at = whole.index(b"--foo")
    return whole[:at] + whole[at:].replace(old, new, count)


def m40() -> Row:
    yield "all", replaced(b"--foo", b" --foo")
    yield "first", replaced(b"--foo", b" --foo", 1)
    yield "middle", replaced(b"hi\r\n--foo\r\n", b"hi\r\n --foo\r\n", 1)
    yield "tab", replaced(b"hi\r\n--foo\r\n", b"hi\r\n\t--foo\r\n", 1)


def m41() -> Row:
    yield "all", replaced(b"--foo\r\n", b"--foo extra\r\n")
    yield "middle", replaced(b"hi\r\n--foo\r\n", b"hi\r\n--foo extra\r\n", 1)
    yield "comment", replaced(b"hi\r\n--foo\r\n", b"hi\r\n--foo (x)\r\n", 1)


def m41_valid(part: bytes) -> Row:
    yield "padding", mixed(TEXT, part).replace(b"\r\n--foo\r\n", b"\r\n--foo  \t\r\n")


def m42() -> Row:
    """Made CRLF on entry: what was hidden then stands there."""
    yield "before", replaced(b"hi\r\n--foo\r\n", b"hi\r--foo\r\n", 1)
    yield "behind", replaced(b"--foo\r\n", b"--foo\r")
    yield "lf-before", replaced(b"hi\r\n--foo\r\n", b"hi\n--foo\r\n", 1)


def m42_displaced() -> Row:
    yield "comma", replaced(b"hi\r\n--foo\r\n", b"hi\r,--foo\r\n", 1)


def m43() -> Row:
    yield "one", mixed(TEXT, b"\r\n" + FILE)
    yield "two", mixed(TEXT, b"\r\n\r\n" + FILE)
    yield "encoding-first", mixed(TEXT, b"\r\n" + BASE64 + OCTETS + b"\r\n" + ENCODED)


def m44() -> Row:
    for name, preamble in (
        ("bare", FILE),
        ("other", divided(FILE, boundary=b"bar")),
        ("text", b"hello\r\n\r\n" + FILE),
    ):
        yield name, of(b"multipart/mixed; boundary=foo", preamble + divided(TEXT))


def m45() -> Row:
    for name, epilogue in (("bare", FILE), ("divided", divided(FILE)), ("other", divided(FILE, boundary=b"bar"))):
        yield name, of(b"multipart/mixed; boundary=foo", divided(TEXT) + epilogue)
    yield "open", of(b"multipart/mixed; boundary=foo", divided(TEXT) + b"--foo\r\n" + FILE)


def m46() -> Row:
    yield "missing", mixed(TEXT, FILE).replace(b"--foo--\r\n", b"")
    yield "no-dashes", mixed(TEXT, FILE).replace(b"--foo--\r\n", b"--foo\r\n")


def m47() -> Row:
    nested = CT + b": multipart/mixed; boundary=faa\r\n\r\n"
    yield "unclosed", mixed(TEXT, nested + b"--faa\r\n" + FILE)
    yield "outer", mixed(TEXT, nested + b"--faa\r\n" + TEXT, FILE)


def m48() -> Row:
    yield "inside", inner(types(b"multipart/mixed; boundary=foo"), boundary=b"foo")
    yield "deeper", mixed(inner(types(b"multipart/mixed; boundary=foo"), boundary=b"foo"))


def m49(part: bytes) -> Row:
    for outer, nested in ((b"BB", b"B"), (b"foo1", b"foo"), (b"foo", b"foo1")):
        body = types(b"multipart/mixed; boundary=" + nested) + b"\r\n" + divided(part, boundary=nested)
        declared = b"multipart/mixed; boundary=" + outer
        yield f"{nested.decode()} in {outer.decode()}", of(declared, divided(TEXT, body, boundary=outer))


def m50() -> Row:
    yield "own", inner(types(b"multipart/mixed"), boundary=b"faa")
    yield "outer", inner(types(b"multipart/mixed"), boundary=b"foo")


def m51(part: bytes) -> Row:
    declared = ((b'"----"', b"----"), (b"B" * 80, b"B" * 80), (b"a=b", b"a=b"), (b'"a@b!c"', b"a@b!c"))
    for number, (written, boundary) in enumerate(declared, 1):
        yield str(number), of(b"multipart/mixed; boundary=" + written, divided(TEXT, part, boundary=boundary))
