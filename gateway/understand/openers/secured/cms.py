"""S/MIME and other CMS (RFC 5652, RFC 8551): signed or compressed content is taken out, encrypted content reported.

Signatures and certificates are not looked at. A signature without its content, or a bag of certificates, holds no file.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from gateway.message.defect import Defect
from gateway.message.encodings.byte_search import BytePattern
from gateway.understand.budget import Budget
from gateway.understand.member import Declared, Member, Opener, Unreadable
from gateway.understand.openers.in_text.entity import looks_like_entity
from gateway.understand.openers.inflation import inflate
from gateway.understand.openers.secured.ber import (
    CONSTRUCTED,
    EXPLICIT_0,
    EXPLICIT_1,
    IA5_STRING,
    INTEGER,
    OCTET_STRING,
    SEQUENCE,
    SET,
    Cursor,
    Malformed,
)

#: Layers directly inside one another. S/MIME has an entity between two.
MAX_LAYERS = 8

_PKCS7, _SMIME = "1.2.840.113549.1.7.", "1.2.840.113549.1.9.16.1."
_DATA, _SIGNED, _DIGESTED = _PKCS7 + "1", _PKCS7 + "2", _PKCS7 + "5"
_COMPRESSED, _AUTHENTICATED, _TIME_STAMPED = _SMIME + "9", _SMIME + "2", _SMIME + "31"
_ENCRYPTED = frozenset({_PKCS7 + "3", _PKCS7 + "4", _PKCS7 + "6", _SMIME + "23"})

#: Tags that may stand between the version and the content (RFC 5652 5.1, 7, 9.1; RFC 3274 1.1; RFC 5544 2).
_BEFORE = {
    _SIGNED: (SET,),
    _DIGESTED: (SEQUENCE,),
    _COMPRESSED: (SEQUENCE,),
    _AUTHENTICATED: (EXPLICIT_0, SET, SEQUENCE, EXPLICIT_1),
    _TIME_STAMPED: (IA5_STRING, SEQUENCE),
}

#: A ContentInfo's header and the identifier of one of the contents above, in BER (RFC 5652 3).
_HEADER = rb"0(?:[\x00-\x80]|\x81.|\x82..|\x83...|\x84....)\x06"
_PKCS7_ID = rb"\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07[\x01-\x06]"
_SMIME_ID = rb"\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01[\x02\x09\x17\x1f]"
_LOOK = re.compile(_HEADER + rb"(?:" + _PKCS7_ID + rb"|" + _SMIME_ID + rb")", re.S)
_ARMOUR = re.compile(rb"-----BEGIN (?:PKCS ?#?7(?: SIGNED DATA)?|CMS)-----([^-]*+)")
_BARE_BASE64 = re.compile(rb"\s*+MI[A-Za-z0-9+/]{20}[A-Za-z0-9+/\s]*+={0,2}\s*+\Z")
_DECLARED = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_ARMOUR_MARK = BytePattern(b"-----BEGIN ")
_EXTENSIONS = frozenset({"p7m", "p7z", "p7e"})
_ENTITY = "message/entity"


def _fits(content: bytes, declared: Declared) -> bool:
    return _is_declared(declared) or _der(content) is not None


def _open(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    octets = _der(content)
    if octets is None:
        raise Unreadable("The file is declared as S/MIME, and is none")
    try:
        found = _unwrapped(octets, budget)
    except Malformed as error:
        raise Unreadable(f"The S/MIME structure is broken: {error}") from error
    if found is None:
        yield Defect("message.encrypted", "The content is encrypted with S/MIME", 0)
    elif found:
        budget.take_entry()
        yield _member(found, declared)


CMS = Opener("S/MIME", _fits, _open)


def _is_declared(declared: Declared) -> bool:
    return declared.says(_DECLARED, _EXTENSIONS)


def _der(content: bytes) -> bytes | None:
    """Return the octets, decoded from PEM (RFC 7468 8) or bare base64; None where they are no CMS."""
    if not _LOOK.match(content):
        armour = _ARMOUR.search(content) if _ARMOUR_MARK.is_in(content) else None
        if armour is None and not _BARE_BASE64.match(content):
            return None
        try:
            content = base64.b64decode(armour[1] if armour else content)
        except binascii.Error:
            return None
    return content if _LOOK.match(content) else None


def _member(found: bytes, declared: Declared) -> Member:
    """Return the content as a member.

    S/MIME wraps an entity. CAdES wraps a file, whose name stands before .p7m.
    """
    names = tuple(name for name, _ in declared.names_inside(_EXTENSIONS) if "." in name)
    return Member(names, found, _ENTITY if looks_like_entity(found) else "")


def _unwrapped(octets: bytes, budget: Budget) -> bytes | None:
    """Return the content of a ContentInfo; None = encrypted, b"" = nothing. Raises Malformed.

    Layers directly inside one another are all undone.
    """
    for _ in range(MAX_LAYERS):
        cursor = Cursor(octets)
        cursor.enter(SEQUENCE)
        kind = cursor.object_id()
        if kind in _ENCRYPTED:
            return None
        cursor.enter(EXPLICIT_0)
        if kind == _DATA:
            return cursor.octet_string()
        kind_inside, content = _encapsulated(kind, cursor)
        if kind == _COMPRESSED:
            content = _inflated(content, budget)
        if kind_inside == _DATA or not _LOOK.match(content):
            return content
        octets = content
    raise Malformed(f"more than {MAX_LAYERS} layers")


def _encapsulated(kind: str, cursor: Cursor) -> tuple[str, bytes]:
    """Return the type and the octets of the inner content; b"" where the content is elsewhere."""
    if kind not in _BEFORE:
        raise Malformed(f"content of type {kind} isn't read")
    cursor.enter(SEQUENCE)
    for tag in (INTEGER, *_BEFORE[kind]):
        if cursor.peek() == tag:
            cursor.skip()
    kind_inside = _DATA
    if kind != _TIME_STAMPED:
        cursor.enter(SEQUENCE)
        kind_inside = cursor.object_id()
        if cursor.peek() != EXPLICIT_0:
            return kind_inside, b""
        cursor.enter(EXPLICIT_0)
    has_octets = cursor.peek() in (OCTET_STRING, OCTET_STRING | CONSTRUCTED)
    return kind_inside, cursor.octet_string() if has_octets else b""


def _inflated(content: bytes, budget: Budget) -> bytes:
    found = inflate(content, budget)
    if not found.whole:
        raise Malformed("the compressed content is cut short or damaged")
    return found.octets
