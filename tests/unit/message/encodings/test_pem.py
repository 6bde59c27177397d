"""Blocks with a label that hold something else."""

from __future__ import annotations

import base64

import pytest

from gateway.message.encodings.pem import pem_files

MAGIC = (b"MZ", b"PK\3\4")
PROGRAM = b"MZ" + bytes(200)


def block(octets: bytes, label: bytes = b"CERTIFICATE") -> bytes:
    return b"-----BEGIN %b-----\r\n%b-----END %b-----\r\n" % (label, base64.encodebytes(octets), label)


@pytest.mark.parametrize("label", [b"CERTIFICATE", b"RSA PRIVATE KEY", b"X509 CRL"])
def test_program(label: bytes) -> None:
    """Whatever the label, what begins like a program is given whole."""
    found = list(pem_files(b"Here it is:\r\n" + block(PROGRAM, label), MAGIC))
    assert [one.octets for one in found] == [PROGRAM]


def test_every_block_is_looked_at() -> None:
    """A true certificate in front hides nothing."""
    found = list(pem_files(block(b"0\x82\1\0" + bytes(99)) + block(PROGRAM), MAGIC))
    assert [one.octets for one in found] == [PROGRAM]


@pytest.mark.parametrize("text", [block(b"0\x82\1\0" + bytes(99)), block(PROGRAM, b"PGP MESSAGE"), b"-----BEGIN CERT"])
def test_nothing(text: bytes) -> None:
    """Certificates hold no file; OpenPGP's armour is another's matter; prose is none."""
    assert list(pem_files(text, MAGIC)) == []
