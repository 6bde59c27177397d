"""Messages that are encrypted as a whole, by their octets: a Content-Type alone can stand above plain text. Pure."""

from __future__ import annotations

import base64
import binascii
import re
import string

from gateway.message import Message, Part

#: Octets of a multipart before its first part and behind its last, delimiters included; a longer text is one to read.
MAX_AROUND = 300
#: Octets that are looked at together, and the share of them that is no printable ASCII at least. It is 62 of 100 in
#: ciphertext, less beside the names of certificates, and next to none in text.
PIECE, LEAST_BINARY = 512, 0.25
#: Octets of an armoured message that are decoded.
MAX_DECODED = 65_536

_SMIME = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
#: A ContentInfo (RFC 5652 3) with enveloped, encrypted or authenticated-enveloped content, in BER.
_ENVELOPED = re.compile(
    rb"0(?:[\x00-\x80]|\x81.|\x82..|\x83...|\x84....)\x06"
    rb"(?:\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07[\x03\x06]|\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17)",
    re.DOTALL,
)
_ARMOUR = re.compile(
    rb"\s*-----BEGIN PGP MESSAGE-----[ \t]*\r?\n"
    rb"(?:(?:Version|Comment|MessageID|Hash|Charset): ?[^\r\n]{0,100}\r?\n){0,6}"
    rb"[ \t]*\r?\n(?P<text>[A-Za-z0-9+/=\r\n\t ]++)-----END PGP MESSAGE-----\s*\Z"
)
_CHECKSUM = re.compile(rb"\s=[A-Za-z0-9+/]{4}\s*\Z")
#: Packets with which an encrypted message begins: session keys, a marker, or the ciphertext itself (RFC 9580 5).
_PACKETS = frozenset({1, 3, 9, 10, 18, 20})
_PRINTABLE = string.printable.encode()


def is_encrypted(message: Message) -> bool:
    """Return whether the whole message is encrypted by OpenPGP (RFC 3156) or S/MIME (RFC 8551)."""
    root = message.root
    if root.content_type == "multipart/encrypted":
        return root.params.get("protocol", "").strip().casefold() == "application/pgp-encrypted" and _is_pgp(root)
    return root.content_type in _SMIME and bool(_ENVELOPED.match(root.decoded)) and _is_binary(root.decoded)


def _is_pgp(root: Part) -> bool:
    """Return whether a multipart has the two parts of RFC 3156 4, and nothing else to read."""
    if len(root.children) != 2:
        return False
    control, data = root.children
    if control.header_start - root.body_start > MAX_AROUND or root.end - data.end > MAX_AROUND:
        return False
    if control.content_type != "application/pgp-encrypted" or control.decoded.strip() != b"Version: 1":
        return False
    return data.content_type == "application/octet-stream" and _is_armour(data.decoded)


def _is_armour(content: bytes) -> bool:
    """Return whether a text is one armoured message, which begins with a packet of an encrypted one."""
    armour = _ARMOUR.match(content)
    if not armour:
        return False
    close = _CHECKSUM.sub(b"", armour["text"]).translate(None, b" \t\r\n")[: MAX_DECODED // 3 * 4]
    try:
        octets = base64.b64decode(close)
    except binascii.Error:
        return False
    if not octets or not octets[0] & 0x80:
        return False
    packet = octets[0] & 0x3F if octets[0] & 0x40 else octets[0] >> 2 & 0xF
    return packet in _PACKETS and _is_binary(octets)


def _is_binary(octets: bytes) -> bool:
    """Return whether every stretch has as many octets that no text has as ciphertext must have."""
    last = max(len(octets) - PIECE, 0)
    for at in (*range(0, last, PIECE), last):
        piece = octets[at : at + PIECE]
        if len(piece.translate(None, _PRINTABLE)) < len(piece) * LEAST_BINARY:
            return False
    return True
