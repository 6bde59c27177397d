"""Writers of what files come wrapped in: PDF, CMS, OpenPGP and calendars, as small as they may be."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence

# --- PDF -------------------------------------------------------------------------------------------------------------

CATALOG = b"<< /Type /Catalog /Pages 2 0 R %b>>"
PAGES = b"<< /Type /Pages /Kids [] /Count 0 >>"


def pdf(*objects: bytes, catalog: bytes = b"", head: bytes = b"%PDF-1.7\n", trailer: bytes = b"") -> bytes:
    """Objects 3, 4, … behind the catalogue and the page tree, with a cross-reference table."""
    written, places = bytearray(head), []
    for number, one in enumerate((CATALOG % catalog, PAGES, *objects), 1):
        places.append(len(written))
        written += b"%d 0 obj\n%b\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer\n<< /Size %d /Root 1 0 R %b>>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, trailer, len(written))
    return bytes(written) + b"xref\n0 %d\n0000000000 65535 f \n%b" % (len(places) + 1, table) + end


def pdf_stream(content: bytes, keys: bytes = b"", *, deflated: bool = True) -> bytes:
    if deflated:
        content, keys = zlib.compress(content), keys + b" /Filter /FlateDecode"
    return b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(content), keys, content)


def object_stream(*objects: tuple[int, bytes], keys: bytes = b"/Type /ObjStm", deflated: bool = True) -> bytes:
    """ISO 32000-2 7.5.7."""
    text, pairs = b"", b""
    for number, one in objects:
        pairs += b"%d %d " % (number, len(text))
        text += one + b" "
    return pdf_stream(pairs + text, keys + b" /N %d /First %d" % (len(objects), len(pairs)), deflated=deflated)


def pdf_with_file(name: bytes, content: bytes) -> bytes:
    return pdf(
        b"<< /Type /Filespec /F (%b) /UF (%b) /EF << /F 4 0 R >> >>" % (name, name),
        pdf_stream(content, b"/Type /EmbeddedFile"),
        catalog=b"/Names << /EmbeddedFiles << /Names [(%b) 3 0 R] >> >> " % name,
    )


# --- CMS -------------------------------------------------------------------------------------------------------------

_IDS = {
    "data": bytes.fromhex("06092a864886f70d010701"),
    "signed": bytes.fromhex("06092a864886f70d010702"),
    "enveloped": bytes.fromhex("06092a864886f70d010703"),
    "digested": bytes.fromhex("06092a864886f70d010705"),
    "encrypted": bytes.fromhex("06092a864886f70d010706"),
    "compressed": bytes.fromhex("060b2a864886f70d0109100109"),
    "authenticated": bytes.fromhex("060b2a864886f70d0109100102"),
    "auth-enveloped": bytes.fromhex("060b2a864886f70d0109100117"),
}
_VERSION = b"\x02\x01\x01"
_SHA256 = bytes.fromhex("300b0609608648016503040201")
_ZLIB = bytes.fromhex("300d060b2a864886f70d0109100308")


def tlv(tag: int, content: bytes, *, indefinite: bool = False) -> bytes:
    """An element in DER, or in BER without a length (X.690 8.1)."""
    if indefinite:
        return bytes([tag, 0x80]) + content + b"\0\0"
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    size = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + content


def cms(kind: str, content: bytes, *, indefinite: bool = False, inner: str = "data") -> bytes:
    """A ContentInfo (RFC 5652 3) of this kind, with no signers, recipients or certificates worth the name."""
    octets = tlv(4, content)
    if indefinite:
        pieces = b"".join(tlv(4, content[at : at + 1000]) for at in range(0, len(content), 1000))
        octets = tlv(0x24, pieces, indefinite=True)
    inside = tlv(0x30, _IDS[inner] + tlv(0xA0, octets, indefinite=indefinite), indefinite=indefinite)
    before = {
        "signed": tlv(0x31, _SHA256),
        "digested": _SHA256,
        "compressed": _ZLIB,
        "authenticated": tlv(0x31, b"") + _SHA256,
    }
    if kind == "data":
        return tlv(0x30, _IDS["data"] + tlv(0xA0, octets, indefinite=indefinite), indefinite=indefinite)
    body = tlv(0x30, _VERSION + before.get(kind, tlv(0x31, b"")) + inside + tlv(0x31, b""), indefinite=indefinite)
    return tlv(0x30, _IDS[kind] + tlv(0xA0, body, indefinite=indefinite), indefinite=indefinite)


def detached_signature() -> bytes:
    body = tlv(0x30, _VERSION + tlv(0x31, _SHA256) + tlv(0x30, _IDS["data"]) + tlv(0x31, b""))
    return tlv(0x30, _IDS["signed"] + tlv(0xA0, body))


# --- OpenPGP ---------------------------------------------------------------------------------------------------------


def packet(tag: int, body: bytes) -> bytes:
    """Return a packet with a length of five octets (RFC 9580 4.2.1)."""
    return bytes([0xC0 | tag, 0xFF]) + len(body).to_bytes(4, "big") + body


def partial_packet(tag: int, body: bytes) -> bytes:
    """Its first 512 octets as a partial length."""
    rest = body[512:]
    return bytes([0xC0 | tag, 0xE9]) + body[:512] + b"\xff" + len(rest).to_bytes(4, "big") + rest


def literal(name: bytes, content: bytes) -> bytes:
    return packet(11, b"b" + bytes([len(name)]) + name + bytes(4) + content)


def compressed(method: int, octets: bytes) -> bytes:
    return packet(8, bytes([method]) + octets)


def encrypted_packets() -> bytes:
    key = packet(1, b"\3" + bytes(range(1, 9)) + b"\1" + b"\x08\0" + bytes(256))
    return key + packet(18, b"\1" + bytes(range(200)))


def armoured(octets: bytes, kind: bytes = b"MESSAGE", checksum: bytes = b"=AAAA") -> bytes:
    text = base64.encodebytes(octets).replace(b"\n", b"\r\n")
    return b"-----BEGIN PGP %b-----\r\nVersion: x\r\n\r\n%b%b\r\n-----END PGP %b-----\r\n" % (
        kind,
        text,
        checksum,
        kind,
    )


# --- calendars -------------------------------------------------------------------------------------------------------


def folded(line: bytes, width: int = 75) -> bytes:
    """RFC 5545 3.1."""
    return b"\r\n ".join(line[at : at + width] for at in range(0, len(line), width)) + b"\r\n"


def calendar(*lines: bytes) -> bytes:
    inside = b"".join(folded(line) for line in (b"BEGIN:VEVENT", b"SUMMARY:Lunch", *lines, b"END:VEVENT"))
    return b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + inside + b"END:VCALENDAR\r\n"


def card(*lines: bytes, version: bytes = b"3.0") -> bytes:
    inside = b"".join(folded(line) for line in lines)
    return b"BEGIN:VCARD\r\nVERSION:%b\r\nFN:A. Person\r\n%bEND:VCARD\r\n" % (version, inside)


def letters(content: bytes) -> bytes:
    """Base64 on one line."""
    return base64.b64encode(content)


def data_uri(content: bytes, media_type: bytes = b"application/octet-stream") -> bytes:
    return b"data:%b;base64,%b" % (media_type, letters(content))


def listed(values: Sequence[int]) -> bytes:
    return ",".join(map(str, values)).encode("ascii")
