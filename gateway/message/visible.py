"""Whom everybody who gets a message sees: the addresses of To and Cc. Pure, total and linear."""

from __future__ import annotations

import re

from gateway.message.header.addresses import address_key
from gateway.message.model import Message

#: Characters of To and Cc together that are read: ten thousand addresses. No header has more that is read: a larger one
#: is `structure.limit`.
MAX_CHARACTERS = 262_144

#: An address in angle brackets, or bare; a bare one before an angle bracket is the name of the next. Names in quotation
#: marks and comments are leapt over. A bare one begins where a word does: tried at each letter of long words, a header
#: that is nothing else would take half a second.
_ADDRESS = re.compile(
    r'"(?:[^"\\]|\\.){0,998}+"(?!@)|\([^()]{0,998}+\)|<([^<>\s]{1,512}@[^<>\s@]{1,255})>'
    r'|((?:"[^"\\]{1,255}"|(?<![^<>\s@,;:"()])[^<>\s@,;:"()]{1,255}+)@[^<>\s@,;:"()]{1,255}+)(?!\s*+<)'
)


def visible_addresses(message: Message) -> tuple[str, ...]:
    """Of To and Cc, in order, each once, as it is written first."""
    found: dict[str, str] = {}
    left = MAX_CHARACTERS
    for field in (*message.root.fields("to"), *message.root.fields("cc")):
        text = field.text[:left]
        left -= len(text)
        for match in _ADDRESS.finditer(text):
            if address := match[1] or match[2]:
                found.setdefault(address_key(address), address)
    return tuple(found.values())
