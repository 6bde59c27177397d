"""Field values as text: octets to characters, folds undone, RFC 2047 encoded words decoded, leniently.

Never raises: a word that can't be decoded stays as it is written. `gateway.message.edits.compose` writes field values.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

from gateway.message.encodings.charsets import codec_name
from gateway.message.encodings.decode import decode_base64, decode_text

_START = re.compile(r"=\?([^?\s]{1,80}+)\?([bq])\?", re.IGNORECASE)
_LINE_BREAKS = re.compile(r"[\r\n]+")


def field_text(raw: bytes) -> str:
    """Return a field's value on one line: UTF-8 (RFC 6532), else latin-1; folds undone; encoded words left alone."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    if "\n" in text or "\r" in text:
        text = _LINE_BREAKS.sub("", text)
    return text.strip(" \t")


def decode_words(text: str) -> str:
    """Return the text with its encoded words decoded.

    Blanks between two encoded words are left out (RFC 2047 6.2). Neighbours in one charset are joined before the
    charset is undone, because many senders cut characters in two. A word without an end reaches to the end of the text.
    """
    shown: list[str] = []
    charset, octets, done = "", bytearray(), 0
    for word_charset, word, start, end in _words(text):
        between = text[done:start]
        if between.strip() or done == 0 or word_charset != charset:
            shown.append(_decoded(octets, charset))
            charset, octets = word_charset, bytearray()
            if between.strip() or done == 0:
                shown.append(between)
        octets += word
        done = end
    return "".join((*shown, _decoded(octets, charset), text[done:]))


def decode_words_apart(text: str) -> str:
    """Return the text with each encoded word decoded by itself, without octets that its charset can't read."""
    shown: list[str] = []
    done = 0
    for charset, octets, start, end in _words(text):
        between = text[done:start]
        if between.strip() or not done:
            shown.append(between)
        shown.append(octets.decode(codec_name(charset) or "latin-1", "ignore"))
        done = end
    return "".join((*shown, text[done:]))


def _decoded(octets: bytearray, charset: str) -> str:
    return decode_text(bytes(octets), charset).text if octets else ""


def _words(text: str) -> Iterator[tuple[str, bytes, int, int]]:
    """Yield charset, octets, start and end of each encoded word.

    Linear: every search starts where the last one ended.
    """
    at = 0
    while start := _START.search(text, at):
        end = text.find("?=", start.end())
        stop = end if end >= 0 else len(text)
        at = min(stop + 2, len(text))
        charset = start[1].partition("*")[0].lower()  # RFC 2231 5: charset*language
        yield charset, undo_word(text[start.end() : stop], start[2]), start.start(), at


def undo_word(written: str, encoding: str) -> bytes:
    """Return the octets of an encoded word's text, by its encoding ("b" or "q" in any case)."""
    octets = written.encode("utf-8", "surrogatepass")
    return decode_base64(octets).octets if encoding in "bB" else binascii.a2b_qp(octets, header=True)
