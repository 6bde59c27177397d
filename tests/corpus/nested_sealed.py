"""Rows C08 to C11: what is signed, compressed or encrypted with S/MIME and PGP."""

from __future__ import annotations

import base64
import bz2
import zlib
from collections.abc import Iterator

from tests.corpus.case import Case
from tests.corpus.nested_made import (
    AMBIGUOUS,
    ENCRYPTED,
    EVIL,
    HARMLESS,
    INNER,
    PROGRAM,
    UNREAD,
    attached,
    entity_of,
    found,
    passing,
)
from tests.corpus.payloads import STUB, TEXT, encoded, message, multipart, part
from tests.corpus.wrapping import (
    armoured,
    cms,
    compressed,
    detached_signature,
    encrypted_packets,
    literal,
    packet,
    partial_packet,
)


def cases() -> Iterator[Case]:
    yield from _smime()
    yield from _signed()
    yield from _pgp()


def _smime_mail(kind: bytes, content: bytes, name: bytes = b"smime.p7m", media: bytes = b"pkcs7-mime") -> bytes:
    return message(
        base64.encodebytes(content).replace(b"\n", b"\r\n"),
        b'Content-Type: application/%b; smime-type=%b; name="%b"' % (media, kind, name),
        b'Content-Disposition: attachment; filename="%b"' % name,
        b"Content-Transfer-Encoding: base64",
    )


def _smime() -> Iterator[Case]:
    entity = entity_of(INNER)
    pem = b"-----BEGIN CMS-----\r\n%b-----END CMS-----\r\n" % base64.encodebytes(cms("signed", entity))
    layered = (
        b"Content-Type: application/pkcs7-mime; smime-type=compressed-data\r\nContent-Transfer-Encoding: binary\r\n"
    )
    layered += b"\r\n" + cms("compressed", zlib.compress(entity))
    signed = {
        "signed": _smime_mail(b"signed-data", cms("signed", entity)),
        "old-type": _smime_mail(b"signed-data", cms("signed", entity), media=b"x-pkcs7-mime"),
        "no-lengths": _smime_mail(b"signed-data", cms("signed", entity, indefinite=True)),
        "octet-stream": attached(b"a.pdf.p7m", cms("signed", entity)),
        "unnamed": attached(b"a.bin", cms("signed", entity)),
        "pem": attached(b"a.p7m", pem),
        "file": attached(b"evil.exe.p7m", cms("signed", STUB)),
        "twice": attached(b"a.p7m", cms("signed", cms("signed", entity), inner="signed")),
        "layers": _smime_mail(b"signed-data", cms("signed", layered)),
        "digested": attached(b"a.p7m", cms("digested", entity)),
    }
    yield from found("C08", PROGRAM, signed.items())
    yield from passing("C08", [("harmless", _smime_mail(b"signed-data", cms("signed", entity_of(HARMLESS))))])
    yield from found("C08", UNREAD, [("broken", _smime_mail(b"signed-data", b"0\x82not CMS at all"))])
    yield from passing(
        "C08", [("signature-alone", attached(b"smime.p7s", detached_signature(), b"application/pkcs7-signature"))]
    )
    zipped = cms("compressed", zlib.compress(entity))
    yield from found("C09", PROGRAM, [("compressed", _smime_mail(b"compressed-data", zipped, b"smime.p7z"))])
    bomb = cms("compressed", zlib.compress(bytes(64 * 1024 * 1024), 9))
    yield from found("C09", UNREAD, [("bomb", _smime_mail(b"compressed-data", bomb))])
    for kind in ("enveloped", "auth-enveloped", "encrypted"):
        mail = _smime_mail(b"enveloped-data", cms(kind, b"?" * 200))
        yield Case("C09", kind, mail, all_of=ENCRYPTED, none_of=UNREAD | AMBIGUOUS)


def _signed() -> Iterator[Case]:
    signature = part(b"Content-Type: application/pgp-signature; name=s.asc\r\n", armoured(b"\xc2\1\4", b"SIGNATURE"))
    kind = b'signed; protocol="application/pgp-signature"; micalg=pgp-sha256'
    variants = {
        "part-behind-the-signature": multipart(TEXT, signature, EVIL, kind=kind),
        "program-as-signature": multipart(TEXT, EVIL, kind=kind),
        "program-typed-as-signature": multipart(TEXT, encoded(b"s.asc", STUB, b"application/pgp-signature"), kind=kind),
        "mixed-inside": multipart(entity_of(multipart(TEXT, EVIL, boundary=b"bar")), signature, kind=kind),
    }
    yield from found("C10", PROGRAM, variants.items())
    yield from passing("C10", [("harmless", multipart(TEXT, signature, kind=kind))])


def _pgp() -> Iterator[Case]:
    kind = b'encrypted; protocol="application/pgp-encrypted"'
    control = part(b"Content-Type: application/pgp-encrypted\r\n", b"Version: 1\r\n")
    content = part(b"Content-Type: application/octet-stream; name=encrypted.asc\r\n", armoured(encrypted_packets()))
    sealed = {
        "mime": multipart(control, content, kind=kind),
        "inline": message(b"Hello\r\n" + armoured(encrypted_packets())),
        "bad-checksum": message(armoured(encrypted_packets(), checksum=b"=ZZZZ")),
        "binary": attached(b"report.docx.gpg", encrypted_packets()),
        "unnamed": attached(b"report", encrypted_packets()),
        "password": attached(b"a.pgp", packet(3, b"\4\x09\3\x08" + bytes(9)) + packet(18, b"\1" + bytes(99))),
        "aead": attached(b"a.pgp", packet(3, b"\5\x09\2\3\x08" + bytes(40)) + packet(20, b"\1\x09\2" + bytes(99))),
    }
    yield from found("C11", ENCRYPTED, sealed.items())
    packed = {
        "literal": attached(b"a.pgp", literal(b"evil.exe", STUB)),
        "zip": attached(b"a.gpg", compressed(1, zlib.compress(literal(b"evil.exe", STUB))[2:-4])),
        "zlib": attached(b"a.gpg", compressed(2, zlib.compress(literal(b"evil.exe", STUB)))),
        "bzip2": attached(b"a.gpg", compressed(3, bz2.compress(literal(b"evil.exe", STUB)))),
        "packed-unnamed": attached(b"a", compressed(2, zlib.compress(literal(b"a", STUB)))),
        "pieces": attached(b"a.gpg", partial_packet(11, b"b\1a" + bytes(4) + STUB)),
        "packed-inline": message(armoured(compressed(2, zlib.compress(literal(b"evil.exe", STUB))))),
        "entity": message(armoured(literal(b"", entity_of(INNER)))),
    }
    yield from found("C11", PROGRAM, packed.items())
    clear = b"-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\nHello\r\n" + armoured(b"\xc2\1\4", b"SIGNATURE")
    about = (
        b"Paste it from -----BEGIN PGP MESSAGE----- on.\r\n-----BEGIN PGP MESSAGE-----\r\nand so on, to the end.\r\n"
    )
    yield from passing("C11", [("cleartext-signed", message(clear)), ("about-pgp", message(about))])
    yield from passing("C11", [("key", attached(b"key.asc", armoured(b"\xc6\1\4", b"PUBLIC KEY BLOCK")))])
    yield from passing("C11", [("packed-harmless", attached(b"a.gpg", literal(b"notes.txt", b"Nothing of note.")))])
