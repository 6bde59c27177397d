"""D: bodies whose transfer encoding programs undo in different ways, and files that are packed into text.

The program's name gives nothing away unless the row is about names: it is found where its octets are decoded.
"""

from __future__ import annotations

import base64
import gzip
import re
from collections.abc import Iterable, Iterator, Mapping

from tests.corpus.case import Case
from tests.corpus.encoders import apple_double, base64_of, binhexed, uuencoded, wrapped, xxencoded, yencoded
from tests.corpus.payloads import STUB, TEXT, message, multipart, part

LEFT_OUT: Mapping[str, str] = {
    "D19": "what phrases each charset reading shows is for the text rules; that no charset hides a part is here",
}

PROGRAM = frozenset({"attachment.executable"})
AMBIGUOUS = frozenset({"structure.ambiguous"})
UNREAD = frozenset({"attachment.uninspectable"})
LETTERS = base64.b64encode(STUB)
HARMLESS = b"%PDF-1.4 nothing to see\n" * 8
FOOTER = b"_______________________________________________\r\nlist mailing list\r\nlist@x.test\r\n"
TEXT_FILE = b"text/plain; charset=us-ascii"

Variants = Iterable[tuple[str, bytes]]


# --- pieces ----------------------------------------------------------------------------------------------------------


def attached(
    body: bytes, encoding: bytes, media_type: bytes = b"application/octet-stream", name: bytes = b"x.dat"
) -> bytes:
    """A message with this body of an attachment; without an encoding if that is empty."""
    fields = b"Content-Type: " + media_type + b'\r\nContent-Disposition: attachment; filename="' + name + b'"\r\n'
    field = b"Content-Transfer-Encoding: " + encoding + b"\r\n" if encoding else b""
    return multipart(TEXT, part(fields + field, body))


def in_text(body: bytes, fields: bytes = b"Content-Type: text/plain") -> bytes:
    return message(body, fields)


def escaped(octets: bytes, at_line: bytes = b"", width: int = 8) -> bytes:
    """Quoted-printable of escapes alone; `at_line` goes behind the first escape of every line."""
    escapes = [b"=%02X" % octet for octet in octets]
    lines = [escapes[at : at + width] for at in range(0, len(escapes), width)]
    return b"=\r\n".join(line[0] + at_line + b"".join(line[1:]) for line in lines) + b"\r\n"


def joined(octets: bytes, width: int, mark: bytes) -> bytes:
    return mark.join(octets[at : at + width] for at in range(0, len(octets), width))


def read(row: str, variants: Variants) -> Iterator[Case]:
    """The program is found in one reading or another."""
    return (Case(row, what, raw, any_of=PROGRAM) for what, raw in variants)


def held(row: str, variants: Variants) -> Iterator[Case]:
    """It is found, and the message is ambiguous."""
    return (Case(row, what, raw, all_of=PROGRAM | AMBIGUOUS) for what, raw in variants)


def plain(row: str, variants: Variants) -> Iterator[Case]:
    """It is found, and nothing is ambiguous."""
    return (Case(row, what, raw, all_of=PROGRAM, none_of=AMBIGUOUS) for what, raw in variants)


def passing(row: str, variants: Variants) -> Iterator[Case]:
    return (Case(row, what, raw, passes=True) for what, raw in variants)


# --- base64: D01 to D07 ----------------------------------------------------------------------------------------------


def _base64() -> Iterator[Case]:
    marks = {"dot": b".", "dash": b"-", "number-sign": b"#", "blank": b" "}
    yield from held(
        "D01",
        ((f"{name}-each", attached(wrapped(joined(LETTERS, 1, mark)), b"base64")) for name, mark in marks.items()),
    )
    yield from held("D01", [("dot-of-four", attached(wrapped(joined(LETTERS, 4, b"."), 75), b"base64"))])
    segments = {n: b"".join(base64.b64encode(STUB[at : at + n]) for at in range(0, len(STUB), n)) for n in (1, 2)}
    yield from held("D02", ((f"each-{n}", attached(wrapped(one), b"base64")) for n, one in segments.items()))
    yield from held("D02", [("of-four", attached(wrapped(joined(LETTERS, 4, b"="), 75), b"base64"))])
    yield from held("D02", [("line-ends", attached(joined(LETTERS, 4, b"=\r\n"), b"base64"))])
    yield from held("D02", [("first-line", attached(b"====\r\n" + base64_of(STUB), b"base64"))])
    yield from plain(
        "D03", ((f"lines-of-{n}", attached(base64_of(STUB, n), b"base64")) for n in (1, 2, 3, 6, 77, 5000))
    )
    yield from plain("D03", [("no-break", attached(LETTERS, b"base64"))])
    yield from plain("D03", [("empty-lines", attached(base64_of(STUB).replace(b"\r\n", b"\r\n\r\n"), b"base64"))])
    bare = LETTERS.rstrip(b"=")
    yield from plain("D04", [("no-padding", attached(wrapped(bare), b"base64"))])
    yield from held("D04", [("one-letter-more", attached(wrapped(bare[: len(bare) // 4 * 4] + b"A"), b"base64"))])
    url_safe = base64.urlsafe_b64encode(STUB + b"\xfb\xef\xff" * 20)
    yield from read("D05", [("url-safe", attached(wrapped(url_safe), b"base64"))])
    yield from read("D06", [("junk-before", attached(b"!!!! junk\r\n" + base64_of(STUB), b"base64"))])
    yield from plain("D06", [("footer", attached(base64_of(STUB) + FOOTER, b"base64"))])
    yield from passing("D06", [("footer-harmless", attached(base64_of(HARMLESS) + FOOTER, b"base64"))])
    yield from read(
        "D07",
        (
            (f"as-{cte.decode() or 'nothing'}", attached(base64_of(STUB), cte))
            for cte in (b"", b"7bit", b"8bit", b"binary")
        ),
    )
    yield from read("D07", [("message", in_text(base64_of(STUB)))])
    yield from passing("D07", [("harmless-key", in_text(base64_of(b"no program at all" * 20)))])


# --- quoted-printable: D08 to D11 ------------------------------------------------------------------------------------


def quoted(row: str, variants: Variants) -> Variants:
    return ((what, attached(body, b"quoted-printable")) for what, body in variants)


def _quoted_printable() -> Iterator[Case]:
    breaks = {
        "blank": b"=\x20\r\n",
        "tab": b"=\t\r\n",
        "cr": b"=\r",
        "lf": b"=\n",
        "crcrlf": b"=\r\r\n",
        "crlflf": b"=\r\n\n",
    }
    good = escaped(STUB)
    yield from read("D08", quoted("D08", ((name, good.replace(b"=\r\n", mark)) for name, mark in breaks.items())))
    bad = {
        "5": b"=5",
        "2": b"=2",
        "equals": b"=",
        "0x": b"=0x",
        "at": b"=@",
        "tab": b"=\t",
        "blank": b"= =",
        "control": b"=\x12",
    }
    yield from held("D09", quoted("D09", ((name, escaped(STUB, mark)) for name, mark in bad.items())))
    at_end = {"equals": b"=", "2": b"=2", "at": b"=@", "blank": b"=\x20"}
    yield from held(
        "D09",
        quoted("D09", ((f"{name}-at-end", good.replace(b"=\r\n", mark + b"=\r\n")) for name, mark in at_end.items())),
    )
    yield from plain("D09", quoted("D09", [("lower-case", re.sub(rb"=..", lambda found: found[0].lower(), good))]))
    yield from read(
        "D09", quoted("D09", [("raw-octet", escaped(STUB, b"\xaa")), ("raw-control", escaped(STUB, b"\x12"))])
    )
    split = {"cr": b"\r", "lf": b"\n", "crlf": b"\r\n", "soft": b"=\r\n"}
    yield from held(
        "D10",
        quoted("D10", ((name, re.sub(rb"([0-9A-F])=\r\n", mark + rb"\1=\r\n", good)) for name, mark in split.items())),
    )
    yield from plain("D11", quoted("D11", [("one-line", escaped(STUB * 124, width=10**6))]))
    leading = {"blank": b"\x20", "tab": b"\t"}
    yield from read(
        "D11", quoted("D11", ((name, mark + good.replace(b"=\r\n", b"=\r\n" + mark)) for name, mark in leading.items()))
    )
    yield from passing(
        "D11",
        [("text", in_text(b"=20 indented=\r\n  text and 1=3D1\r\n", b"Content-Transfer-Encoding: quoted-printable"))],
    )


# --- files in text: D12 to D16 ---------------------------------------------------------------------------------------


def _in_text() -> Iterator[Case]:
    one = uuencoded(STUB, b"x.dat")
    blocks = {
        "alone": one,
        "in-prose": b"Look:\r\n\r\n" + one + b"\r\nBye\r\n",
        "second": uuencoded(HARMLESS, b"a.pdf") + b"and\r\n" + one,
        "base64": b"begin-base64 644 x.dat\r\n" + base64_of(STUB) + b"====\r\n",
        "no-end": one.replace(b"`\r\nend\r\n", b""),
        "blanks": one.replace(b"`", b" "),
        "cut-blanks": re.sub(rb" +\r\n", b"\r\n", one.replace(b"`", b" ")),
        "xxencode": xxencoded(STUB, b"x.dat"),
        **{f"mode-{mode}": one.replace(b"644", str(mode).encode(), 1) for mode in (6, 64, 644, 1644, 100644)},
    }
    yield from read("D12", ((what, in_text(body)) for what, body in blocks.items()))
    yield from read("D12", [("by-name", in_text(uuencoded(HARMLESS, b"evil.exe")))])
    yield from read("D12", [("html", in_text(b"<pre>\r\n" + one + b"</pre>\r\n", b"Content-Type: text/html"))])
    yield from read(
        "D12",
        [("attached", attached(one, b"7bit", TEXT_FILE, b"a.txt")), ("encoded", attached(base64_of(one), b"base64"))],
    )
    yield from passing(
        "D12", [("prose", in_text(b"Write\r\nbegin 644 evil.exe\r\nand then your data, at last\r\nend\r\n"))]
    )
    encodings = (b"x-uuencode", b"uuencode", b"x-uue", b"uue")
    yield from read("D13", ((name.decode(), attached(one, name)) for name in encodings))
    yield from read("D13", [("by-name", attached(uuencoded(HARMLESS, b"evil.exe"), b"x-uuencode"))])
    eight_bit = b"Content-Type: text/plain\r\nContent-Transfer-Encoding: 8bit"
    yield from read("D14", [("whole", in_text(b"Hello\r\n" + yencoded(STUB, b"x.dat"), eight_bit))])
    yield from read("D14", [("by-name", in_text(yencoded(HARMLESS, b"evil.exe"), eight_bit))])
    yield from read("D14", [("encoding", attached(yencoded(STUB, b"x.dat"), b"x-yenc"))])
    yield Case("D14", "part", in_text(yencoded(STUB, b"x.dat", part=True), eight_bit), all_of=PROGRAM | UNREAD)
    yield from _macintosh()


def _macintosh() -> Iterator[Case]:
    hexed = binhexed(STUB, b"x.dat")
    bare = hexed.partition(b"\r\n")[2]
    yield from read("D15", [("text", in_text(hexed)), ("resource", in_text(binhexed(b"", b"x", STUB)))])
    yield from read("D15", [("by-name", in_text(binhexed(HARMLESS, b"evil.exe")))])
    yield from read("D15", ((name.decode(), attached(bare, name)) for name in (b"x-binhex40", b"mac-binhex40")))
    yield from read("D15", [("type", attached(hexed, b"7bit", b"application/mac-binhex40"))])
    yield from read("D15", [("type-encoded", attached(base64_of(bare), b"base64", b"application/mac-binhex40"))])
    header = apple_double([(3, b"x.dat"), (9, bytes(32)), (2, b"icon")])
    single = apple_double([(3, b"x.dat"), (1, STUB)], b"\0\5\x16\0")
    fields = b"Content-Transfer-Encoding: base64\r\nContent-Type: "
    halves = (
        part(fields + b"application/applefile\r\n", base64_of(header)),
        part(fields + b"application/octet-stream\r\n", base64_of(STUB)),
    )
    yield from read("D16", [("double", multipart(*halves, kind=b"appledouble"))])
    yield from read("D16", [("single", attached(base64_of(single), b"base64", b"application/applefile"))])
    named = apple_double([(3, b"evil.exe"), (1, HARMLESS)], b"\0\5\x16\0")
    yield from read("D16", [("real-name", attached(base64_of(named), b"base64", b"application/applefile"))])
    yield from read(
        "D16", [("resource", attached(base64_of(apple_double([(2, STUB)])), b"base64", b"application/applefile"))]
    )


# --- the rest: D17 to D21 --------------------------------------------------------------------------------------------


def _others() -> Iterator[Case]:
    packed = gzip.compress(STUB)
    crlf_free = STUB.replace(b"\r", b"").replace(b"\n", b"")
    yield from read("D17", [("gzip64", attached(base64_of(packed), b"x-gzip64"))])
    yield from read("D17", ((cte.decode(), attached(crlf_free, cte)) for cte in (b"binary", b"8bit")))
    yield from held("D18", [("base64-twice", attached(base64_of(base64_of(STUB)), b"base64"))])
    yield from held("D18", [("base64-in-quoted", attached(base64_of(STUB).replace(b"=", b"=3D"), b"quoted-printable"))])
    yield from read("D18", [("three-times", attached(base64_of(base64_of(base64_of(STUB))), b"base64"))])
    yield from read("D18", [("gzip", attached(base64_of(packed), b"base64"))])
    yield from read("D18", [("digits", attached(wrapped(STUB.hex().encode()), b"7bit"))])
    charsets = (
        *(b"utf-7", b"utf-16", b"utf-16le", b"iso-2022-jp", b"hz-gb-2312", b"cp037", b"IBM500", b"x-user-defined"),
        *(b"nobody-knows", b"us-ascii; charset=utf-7", b'"utf-8', b"", b"\xff"),
    )
    hidden = uuencoded(STUB, b"x.dat")
    yield from read(
        "D19", ((repr(name)[2:-1], in_text(hidden, b"Content-Type: text/plain; charset=" + name)) for name in charsets)
    )
    lies = {b"image/png": b"evil.exe", b"text/plain": b"a.txt", b"application/pdf": b"a.pdf", b"audio/mpeg": b"a.mp3"}
    yield from read(
        "D20", ((kind.decode(), attached(base64_of(STUB), b"base64", kind, name)) for kind, name in lies.items())
    )
    raw = "Content-Disposition: attachment; filename=\u00dcbung.{}\r\nContent-Transfer-Encoding: base64\r\n"
    for what, ending, content in (("program", "exe", STUB), ("harmless", "pdf", HARMLESS)):
        fields = raw.format(ending).encode() + "Content-Type: application/octet-stream; name=\u00dcbung\r\n".encode()
        case = multipart(TEXT, part(fields, base64_of(content))).replace(
            b"Subject: s", "Subject: Gr\u00fc\u00dfe".encode()
        )
        yield from (plain if content is STUB else passing)("D21", [(what, case)])
    yield from passing("D21", [("latin-1", message(b"Hi\r\n", b"X-Note: Gr\xfc\xdfe", b"Content-Type: text/plain"))])


def cases() -> Iterator[Case]:
    """Every example of the rows."""
    yield from _base64()
    yield from _quoted_printable()
    yield from _in_text()
    yield from _others()
