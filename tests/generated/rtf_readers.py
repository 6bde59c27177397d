"""Readers of the objects in RTF, each naive in its own way: the judges of what a generated file holds.

None of them shares code with the gateway. oletools' rtfobj is another judge where it is installed.
"""

from __future__ import annotations

import binascii
import re
import struct
from collections.abc import Callable, Iterator, Mapping

Reader = Callable[[bytes], Iterator[bytes]]  # the octets that each \objdata spells

_WORD = re.compile(rb"\\([a-zA-Z]{1,250})(-?[0-9]{1,250})? ?")


def _hexadecimal(text: bytes) -> bytes:
    digits = re.sub(rb"[^0-9a-fA-F]", b"", text)
    return binascii.unhexlify(digits[: len(digits) // 2 * 2])


def _group_end(content: bytes, at: int) -> int:
    depth = 0
    for place in range(at, len(content)):
        depth += {0x7B: 1, 0x7D: -1}.get(content[place], 0)
        if depth < 0:
            return place
    return len(content)


def by_search(content: bytes) -> Iterator[bytes]:
    """Everything behind the word up to the end of its group; words and escapes are cut out by a pattern."""
    for found in re.finditer(rb"\\objdata(?:-?[0-9]+)?", content):
        text = content[found.end() : _group_end(content, found.end())]
        yield _hexadecimal(re.sub(rb"\\'..|\\[a-zA-Z]+-?[0-9]* ?|\\.", b"", text, flags=re.S))


def literally(content: bytes) -> Iterator[bytes]:
    """Digits of the parameter count; groups inside do not."""
    for found in re.finditer(rb"\\objdata", content):
        text = content[found.end() : _group_end(content, found.end())]
        flat = text
        while (thinner := re.sub(rb"\{[^{}]*\}", b"", flat)) != flat:
            flat = thinner
        yield _hexadecimal(re.sub(rb"\\'..|\\[a-zA-Z]+-?[0-9]* ?|\\.", b"", flat, flags=re.S))


def as_word_is_said_to(content: bytes) -> Iterator[bytes]:
    """Token by token: \\bin gives octets, \\' takes back half an octet, groups that may be ignored are."""
    for found in re.finditer(rb"\\objdata", content):
        parameter = re.compile(rb"-?[0-9]{0,245} ?").match(content, found.end())
        at = parameter.end() if parameter else found.end()
        yield bytes(_octets(content, at))


def _octets(content: bytes, at: int) -> Iterator[int]:
    out, half, depth, skipped_from = bytearray(), b"", 0, 99
    while at < len(content) and depth >= 0:
        letter = content[at : at + 1]
        if letter == b"{":
            depth += 1
            skipped_from = min(skipped_from, depth) if content[at + 1 : at + 3] == b"\\*" else skipped_from
            at += 1
        elif letter == b"}":
            skipped_from = 99 if depth == skipped_from else skipped_from
            depth, at = depth - 1, at + 1
        elif content[at : at + 2] == b"\\'":
            half, at = b"", at + 4
        elif word := _WORD.match(content, at):
            at = word.end()
            if word[1] == b"bin":
                count = max(0, int(word[2] or b"0"))
                if skipped_from > depth:
                    out += content[at : at + count]
                at += count
        elif letter == b"\\":
            at += 2
        else:
            if letter in b"0123456789abcdefABCDEF" and skipped_from > depth:
                half += letter
                if len(half) == 2:
                    out += binascii.unhexlify(half)
                    half = b""
            at += 1
    return iter(out)


def with_escapes(content: bytes) -> Iterator[bytes]:
    """The digits of \\' count like others."""
    for found in re.finditer(rb"\\objdata(?:-?[0-9]+)?", content):
        text = content[found.end() : _group_end(content, found.end())]
        yield _hexadecimal(re.sub(rb"\\[a-zA-Z]+-?[0-9]* ?|\\[^']", b"", text, flags=re.S))


READERS: Mapping[str, Reader] = {
    "by search": by_search,
    "literally": literally,
    "as Word is said to": as_word_is_said_to,
    "with escapes": with_escapes,
}


def package_content(octets: bytes) -> bytes | None:
    """The file in the Package object that the octets are; None where they are none."""
    try:
        kind, at = struct.unpack_from("<I", octets, 4)[0], 8
        texts = []
        for _ in range(3):
            (size,) = struct.unpack_from("<I", octets, at)
            texts.append(octets[at + 4 : at + 4 + size])
            at += 4 + size
        if kind != 2 or texts[0].rstrip(b"\0").lower() != b"package":
            return None
        at = octets.index(b"\0", at + 6) + 1
        at = octets.index(b"\0", at) + 1 + 4
        (size,) = struct.unpack_from("<I", octets, at)
        at += 4 + size
        (size,) = struct.unpack_from("<I", octets, at)
    except (struct.error, ValueError):
        return None
    return octets[at + 4 : at + 4 + size]
