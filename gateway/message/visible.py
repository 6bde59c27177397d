"""The addresses that every recipient of a message sees: those of To and Cc. Pure, total and linear."""

from __future__ import annotations

import re

from gateway.message.header.addresses import address_key
from gateway.message.model import Message

#: Characters of To and Cc together that are read: ten thousand addresses. No header that is read has more: a larger one
#: is `structure.limit`.
MAX_CHARACTERS = 262_144

#: An address in angle brackets, or a bare one. A bare one before an angle bracket is the name of the next address.
#: Names in quotation marks and comments are skipped. A bare one begins where a word does: tried at each letter of long
#: words, a header of nothing else would take half a second.
_ADDRESS = re.compile(
    r'"(?:[^"\\]|\\.){0,998}+"(?!@)|\([^()]{0,998}+\)|<([^<>\s]{1,512}@[^<>\s@]{1,255})>'
    r'|((?:"[^"\\]{1,255}"|(?<![^<>\s@,;:"()])[^<>\s@,;:"()]{1,255}+)@[^<>\s@,;:"()]{1,255}+)(?!\s*+<)'
)


def visible_addresses(message: Message) -> tuple[str, ...]:
    """Return the addresses of To and Cc in order, each once, in its first spelling."""
    found: dict[str, str] = {}
    left = MAX_CHARACTERS
    for field in (*message.root.fields("to"), *message.root.fields("cc")):
        text = field.text[:left]
        left -= len(text)
        for match in _ADDRESS.finditer(text):
            if address := match[1] or match[2]:
                found.setdefault(address_key(address), address)
    return tuple(found.values())
