"""A letter written so that a person reads it and a filter may not: rows T01 to T15 of the evasion catalogue, by code.

`OBFUSCATIONS[name](letter)` is the raw message. Text is disguised word by word, or it is put where few look.
"""

from __future__ import annotations

import base64
import quopri
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from tests.corpus.letters import BENIGN, Letter, Obfuscation, entity, header, multipart, page, plain
from tests.corpus.obfuscation_pages import PAGES, SHEETS
from tests.corpus.obfuscation_words import TEXTS, inserted, words

__all__ = ["OBFUSCATIONS", "Letter", "calendar"]


def alternative(letter: Letter, *entities: bytes) -> bytes:
    return header(letter) + multipart("alternative", *entities)


def _harmless(kind: str = "plain") -> bytes:
    text = BENIGN if kind == "plain" else f"<p>{BENIGN}</p>"
    return entity(f"text/{kind}; charset=utf-8", text.encode())


def _as(kind: str, letter: Letter) -> bytes:
    text = letter.text if kind != "html" else PAGES["T09 wbr"](letter.text)
    return entity(f"text/{kind}; charset=utf-8", text.encode("utf-8"))


def _soft_breaks(letter: Letter) -> bytes:
    text = words(lambda word: f"{word[:2]}=\r\n{word[2:]}")(quopri.encodestring(letter.text.encode()).decode("ascii"))
    lines = text.replace("\n", "\r\n").replace("\r\r\n", "\r\n").encode("ascii")
    return (
        header(letter)
        + b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        + lines
    )


def in_charset(declared: str, encode: Callable[[str], bytes]) -> Obfuscation:
    return lambda letter: header(letter) + entity(f"text/plain{declared}", encode(letter.text))


def utf_7(text: str) -> bytes:
    """Every letter written as UTF-7 writes what ASCII can't."""

    def shifted_word(word: re.Match[str]) -> str:
        return "+" + base64.b64encode(word[0].encode("utf-16-be")).decode("ascii").rstrip("=") + "-"

    return re.sub(r"[^ \n]+", shifted_word, text).encode("ascii")


def _escapes(text: str) -> bytes:
    return inserted("\x1b(B", "\x1b(J")(text).encode("utf-8")


def encoded_word(text: str, kind: str) -> str:
    octets = text.encode("utf-8")
    if kind == "B":
        return f"=?utf-8?B?{base64.b64encode(octets).decode('ascii')}?="
    return "=?utf-8?Q?" + "".join(f"={octet:02X}" for octet in octets) + "?="


def _split(text: str) -> str:
    """Encoded words that end in the middle of words, in both encodings in turn."""
    pieces = [text[at : at + 7] for at in range(0, len(text), 7)]
    return "\r\n ".join(encoded_word(piece, "BQ"[number % 2]) for number, piece in enumerate(pieces))


def in_field(field: str, letter: Letter, value: str) -> bytes:
    """The text in the header alone."""
    if field == "subject":
        return plain(replace(letter, subject=value), BENIGN)
    if field == "from":
        address = letter.sender.partition("<")[2].rstrip(">") or letter.sender
        return plain(replace(letter, sender=f"{value}\r\n <{address}>"), BENIGN)
    return f"Reply-To: {value}\r\n <reply@outside.example>\r\n".encode() + plain(letter, BENIGN)


PLACES: Mapping[str, Obfuscation] = {
    **SHEETS,
    "T12 html": lambda letter: alternative(letter, _harmless(), _as("html", letter)),
    "T12 plain": lambda letter: alternative(letter, _as("plain", letter), _harmless("html")),
    "T12 three": lambda letter: alternative(letter, _harmless(), _as("plain", letter), _harmless("html")),
    "T12 enriched": lambda letter: alternative(letter, _harmless(), _as("enriched", letter)),
    "T12 richtext": lambda letter: alternative(letter, _harmless(), _as("richtext", letter)),
    "T12 amp": lambda letter: alternative(letter, _harmless(), _as("x-amp-html", letter), _harmless("html")),
    "T12 watch": lambda letter: alternative(letter, _harmless(), _as("watch-html", letter), _harmless("html")),
    "T12 calendar": lambda letter: alternative(
        letter,
        _harmless(),
        entity("text/calendar; charset=utf-8", calendar(letter.line)),
    ),
    "T13 base64 page alone": lambda letter: page(letter, PAGES["T09 wbr"](letter.text)),
    "T13 soft breaks": _soft_breaks,
    "T14 utf-7": in_charset("; charset=utf-7", utf_7),
    "T14 utf-7 undeclared": in_charset("; charset=us-ascii", utf_7),
    "T14 utf-16": in_charset("; charset=utf-16", lambda text: text.encode("utf-16")),
    "T14 utf-16 big endian without a mark": in_charset("; charset=utf-16", lambda text: text.encode("utf-16-be")),
    "T14 utf-16 undeclared": in_charset("; charset=utf-8", lambda text: text.encode("utf-16-le")),
    "T14 escapes": in_charset("; charset=iso-2022-jp", _escapes),
    "T14 escapes undeclared": in_charset("; charset=utf-8", _escapes),
    "T14 hz": in_charset("; charset=hz-gb-2312", lambda text: text.encode("ascii", "replace").replace(b"~", b"~~")),
    "T14 ebcdic": in_charset("; charset=cp037", lambda text: text.encode("cp037", "replace")),
    "T14 ascii declared ebcdic": in_charset("; charset=cp037", lambda text: text.encode("utf-8")),
    "T14 user-defined": in_charset("; charset=x-user-defined", lambda text: text.encode("utf-8")),
    "T14 unknown": in_charset("; charset=x-nobody-knows", lambda text: text.encode("utf-8")),
    "T14 cyrillic declared ascii": in_charset(
        "; charset=us-ascii", lambda text: TEXTS["T02 cyrillic"](text).encode("cp1251", "replace")
    ),
    "T14 two charsets": in_charset("; charset=utf-8; charset=utf-16le", lambda text: text.encode("utf-16-le")),
    "T14 open quote": in_charset('; charset="utf-8', lambda text: text.encode("utf-8")),
    "T15 subject": lambda letter: in_field("subject", letter, encoded_word(letter.line, "Q")),
    "T15 subject split": lambda letter: in_field("subject", letter, _split(letter.line)),
    "T15 from": lambda letter: in_field("from", letter, _split(letter.line)),
    "T15 reply-to": lambda letter: in_field("reply-to", letter, encoded_word(letter.line, "B")),
}  # fmt: skip


def calendar(text: str) -> bytes:
    """An invitation, its lines folded (RFC 5545 3.1)."""
    value = re.sub(r"([\\;,])", r"\\\1", text)
    line = f"DESCRIPTION:{value}"
    folded = "\r\n ".join(line[at : at + 60] for at in range(0, len(line), 60))
    head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nSUMMARY:Meeting\r\n"
    return f"{head}{folded}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n".encode()


def _plain_of(change: Callable[[str], str]) -> Obfuscation:
    return lambda letter: plain(letter, change(letter.text))


def _page_of(change: Callable[[str], str]) -> Obfuscation:
    return lambda letter: page(letter, change(letter.text))


OBFUSCATIONS: Mapping[str, Obfuscation] = {
    **{name: _plain_of(change) for name, change in TEXTS.items()},
    **{name: _page_of(change) for name, change in PAGES.items()},
    **PLACES,
}
