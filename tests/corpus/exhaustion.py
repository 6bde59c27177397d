"""R: messages that would use up a reader's time or memory. Each is small to send; what is not read to its end is named.

Where nothing is too much, a program beside the flood shows that everything was still looked at.
"""

from __future__ import annotations

import gzip
import io
import random
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tests.corpus.case import Case
from tests.corpus.payloads import STUB, encoded, message, multipart, part

MEBIBYTE = 1024 * 1024

#: Not read to its end, and said so.
UNREAD = frozenset({"structure.limit", "attachment.uninspectable"})
#: Read, with the program in it.
FOUND = frozenset({"attachment.executable"})

LEFT_OUT: Mapping[str, str] = {
    "R11": "floods of connections, and full disks: tests/unit/assemble/test_receive.py, tests/faults/test_full.py",
}

EVIL = encoded(b"evil.exe", STUB)


@dataclass(frozen=True, slots=True)
class Flood:
    """One example, not made yet."""

    row: str
    what: str
    made: Callable[[], bytes]
    any_of: frozenset[str] = FOUND
    passes: bool = False
    large: bool = False  # clamd takes many seconds for it: `test_exhaustion` alone has it read

    def __str__(self) -> str:
        return f"{self.row}-{self.what}"

    def case(self) -> Case:
        return Case(self.row, self.what, self.made(), any_of=self.any_of, passes=self.passes)


def beside(fields: bytes, body: bytes) -> bytes:
    """A message of this part and the program."""
    return multipart(part(fields, body), EVIL)


def html(body: bytes) -> bytes:
    return beside(b"Content-Type: text/html; charset=utf-8\r\n", body)


def attached(name: bytes, content: bytes) -> bytes:
    return multipart(encoded(name, content))


def with_field(field: bytes) -> bytes:
    """The program, in a message with this field in its header."""
    whole = multipart(EVIL)
    return field + b"\r\n" + whole


def named(fields: bytes) -> bytes:
    """The program, with this instead of its Content-Disposition."""
    program = encoded(b"x", STUB)
    start = program.index(b"Content-Disposition")
    end = program.index(b"\r\n", start)
    return multipart(program[:start] + fields + program[end:])


# --- R01, R02, R03 ---------------------------------------------------------------------------------------------------


def nested_messages(levels: int) -> bytes:
    return message(b"Content-Type: message/rfc822\r\n\r\n" * levels + b"hello\r\n", b"Content-Type: message/rfc822")


def nested_multiparts(levels: int) -> bytes:
    """Distinct boundaries, each opened and never closed."""
    inner = b"".join(
        b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (n, n + 1) for n in range(levels)
    )
    return message(inner, b"Content-Type: multipart/mixed; boundary=b0")


def nested_with_lines(levels: int) -> bytes:
    """Every line could be a delimiter of each level: compared with all of them it would be quadratic."""
    opening = nested_multiparts(levels)
    return opening + b"--b\r\n" * 200_000


def many_parts(count: int) -> bytes:
    return message(b"--B\r\n\r\n\r\n" * count + b"--B--\r\n", b"Content-Type: multipart/mixed; boundary=B")


# --- R08: very large bodies ------------------------------------------------------------------------------------------


def long_line(mebibytes: int) -> bytes:
    return beside(
        b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n", b"QUJD" * (mebibytes << 18)
    )


def soft_breaks(mebibytes: int) -> bytes:
    fields = b"Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n"
    return beside(fields, b"=\r\n" * (mebibytes * MEBIBYTE // 3))


def undeclared(mebibytes: int) -> bytes:
    return beside(b"Content-Type: text/plain\r\n", (b"QUJD" * 19 + b"\r\n") * (mebibytes * MEBIBYTE // 78))


# --- R09: containers that unpack to very much ------------------------------------------------------------------------


def zipped(members: Mapping[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return held.getvalue()


def zip_of_zip(levels: int) -> bytes:
    """Sixteen in each, like 42.zip; 64 MiB of zeros at the bottom of each."""
    content = zipped({"0.dll": bytes(64 * MEBIBYTE)})
    for level in range(levels):
        content = zipped({f"lib {level}-{number}.zip": content for number in range(16)})
    return content


def gzip_of_gzip(levels: int) -> bytes:
    content = bytes(64 * MEBIBYTE)
    for _ in range(levels):
        content = gzip.compress(content, 9)
    return content


def swelling_zip() -> bytes:
    """Large enough that the ratio allows what the limit on octets doesn't."""
    return zipped({"x.dat": random.Random(1).randbytes(2 * MEBIBYTE), "x.txt": bytes(300 * MEBIBYTE)})


def many_entries(count: int) -> bytes:
    return zipped({str(number): b"" for number in range(count)})


# --- R10: compression and expansion in other layers ------------------------------------------------------------------

LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha">'
    + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 12))
    + b"]>"
)


def laughing_svg() -> bytes:
    picture = LAUGHS + b'<svg xmlns="http://www.w3.org/2000/svg"><text>&a11;</text></svg>'
    return multipart(encoded(b"x.svg", picture, b"image/svg+xml"), EVIL)


def laughing_document() -> bytes:
    types = b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
    text = LAUGHS + b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">&a11;'
    relations = LAUGHS + b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"/>'
    whole = zipped(
        {
            "[Content_Types].xml": types,
            "_rels/.rels": relations,
            "word/document.xml": text + b"</w:document>",
            "word/_rels/document.xml.rels": relations,
        }
    )
    return multipart(encoded(b"x.docx", whole), EVIL)


def swelling_pdf() -> bytes:
    """A stream that inflates to 128 MiB, by way of two filters."""
    stream = zlib.compress(zlib.compress(bytes(128 * MEBIBYTE), 9), 9)
    numbered = b"4 0 obj\n<</Length %d/Filter[/FlateDecode/FlateDecode]/Type/EmbeddedFile>>\nstream\n" % len(stream)
    page = b"1 0 obj\n<</Type/Catalog/Names<</EmbeddedFiles<</Names[(a.txt)3 0 R]>>>>>>\nendobj\n"
    file = b"3 0 obj\n<</Type/Filespec/F(a.txt)/EF<</F 4 0 R>>>>\nendobj\n"
    end = b"\nendstream\nendobj\ntrailer\n<</Root 1 0 R/Size 5>>\n%%EOF\n"
    return attached(b"x.pdf", b"%PDF-1.7\n" + page + file + numbered + stream + end)


def swelling_png() -> bytes:
    """Claims 60,000 x 60,000 dots; nobody here has a reason to draw them."""
    header = b"\0\0\xea\x60\0\0\xea\x60\x08\6\0\0\0"
    chunks = b"\0\0\0\rIHDR" + header + zlib.crc32(b"IHDR" + header).to_bytes(4)
    data = zlib.compress(bytes(64 * MEBIBYTE), 9)
    chunks += len(data).to_bytes(4) + b"IDAT" + data + zlib.crc32(b"IDAT" + data).to_bytes(4)
    end = b"\0\0\0\0IEND\xaeB`\x82"
    return multipart(encoded(b"x.png", b"\x89PNG\r\n\x1a\n" + chunks + end, b"image/png"), EVIL)


FLOODS: tuple[Flood, ...] = (
    Flood("R01", "500-levels", lambda: nested_messages(500), UNREAD),
    Flood("R01", "10000-levels", lambda: nested_messages(10_000), UNREAD),
    Flood("R01", "100000-levels", lambda: nested_messages(100_000), UNREAD),
    Flood("R02", "1000-multiparts", lambda: nested_multiparts(1000), UNREAD),
    Flood("R02", "10000-multiparts", lambda: nested_multiparts(10_000), UNREAD),
    Flood("R02", "lines-like-every-boundary", lambda: nested_with_lines(1000), UNREAD),
    Flood("R03", "100000-parts", lambda: many_parts(100_000), UNREAD),
    Flood("R04", "a-field-of-10-MB", lambda: with_field(b"X-Long: " + b"x" * 10 * MEBIBYTE), UNREAD),
    Flood("R04", "a-folded-field-of-10-MB", lambda: with_field(b"X-Long: x" + b"\r\n xxxxxxx" * MEBIBYTE), UNREAD),
    Flood("R04", "100000-fields", lambda: with_field(b"\r\n".join([b"A: b"] * 100_000)), UNREAD),
    Flood("R04", "100000-received", lambda: with_field(b"\r\n".join([b"Received: by x"] * 100_000)), UNREAD),
    Flood("R05", "1000000-addresses", lambda: with_field(b"Cc: " + b"a@b.test, " * 1_000_000 + b"c@d.test"), UNREAD),
    Flood("R05", "nested-comments", lambda: with_field(b"Cc: a@b.test " + b"(" * 50_000 + b")" * 50_000)),
    Flood("R05", "open-comments", lambda: with_field(b"Cc: a@b.test " + b"(" * 100_000)),
    Flood("R05", "groups", lambda: with_field(b"Cc: " + b"x:;, " * 40_000 + b"x:;")),
    Flood("R06", "parameters", lambda: named(b"Content-Disposition: attachment" + b"; a=b" * 40_000), UNREAD),
    Flood(
        "R06",
        "sections",
        lambda: named(b"Content-Disposition: attachment" + b"".join(b";filename*%d=x" % n for n in range(15_000))),
        UNREAD,
    ),
    Flood("R06", "high-section", lambda: named(b"Content-Disposition: attachment; filename*999999999=evil.exe")),
    Flood("R06", "open-comments", lambda: named(b"Content-Disposition: attachment; filename=" + b"(" * 50_000)),
    Flood("R06", "encoded-words-begun", lambda: named(b'Content-Disposition: attachment; filename="' + b"=?" * 8000)),
    Flood("R06", "words-in-subject", lambda: with_field(b"Comments: " + b"=?utf-8?q?" * 8000)),
    Flood("R07", "backslashes", lambda: named(b'Content-Disposition: attachment; filename="a' + b"\\" * 100_000)),
    Flood("R07", "dots", lambda: named(b'Content-Disposition: attachment; filename="x' + b"." * 200_000 + b'exe"')),
    Flood("R07", "a-line-of-1-MB", lambda: beside(b"Content-Type: text/plain\r\n", b"x" * MEBIBYTE)),
    Flood("R07", "open-tags", lambda: html(b"<" * MEBIBYTE)),
    Flood("R07", "nested-divisions", lambda: html(b"<div>" * 1_000_000)),
    Flood("R07", "entities", lambda: html(b"&amp" * 200_000 + b"&#x" + b"0" * MEBIBYTE)),
    Flood("R07", "data-addresses", lambda: html(b'<a href="data:' * 100_000)),
    Flood("R07", "scripts-begun", lambda: html(b"<script" * 200_000)),
    Flood("R08", "3-MB-in-one-line", lambda: long_line(3)),
    Flood("R08", "48-MB-in-one-line", lambda: long_line(48), large=True),
    Flood("R08", "3-MB-of-soft-breaks", lambda: soft_breaks(3)),
    Flood("R08", "48-MB-of-soft-breaks", lambda: soft_breaks(48), large=True),
    Flood("R08", "2-MB-undeclared", lambda: undeclared(2)),
    Flood("R08", "20-MB-undeclared", lambda: undeclared(20), large=True),
    Flood("R09", "flat", lambda: attached(b"x.zip", zipped({"x.txt": bytes(128 * MEBIBYTE)})), UNREAD),
    Flood("R09", "beyond-the-octets", lambda: attached(b"x.zip", swelling_zip()), UNREAD),
    Flood("R09", "zip-of-zip", lambda: attached(b"42.zip", zip_of_zip(5)), UNREAD),
    Flood("R09", "gzip-of-gzip", lambda: attached(b"x.gz", gzip_of_gzip(3)), UNREAD),
    Flood("R09", "entries", lambda: attached(b"x.zip", many_entries(50_000)), UNREAD),
    Flood("R10", "entities-in-svg", laughing_svg),
    Flood("R10", "entities-in-a-document", laughing_document),
    Flood("R10", "stream-of-a-pdf", swelling_pdf, UNREAD),
    Flood("R10", "picture", swelling_png),
    Flood("R12", "200000-tags", lambda: html(b"<p><b>pay</b> <i>now</i></p>\r\n" * 200_000)),
    Flood(
        "R12", "words-spelt-by-digits", lambda: beside(b"Content-Type: text/csv\r\n", b"n0tes;b4nk;zzq3v9\r\n" * 25_000)
    ),
)


def cases() -> Iterator[Case]:
    """Every flood but the largest, made one after the other."""
    for flood in FLOODS:
        if not flood.large:
            yield flood.case()
