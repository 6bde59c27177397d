"""New octets for a message: header fields that can't inject a line, and text in a transfer encoding that fits it.

This module knows nothing of the message that gets the octets. `header.encoded_words` and `encodings.decode` read them.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Sequence
from typing import AnyStr
from urllib.parse import quote

from gateway.message.mime.boundaries import holds_delimiter

#: Octets of a line without its CRLF: RFC 5322 2.1.1 asks for 78 at most where possible.
FOLD_CHARACTERS = 77

#: Octets of a line without its CRLF that no line may pass (RFC 5322 2.1.1, RFC 5321 4.5.3.1.6).
MAX_LINE_BYTES = 998

#: Characters of a word. Longer words of ASCII are written as encoded words, the one way to break them, so that no line
#: passes 998 octets.
_MAX_WORD_CHARACTERS = 900

#: Characters of an encoded word: the longest allowed (RFC 2047 2), and the least that is tried behind a long field
#: name.
_ENCODED_WORD_CHARACTERS = (40, 75)
_OVERHEAD = len("=?utf-8?q??=")

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
_WORDS = re.compile(r"( *)([^ ]+)")
_Q_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")  # RFC 2047 5 (3)
_PLAIN_NAME = re.compile(r"[ -~]{1,60}")


def field_octets(name: str, value: str) -> bytes:
    """Return a header field with its CRLF.

    The value is text: control characters become a blank, characters outside ASCII are encoded by RFC 2047, and the
    field is folded at blanks.
    """
    text = _CONTROLS.sub(" ", value).strip(" ")
    low, high = _ENCODED_WORD_CHARACTERS
    limit = max(low, min(high, FOLD_CHARACTERS - len(name) - 2))
    return _fold(f"{name}:", _encoded(text, limit)).encode("ascii") + b"\r\n"


def _encoded(text: str, limit: int) -> Iterable[tuple[str, str]]:
    """Yield blanks and word, in order; neighbours that must be encoded are encoded with the blanks between them."""
    run = ""
    run_blanks = " "
    for blanks, word in _WORDS.findall(text):
        if not word.isascii() or "=?" in word or len(word) > _MAX_WORD_CHARACTERS:
            run_blanks, run = (run_blanks, run + blanks + word) if run else (blanks, word)
            continue
        yield from _run(run, run_blanks, limit)
        run = ""
        yield blanks or " ", word
    yield from _run(run, run_blanks, limit)


def _run(run: str, blanks: str, limit: int) -> Iterable[tuple[str, str]]:
    words = encoded_words(run, limit) if run else []
    return zip([blanks or " ", *[" "] * len(words)], words, strict=False)


def encoded_words(text: str, limit: int = 75) -> list[str]:
    """Return the text in encoded words of `limit` characters at most.

    They are in Q, which people can read, unless B is much shorter.
    """
    octets = [character.encode("utf-8", "replace") for character in text]
    q = ["".join(piece) for piece in _packed([_q(character) for character in octets], limit - _OVERHEAD)]
    b = [b"".join(piece) for piece in _packed(octets, (limit - _OVERHEAD) // 4 * 3)]
    as_b = [binascii.b2a_base64(piece, newline=False).decode("ascii") for piece in b]
    if sum(map(len, q)) <= 2 * sum(map(len, as_b)):  # so most of the characters are ASCII
        return [f"=?utf-8?q?{piece}?=" for piece in q]
    return [f"=?utf-8?b?{piece}?=" for piece in as_b]


def _q(character: bytes) -> str:
    if character == b" ":
        return "_"
    shown = character.decode("latin-1")
    return shown if shown in _Q_SAFE else "".join(f"={octet:02X}" for octet in character)


def _packed(pieces: Sequence[AnyStr], room: int) -> list[list[AnyStr]]:
    packed: list[list[AnyStr]] = []
    used = room
    for piece in pieces:
        if used + len(piece) > room:
            packed.append([])
            used = 0
        packed[-1].append(piece)
        used += len(piece)
    return packed


def _fold(line: str, words: Iterable[tuple[str, str]]) -> str:
    """Fold before the blanks between two words, so that no line is blank and unfolding restores the value."""
    lines: list[str] = []
    first = True
    for blanks, word in words:
        if not first and len(line) + len(blanks) + len(word) > FOLD_CHARACTERS:
            lines.append(line)
            line = ""
        line += blanks + word
        first = False
    return "\r\n".join([*lines, line])


# --- bodies ----------------------------------------------------------------------------------------------------------


def has_long_line(octets: bytes) -> bool:
    return max(map(len, octets.splitlines()), default=0) > MAX_LINE_BYTES


def base64_octets(octets: bytes) -> bytes:
    """Return base64 in lines of 76 characters, the last one with its CRLF too."""
    written = binascii.b2a_base64(octets, newline=False)
    return b"".join(written[at : at + 76] + b"\r\n" for at in range(0, len(written), 76))


def quoted_printable_octets(octets: bytes) -> bytes:
    """Return text as quoted-printable; every line break in it becomes CRLF (RFC 2045 6.7)."""
    lines = _with_crlf(octets)
    # binascii takes its soft line break from the first line break that it sees, so there must be one.
    return binascii.b2a_qp(lines + b"\r\n", quotetabs=False, istext=True)[: -len(b"\r\n")]


def _with_crlf(octets: bytes) -> bytes:
    """Return the octets with CRLF at the end of each line, whatever ended it."""
    return octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")


def text_entity(
    text: str, subtype: str = "plain", name: str | None = None, forbidden: Sequence[bytes] = ()
) -> tuple[bytes, bytes]:
    """Return content fields and body of a text part in UTF-8; with `name`, an inline disposition that carries it.

    No line of the body is a delimiter of `forbidden`, the boundaries around the part.
    """
    octets = _with_crlf(text.encode("utf-8", "replace"))
    if octets and not octets.endswith(b"\r\n"):
        octets += b"\r\n"
    encoding, body = _fitting(octets)
    if holds_delimiter(body, forbidden):
        encoding, body = "base64", base64_octets(octets)
    fields = [f"Content-Type: text/{subtype}; charset=utf-8", f"Content-Transfer-Encoding: {encoding}"]
    if name is not None:
        fields.append("Content-Disposition: inline" + _file_name(name))
    return b"".join(field.encode("ascii") + b"\r\n" for field in fields), body


def _fitting(octets: bytes) -> tuple[str, bytes]:
    if octets.isascii() and not has_long_line(octets) and b"\0" not in octets:
        return "7bit", octets
    return "quoted-printable", quoted_printable_octets(octets)


def _file_name(name: str) -> str:
    """Return the filename parameter: quoted where it is short ASCII, else in sections by RFC 2231 3."""
    clean = _CONTROLS.sub(" ", name).strip(" ")
    if _PLAIN_NAME.fullmatch(clean):
        escaped = clean.replace("\\", r"\\").replace('"', r"\"")
        return f';\r\n filename="{escaped}"'
    pieces = [quote(character.encode("utf-8", "replace"), safe="") for character in clean]
    sections = ["".join(section) for section in _packed(pieces, 50)]
    charset = "utf-8''"
    return "".join(
        f";\r\n filename*{number}*={charset if number == 0 else ''}{section}" for number, section in enumerate(sections)
    )
