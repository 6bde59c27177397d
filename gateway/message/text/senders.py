"""The names that a mail program shows beside addresses (RFC 5322 3.4), decoded, leniently. Never raises."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.message.header.encoded_words import decode_words
from gateway.message.header.field import Header

#: Names of one field that are read: a field has one author, a few have two.
MAX_NAMES = 20

_ANGLE = re.compile(r"<[^<>]*+>")
_COMMENT = re.compile(r"\(([^()]{1,1000}+)\)")
_QUOTED_PAIR = re.compile(r"\\(.)")


def display_names(header: Header) -> Iterator[str]:
    """Yield the phrases before addresses in angle brackets; where there are none, the comments."""
    pieces = _ANGLE.split(header.text, MAX_NAMES)
    phrases = pieces[:-1] if len(pieces) > 1 else _COMMENT.findall(header.text)[:MAX_NAMES]
    for phrase in phrases:
        plain = _QUOTED_PAIR.sub(r"\1", phrase.replace('"', "")).strip(" \t,;")
        if plain:
            yield decode_words(plain)
