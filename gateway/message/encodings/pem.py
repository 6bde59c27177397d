"""Blocks between "-----BEGIN …-----" and "-----END" (RFC 7468) that hold something else than their label says.

Windows' `certutil -decode` makes a file of any such block. OpenPGP's armour looks alike and is not handled here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.message.encodings.base64_text import decode_base64
from gateway.message.encodings.octets import EncodedFile

MARKER = b"-----BEGIN "

#: Letters of a block's beginning that show what it holds.
_HEAD_LETTERS = 128

_BLOCK = re.compile(rb"-----BEGIN (?!PGP )[A-Z0-9 #_.]{1,64}+-----([^-]*+)")


def pem_files(text: bytes, magic: tuple[bytes, ...]) -> Iterator[EncodedFile]:
    """Yield each block that begins with one of these; keys, certificates and messages in CMS do not."""
    for block in _BLOCK.finditer(text):
        if decode_base64(block[1].lstrip()[:_HEAD_LETTERS]).octets.startswith(magic):
            yield EncodedFile("", decode_base64(block[1]).octets)
