"""Names of attachments, written in every way that broken and hostile mail has, and what six mail readers show of them.

Whatever extension a reader shows must be among those that the gateway reads.
`python -m tests.generated.names --count N` makes N names from a seed and prints how many a reader shows with a telling
extension, and how many of those escape.
"""

from __future__ import annotations

import argparse
import base64
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from gateway.message.defects import STRUCTURE_DEFECTS
from gateway.message.header.name_forms import extensions_of
from gateway.message.mime.newlines import normalise_newlines
from gateway.message.mime.parse import parse
from tests.oracles.readers import Readers, Shown

#: Extensions that names are given, all of them telling ones.
KINDS = ("js", "exe", "vbs", "hta", "lnk", "eml", "html", "iso", "ps1", "wsf")
TELLING = frozenset(KINDS)

_CHARSETS = (
    *("utf-8", "UTF-8", "utf-8", "us-ascii", "iso-8859-1", "windows-1252", "utf-16", "utf-16le", "utf-16be", "utf-7"),
    *("iso-2022-jp", "gb2312", "big5", "koi8-r", "x-unknown", "", "utf-8*en", "utf-8*", "*en", "cp037", "hz-gb-2312"),
    *("utf8", "unicode-1-1-utf-7", "utf-32", "binary", "ansi_x3.110-1983", "utf-8'", "(utf-8)"),
)
_STEMS = (
    "invoice",
    "a",
    "Report 2026",
    "r\u00e9sum\u00e9",
    "\u8acb\u6c42\u66f8",
    "x" * 70,
    "order (1)",
    "a.pdf",
    "o'brien",
    "",
)
_BETWEEN = ("", "", " ", "\r\n ", "\r\n\t", "\t", "  ", "\r\n  ", "_", ".")
_INSERTED = (
    *(
        b"(x)",
        b"(",
        b")",
        b"\r\n ",
        b"\r\n\t",
        b"\n ",
        b"\r ",
        b"\\",
        b'"',
        b"'",
        b";",
        b" ",
        b"\t",
        b"\0",
        b"=?",
        b"?=",
    ),
    *(
        b"?",
        b"*",
        b"%",
        b"=",
        b",",
        b"<",
        b">",
        b"\xff",
        b"\xc3",
        b"\x1b$B",
        b"\x1b(B",
        b"*0",
        b"*0*",
        b"utf-8''",
        b"/",
    ),
    *(b'""', b"; ", b"=?utf-8?q?", b"=?utf-8?b?", b"(\\))", b"\x0b", b"\x0c", b"\x7f", b":", b"&#46;", b"=2E", b"%2E"),
)


@dataclass(frozen=True, slots=True)
class Made:
    """A mail with an attachment, and the fields that name it."""

    raw: bytes
    fields: bytes


@dataclass(frozen=True, slots=True)
class Escape:
    """An extension that a reader shows and the gateway doesn't read."""

    made: Made
    reader: str
    name: str
    missing: frozenset[str]


def made(seed: int, count: int) -> Iterator[Made]:
    """Mails of a seed, each from its own number: the same whatever comes before."""
    for number in range(count):
        yield _mail(Random(f"{seed}/{number}"))


def shown(read: Shown) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Reader, name and telling extensions of each leaf that has any."""
    for reader, leaves in read.items():
        for leaf in leaves:
            if leaf.name and (telling := extensions_of((leaf.name,)) & TELLING):
                yield reader, leaf.name, telling


def read_by_us(raw: bytes) -> frozenset[str]:
    """The extensions of all parts."""
    return frozenset().union(*(part.extensions for part in parse(raw).parts))


def held_for_structure(raw: bytes) -> bool:
    """Return whether the message's structure, and not a name, is read differently by different programs."""
    codes = {defect.code for part in parse(raw).parts for defect in part.defects}
    return any(STRUCTURE_DEFECTS.get(code) in ("ambiguous", "limit") and not code.startswith("name.") for code in codes)


def escapes(one: Made, read: Shown) -> list[Escape]:
    """Return the names that readers show, if the gateway neither reads them nor holds the mail for its structure."""
    found = list(missed(one, read))
    return found if found and not held_for_structure(one.raw) else []


def missed(one: Made, read: Shown) -> Iterator[Escape]:
    """Yield the names that readers show and the gateway doesn't read."""
    ours = read_by_us(one.raw)
    for reader, name, telling in shown(read):
        if missing := telling - ours:
            yield Escape(one, reader, name, missing)


# --- making ----------------------------------------------------------------------------------------------------------


def _mail(random: Random) -> Made:
    fields = _fields(random)
    if random.random() < 0.05:
        fields += _fields(random)
    if random.random() < 0.05:
        fields = random.choice(
            (fields.swapcase(), fields.replace(b": ", random.choice((b":", b" : ", b":\t", b":\r\n "))))
        )
    for _ in range(random.choice((0, 0, 0, 1, 1, 2, 3, 6))):
        fields = _mutated(fields, random)
    body = base64.encodebytes(b"Nothing to see here.\r\n").replace(b"\n", b"\r\n")
    part = b"--b\r\n" + fields + b"Content-Transfer-Encoding: base64\r\n\r\n" + body
    text = b"--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n"
    head = b"From: a@x.test\r\nTo: b@y.test\r\nSubject: s\r\nMIME-Version: 1.0\r\n"
    raw = head + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + text + part + b"--b--\r\n"
    return Made(normalise_newlines(raw), fields)  # as the gateway would judge and relay it


def _fields(random: Random) -> bytes:
    name = random.choice(_STEMS) + "." + random.choice(KINDS)
    type_, disposition = b"application/octet-stream", random.choice((b"attachment", b"inline", b"attachment", b""))
    which = random.random()
    if which < 0.55:
        return _field(b"Content-Type", type_, (), random) + _field(b"Content-Disposition", disposition, (name,), random)
    if which < 0.8:
        return _field(b"Content-Type", type_, (name,), random)
    other = random.choice(("safe.txt", "a.pdf", name))
    names = [name, other]
    random.shuffle(names)
    if which < 0.9:
        return _field(b"Content-Disposition", disposition, tuple(names), random)
    return _field(b"Content-Type", type_, (names[0],), random) + _field(
        b"Content-Disposition", disposition, (names[1],), random
    )


def _field(field: bytes, token: bytes, names: tuple[str, ...], random: Random) -> bytes:
    key = "name" if field.endswith(b"Type") or random.random() < 0.1 else "filename"
    pieces = [token]
    for name in names:
        if random.random() < 0.15:
            pieces.append(
                random.choice((b"size=3", b'x="a;b"', b"", b"charset=utf-8", b"x*=utf-8''y", b"junk", b"(c)"))
            )
        pieces += _WAYS[random.randrange(len(_WAYS))](_cased(key, random), name, random)
    separator = random.choice((b"; ",) * 6 + (b";\r\n ", b";", b" ; ", b" ", b", ", b";;", b";\r\n\t"))
    return field + b": " + separator.join(pieces) + b"\r\n"


def _cased(key: str, random: Random) -> str:
    return random.choice((key, key, key, key.upper(), key.title()))


def _octets(text: str, random: Random) -> bytes:
    return text.encode(
        random.choice(("utf-8", "utf-8", "latin-1", "utf-16le") if random.random() < 0.1 else ("utf-8",)), "replace"
    )


def _equals(random: Random) -> bytes:
    return random.choice((b"=",) * 8 + (b" = ", b"= ", b" =", b"=\r\n ", b"(c)=", b"=(c)"))


def _plain(key: str, name: str, random: Random) -> list[bytes]:
    return [key.encode() + _equals(random) + _quoted(_octets(name, random), random)]


def _quoted(octets: bytes, random: Random) -> bytes:
    way = random.randrange(12)
    if way < 5:
        return b'"' + octets + b'"'
    if way == 5:
        at = random.randrange(len(octets) + 1)
        return b'"' + octets[:at] + b"\\" + octets[at:] + b'"'
    others = (octets, b'"' + octets, octets + b'"', b"'" + octets + b"'", b'""' + octets, b'"' + octets + b'" (c)')
    return others[way - 6]


def _percent(key: str, name: str, random: Random) -> list[bytes]:
    return [key.encode() + _equals(random) + _quoted(_percented(name.encode(), random), random)]


def _percented(octets: bytes, random: Random) -> bytes:
    all_of_it = random.random() < 0.3
    return b"".join(
        b"%%%02X" % octet if all_of_it or octet > 126 or octet in b" %'\"" or random.random() < 0.1 else bytes([octet])
        for octet in octets
    )


def _words(key: str, name: str, random: Random) -> list[bytes]:
    """RFC 2047, once or twice over, in one or several words."""
    text = _in_words(name, random)
    if random.random() < 0.15:
        text = _in_words(text, random)
    octets = text.encode()
    value = b'"' + octets + b'"' if random.random() < 0.7 else octets
    return [key.encode() + _equals(random) + value]


def _in_words(text: str, random: Random) -> str:
    cuts = sorted(random.randrange(len(text) + 1) for _ in range(random.choice((0, 0, 1, 1, 2))))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    same = random.choice(_CHARSETS) if random.random() < 0.7 else None
    written = []
    for piece in pieces:
        if random.random() < 0.2 and len(pieces) > 1:
            written.append(piece)
        else:
            written.append(_word(piece, random.choice(_CHARSETS) if same is None else same, random))
    between = random.choice(_BETWEEN)
    return between.join(written)


def _word(piece: str, charset: str, random: Random) -> str:
    octets = _in_charset(piece, charset, random)
    encoding = random.choice("bBqQbq" if random.random() < 0.95 else "xu8")
    if encoding in "bB":
        body = base64.b64encode(octets).decode()
        body = body.rstrip("=") if random.random() < 0.3 else body
    else:
        every = random.random() < 0.3
        body = "".join(
            f"={octet:02X}" if every or octet > 126 or octet < 33 or octet in b'=?_"' else chr(octet)
            for octet in octets
        )
        body = body.replace("=20", random.choice(("_", " ", "=20")))
    end = random.choice(("?=",) * 8 + ("", "?", "=", "?=?="))
    start = random.choice(("=?",) * 12 + ("= ?", "=?=?", "?"))
    return f"{start}{charset}?{encoding}?{body}{end}"


def _in_charset(piece: str, charset: str, random: Random) -> bytes:
    if random.random() < 0.5:
        try:
            return piece.encode(charset.partition("*")[0] or "utf-8", "replace")
        except LookupError:
            pass
    return piece.encode()


def _extended(key: str, name: str, random: Random) -> list[bytes]:
    """RFC 2231 4."""
    return [
        key.encode()
        + b"*"
        + _equals(random)
        + _quoted_sometimes(_charset_head(random) + _percented(name.encode(), random), random)
    ]


def _charset_head(random: Random) -> bytes:
    charset = random.choice(_CHARSETS).encode()
    return random.choice(
        (charset + b"''",) * 6 + (charset + b"'en'", charset + b"'", b"''", b"'", b"", charset + b"'''")
    )


def _quoted_sometimes(octets: bytes, random: Random) -> bytes:
    return b'"' + octets + b'"' if random.random() < 0.3 else octets


def _sections(key: str, name: str, random: Random) -> list[bytes]:
    """RFC 2231 3: cut, numbered in order or not, some of them encoded."""
    octets = name.encode()
    cuts = sorted(random.randrange(len(octets) + 1) for _ in range(random.choice((1, 1, 2, 3))))
    pieces = [octets[a:b] for a, b in zip([0, *cuts], [*cuts, len(octets)], strict=True)]
    numbers = list(range(len(pieces)))
    if random.random() < 0.2:
        numbers = [random.randrange(4) for _ in pieces]
    written = []
    for at, (number, piece) in enumerate(zip(numbers, pieces, strict=True)):
        encoded = random.random() < 0.5
        text = _percented(piece, random) if encoded or random.random() < 0.1 else piece
        text = _charset_head(random) + text if at == 0 and encoded else text
        digits = b"%d" % number if random.random() < 0.95 else b"%02d" % number
        written.append(
            key.encode() + b"*" + digits + (b"*" if encoded else b"") + b"=" + _quoted_sometimes(text, random)
        )
    if random.random() < 0.2:
        random.shuffle(written)
    if random.random() < 0.15:
        written.insert(random.randrange(len(written) + 1), key.encode() + b"=" + random.choice((b"safe.txt", octets)))
    return written


def _words_extended(key: str, name: str, random: Random) -> list[bytes]:
    """Encoded words where percent signs belong."""
    return [
        key.encode()
        + random.choice((b"*=", b"*0=", b"*0*="))
        + _charset_head(random)
        + _in_words(name, random).encode()
    ]


_WAYS: tuple[Callable[[str, str, Random], list[bytes]], ...] = (
    *(_plain, _plain, _words, _words, _words, _words, _extended, _extended, _sections, _sections, _percent),
    _words_extended,
)


def _mutated(fields: bytes, random: Random) -> bytes:
    """Insert, leave out or double something at a place behind the first colon."""
    start = fields.index(b":") + 1
    at = random.randrange(start, max(start + 1, len(fields) - 2))
    way = random.random()
    if way < 0.75:
        return fields[:at] + random.choice(_INSERTED) + fields[at:]
    end = min(len(fields) - 2, at + random.randrange(1, 4))
    if way < 0.9:
        return fields[:at] + fields[end:] if end > at else fields
    return fields[:end] + fields[at:end] + fields[end:] if end > at else fields


# --- by hand ---------------------------------------------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=10, help="escapes that are printed")
    options = parser.parse_args()
    telling, by_reader, printed, escaped, held = 0, Counter[str](), 0, 0, 0
    with Readers() as readers:
        for one in made(options.seed, options.count):
            read = readers.read(one.raw)
            telling += any(True for _ in shown(read))
            found = escapes(one, read)
            escaped += bool(found)
            held += not found and any(True for _ in missed(one, read))
            by_reader.update({escape.reader for escape in found})
            if found and printed < options.show:
                printed += 1
                print(one.fields, *((e.reader, e.name) for e in found), sep="\n   ")
    print(
        f"{options.count} names, {telling} shown with a telling extension; of these {held} are held for the structure"
    )
    print(f"of the message alone, and {escaped} escape: {dict(by_reader)}")
    sys.exit(bool(escaped))


if __name__ == "__main__":
    main()
