"""Encrypted messages, and plain ones that only say so."""

from __future__ import annotations

import base64
import random

import pytest

from filters.confidential.encryption import is_encrypted
from gateway.message.mime.parse import parse
from tests.corpus.wrapping import armoured, cms, encrypted_packets, literal, packet

PLAIN = b"The board closes the depot in May, and 41 people lose their work. " * 20
CIPHERTEXT = random.Random(1).randbytes(5_000)
SMIME = b"application/pkcs7-mime; smime-type=enveloped-data"


def pgp(
    second: bytes,
    *,
    version: bytes = b"Version: 1",
    protocol: bytes = b"; protocol=application/pgp-encrypted",
    before: bytes = b"",
    behind: bytes = b"",
    more: bytes = b"",
) -> bytes:
    return (
        b"Content-Type: multipart/encrypted; boundary=b" + protocol + b"\r\n\r\n" + before + b"--b\r\n"
        b"Content-Type: application/pgp-encrypted\r\n\r\n" + version + b"\r\n--b\r\n"
        b"Content-Type: application/octet-stream\r\n\r\n" + second + b"\r\n" + more + b"--b--\r\n" + behind
    )


def smime(content: bytes, content_type: bytes = SMIME) -> bytes:
    head = b"Content-Type: " + content_type + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head + base64.encodebytes(content).replace(b"\n", b"\r\n")


ARMOUR = armoured(packet(1, b"\3" + bytes(8) + b"\1" + CIPHERTEXT[:256]) + packet(18, b"\1" + CIPHERTEXT))


@pytest.mark.parametrize(
    "raw",
    [
        pgp(ARMOUR),
        pgp(armoured(encrypted_packets())),
        pgp(ARMOUR, before=b"This is an OpenPGP/MIME encrypted message (RFC 4880 and 3156)\r\n"),
        pgp(ARMOUR.replace(b"MESSAGE-----\r\n", b"MESSAGE-----\r\nVersion: GnuPG v2\r\n", 1)),
        smime(cms("enveloped", CIPHERTEXT)),
        smime(cms("enveloped", CIPHERTEXT, indefinite=True), b"application/x-pkcs7-mime; name=smime.p7m"),
        smime(cms("auth-enveloped", CIPHERTEXT)),
    ],
)
def test_encrypted_messages(raw: bytes) -> None:
    assert is_encrypted(parse(raw))


@pytest.mark.parametrize(
    "raw",
    [
        b"Content-Type: text/plain\r\n\r\n" + ARMOUR,  # what stands around it may be read
        b"Content-Type: multipart/encrypted\r\n\r\n" + PLAIN,
        b"Content-Type: multipart/encrypted; protocol=application/pgp-encrypted; boundary=b\r\n\r\n" + PLAIN,
        pgp(PLAIN),
        pgp(ARMOUR, protocol=b""),
        pgp(ARMOUR, version=b"Version: 1\r\n" + PLAIN),
        pgp(ARMOUR, more=b"--b\r\nContent-Type: text/plain\r\n\r\n" + PLAIN + b"\r\n"),
        pgp(ARMOUR, before=PLAIN + b"\r\n"),
        pgp(ARMOUR, behind=PLAIN),
        pgp(ARMOUR + PLAIN),
        pgp(b"-----BEGIN PGP MESSAGE-----\r\n\r\n" + PLAIN + b"\r\n-----END PGP MESSAGE-----\r\n"),
        pgp(armoured(literal(b"a.txt", PLAIN))),  # packed, not encrypted
        pgp(armoured(packet(18, PLAIN))),
        b"Content-Type: " + SMIME + b"\r\n\r\n" + PLAIN,
        b"Content-Type: " + SMIME + b"\r\n\r\n0" + PLAIN,
        smime(PLAIN),
        smime(cms("enveloped", PLAIN)),
        smime(cms("enveloped", CIPHERTEXT) + PLAIN),
        smime(cms("signed", CIPHERTEXT)),
        smime(b""),
        b"Content-Type: multipart/signed; boundary=b\r\n\r\n" + PLAIN,
    ],
)
def test_messages_that_may_be_read(raw: bytes) -> None:
    assert not is_encrypted(parse(raw))
