"""OpenPGP (RFC 9580): messages only compressed, signed or packed are opened, encrypted ones are reported.

Keys, detached signatures and cleartext signatures hide no content.
"""

from __future__ import annotations

import base64
import binascii
import bz2
import re
import zlib
from collections.abc import Iterator
from itertools import islice

from gateway.message.defect import Defect
from gateway.message.encodings.byte_search import BytePattern
from gateway.understand.budget import Budget
from gateway.understand.member import Declared, Member, Opener, Unreadable
from gateway.understand.openers.in_text.entity import looks_like_entity
from gateway.understand.openers.inflation import BARE, FEED_BYTES, PIECE_BYTES, ZLIB, inflate
from gateway.understand.openers.secured.pgp_packets import (
    COMPRESSED,
    ENCRYPTED_TAGS,
    LITERAL,
    MESSAGE_TAGS,
    ONE_PASS,
    PKESK,
    SKESK,
    Malformed,
    Packet,
    packets,
)

#: Compressed packets inside one another. gpg writes one.
MAX_LAYERS = 8

#: Armoured messages in one text. A digest may quote a few.
MAX_ARMOURS = 100

_ENTITY = "message/entity"
_EXTENSIONS = frozenset({"pgp", "gpg"})
_ARMOUR_END = b"-----END PGP "
_ARMOUR_MARK = BytePattern(b"-----BEGIN PGP ")
_ARMOUR = re.compile(
    rb"^-----BEGIN PGP (?:MESSAGE|ARMORED FILE)(?P<piece>, PART [0-9/]++)?-----[ \t]*+\r?\n"
    rb"(?:[A-Za-z][A-Za-z0-9-]*+:[^\r\n]*+\r?\n)*+(?:[ \t]*+\r?\n)?(?P<text>[A-Za-z0-9+/=\s]++)",
    re.M,
)
_CHECKSUM = re.compile(rb"\s=[A-Za-z0-9+/]{4}\s*+\Z")
#: Public-key algorithms that a session key packet may name (9.1).
_PUBLIC_KEY = frozenset({b"\1", b"\2", b"\x10", b"\x12", b"\x19", b"\x1a"})


def _fits(content: bytes, declared: Declared) -> bool:
    return _ARMOUR_MARK.is_in(content) or _is_binary(content, declared)


def _open(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    if _is_binary(content, declared):
        yield from _message(content, declared, budget)
        return
    for index, armour in enumerate(_ARMOUR.finditer(content)):
        if index == MAX_ARMOURS:
            raise Unreadable(f"The text has more than {MAX_ARMOURS} PGP messages")
        if armour["piece"]:
            raise Unreadable("A PGP message is sent in pieces")
        octets = _unarmoured(armour["text"])
        is_closed = content.startswith(_ARMOUR_END, armour.end())
        if is_closed or (octets and _has_message_tag(octets[0])):  # else it is a text about PGP
            yield from _message(octets, declared, budget)


PGP = Opener("PGP", _fits, _open)


def _is_binary(content: bytes, declared: Declared) -> bool:
    """Return whether the content is a binary message: by its name, or by its first packet.

    An image's first octet looks like a packet's header as well.
    """
    if not content or not content[0] & 0x80:
        return False
    is_named = not declared.extensions.isdisjoint(_EXTENSIONS)
    return _has_message_tag(content[0]) if is_named else _begins_encrypted(content) or _begins_packed(content)


def _has_message_tag(first: int) -> bool:
    return first & 0x80 != 0 and (first & 0x3F if first & 0x40 else first >> 2 & 0xF) in MESSAGE_TAGS


def _begins_encrypted(content: bytes) -> bool:
    """Return whether an encrypted message begins here.

    It begins with a session key packet of a known version and algorithm, and another packet of an encrypted message
    follows.
    """
    try:
        found = list(islice(packets(content), 2))
    except Malformed:
        return False
    if len(found) < 2 or found[1].tag not in ENCRYPTED_TAGS:
        return False
    version = found[0].body[:1]
    if found[0].tag == PKESK:
        return version == b"\6" or (version == b"\3" and found[0].body[9:10] in _PUBLIC_KEY)
    return found[0].tag == SKESK and version in (b"\4", b"\5", b"\6")


def _begins_packed(content: bytes) -> bool:
    """Return whether a packed message begins here.

    It begins with a literal or a signer's packet of a valid form, or with a compressed packet that holds a packet.
    """
    try:
        first = next(packets(content))
    except (Malformed, StopIteration):
        return False
    if first.tag == LITERAL:
        return (
            first.is_whole and first.body[:1] in (b"b", b"t", b"u", b"m") and len(first.body) > 5 + sum(first.body[1:2])
        )
    if first.tag == ONE_PASS:
        return first.body[:2] in (b"\3\0", b"\3\1", b"\6\0", b"\6\1")
    return first.tag == COMPRESSED and _has_packet(first.body)


def _has_packet(body: bytes) -> bool:
    if body[:1] == b"\3":
        return body[1:5] in (b"BZh1", b"BZh6", b"BZh9")
    if body[:1] not in (b"\1", b"\2"):
        return False
    try:
        start = zlib.decompressobj(BARE if body[:1] == b"\1" else ZLIB).decompress(body[1:1024], 1)
    except zlib.error:
        return False
    return bool(start) and _has_message_tag(start[0])


def _unarmoured(text: bytes) -> bytes:
    """Return the octets; a checksum is dropped, right or wrong (6.1), and text that can't be base64 gives b""."""
    text = _CHECKSUM.sub(b"", text).translate(None, b" \t\r\n")
    try:
        return base64.b64decode(text.rstrip(b"=") + b"=" * (-len(text.rstrip(b"=")) % 4))
    except binascii.Error:
        return b""


def _message(octets: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    waiting = [(octets, 0)]
    while waiting:
        content, layer = waiting.pop()
        try:
            for packet in packets(content):
                budget.check_time()
                if packet.tag in ENCRYPTED_TAGS:
                    yield Defect("message.encrypted", "The content is encrypted with PGP", 0)
                    return
                if packet.tag == LITERAL:
                    budget.take_entry()
                    yield _literal(packet, declared)
                elif packet.tag == COMPRESSED:
                    waiting.append((_decompressed(packet.body, layer + 1, budget), layer + 1))
        except Malformed as error:
            raise Unreadable(f"The PGP message is broken: {error}") from error


def _literal(packet: Packet, declared: Declared) -> Member:
    """Return a literal packet as a member: format, name, date, content (5.9).

    The name `_CONSOLE` means "not to be saved".
    """
    body = packet.body
    end = 2 + (body[1] if len(body) > 1 else 0)
    name = body[2:end].decode("utf-8", "replace")
    outer = tuple(one for one, _ in declared.names_inside({*_EXTENSIONS, "asc"}) if "." in one)
    content = body[end + 4 :]
    names = tuple(dict.fromkeys(one for one in (name, *outer) if one and one != "_CONSOLE"))
    return Member(names, content, _ENTITY if looks_like_entity(content) else "")


def _decompressed(body: bytes, layer: int, budget: Budget) -> bytes:
    if layer > MAX_LAYERS:
        raise Unreadable(f"The PGP message is compressed more than {MAX_LAYERS} times over")
    method, data = body[:1], body[1:]
    if method == b"\0":
        return data
    if method in (b"\1", b"\2"):
        found = inflate(data, budget, BARE if method == b"\1" else ZLIB)
        if found.octets:
            return found.octets
    elif method == b"\3":
        return _unbzipped(data, budget)
    raise Unreadable("The PGP message is compressed in a way that can't be undone")


def _unbzipped(data: bytes, budget: Budget) -> bytes:
    machine, pieces = bz2.BZ2Decompressor(), []
    try:
        for at in range(0, len(data), FEED_BYTES):
            feed = data[at : at + FEED_BYTES]
            while not machine.eof and (feed or not machine.needs_input):
                piece = machine.decompress(feed, PIECE_BYTES)
                budget.take(len(piece))
                pieces.append(piece)
                feed = b""
    except OSError as error:
        raise Unreadable("The PGP message's bzip2 is damaged") from error
    return b"".join(pieces)
