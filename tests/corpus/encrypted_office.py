"""Writes encrypted Office documents, by [MS-OFFCRYPTO]: packages, workbooks, Word documents and presentations.

The keys of the old schemes are msoffcrypto's, so that they are not those of the gateway's own code.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB
from msoffcrypto.method import rc4 as old_rc4  # type: ignore[import-untyped]
from msoffcrypto.method import rc4_cryptoapi
from msoffcrypto.method.ecma376_standard import ECMA376Standard  # type: ignore[import-untyped]
from msoffcrypto.method.xor_obfuscation import DocumentXOR  # type: ignore[import-untyped]

from tests.corpus.compound_file import compound_file
from tests.corpus.office import record

SALT = bytes(range(16))
_VERIFIER = b"0123456789abcdef"
_BLOCKS = [bytes.fromhex(one) for one in ("fea7d2763b4b9e79", "d7aa0f6d3061344e", "146e0be7abacd0d6")]


# --- packages ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Agile:
    """One way to encrypt a package."""

    hash_name: str = "SHA512"
    bits: int = 256
    rounds: int = 1_000
    chaining: str = "ChainingModeCBC"

    def encrypted(self, content: bytes, password: str) -> bytes:
        """The compound file."""
        hashed = self._hash(SALT + password.encode("utf-16-le"))
        for number in range(self.rounds):
            hashed = self._hash(struct.pack("<I", number) + hashed)
        keys = [self._hash(hashed + block)[: self.bits // 8].ljust(self.bits // 8, b"\x36") for block in _BLOCKS]
        secret = bytes(range(self.bits // 8))
        inputs = (_VERIFIER, self._hash(_VERIFIER), secret)
        given = [self._cipher(key, SALT, one) for key, one in zip(keys, inputs, strict=True)]
        package = struct.pack("<Q", len(content)) + b"".join(
            self._cipher(secret, self._hash(SALT + struct.pack("<I", at // 4096))[:16], content[at : at + 4096])
            for at in range(0, len(content), 4096)
        )
        return compound_file({"EncryptionInfo": self._described(given), "EncryptedPackage": package})

    def _hash(self, data: bytes) -> bytes:
        return hashlib.new(self.hash_name, data).digest()

    def _cipher(self, key: bytes, vector: bytes, data: bytes) -> bytes:
        mode = CFB(vector) if self.chaining.endswith("CFB") else CBC(vector)
        return Cipher(AES(key), mode).encryptor().update(data + bytes(-len(data) % 16))

    def _described(self, given: list[bytes]) -> bytes:
        size = hashlib.new(self.hash_name).digest_size
        common = (
            f'saltSize="16" blockSize="16" keyBits="{self.bits}" hashSize="{size}" cipherAlgorithm="AES" '
            f'cipherChaining="{self.chaining}" hashAlgorithm="{self.hash_name}" saltValue="{_text(SALT)}"'
        )
        names = ("encryptedVerifierHashInput", "encryptedVerifierHashValue", "encryptedKeyValue")
        values = " ".join(f'{name}="{_text(one)}"' for name, one in zip(names, given, strict=True))
        way = "http://schemas.microsoft.com/office/2006/keyEncryptor/password"
        xml = (
            f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><encryption xmlns="http://schemas.microsoft.com/'
            f'office/2006/encryption" xmlns:p="{way}"><keyData {common}/><dataIntegrity encryptedHmacKey="" '
            f'encryptedHmacValue=""/><keyEncryptors><keyEncryptor uri="{way}"><p:encryptedKey '
            f'spinCount="{self.rounds}" {common} {values}/></keyEncryptor></keyEncryptors></encryption>'
        )
        return struct.pack("<HHI", 4, 4, 0x40) + xml.encode()


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def standard(content: bytes, password: str, bits: int = 128) -> bytes:
    """A package of Office 2007."""
    key = ECMA376Standard.makekey_from_password(password, 0x660E, 0x8004, 0x18, bits, 16, SALT)
    cipher = Cipher(AES(key), ECB())
    verifier = cipher.encryptor().update(_VERIFIER)
    verifier_hash = cipher.encryptor().update(hashlib.sha1(_VERIFIER).digest().ljust(32, b"\0"))
    provider = "Microsoft Enhanced RSA and AES Cryptographic Provider\0".encode("utf-16-le")
    header = struct.pack("<8I", 0x24, 0, 0x660E, 0x8004, bits, 0x18, 0, 0) + provider
    information = struct.pack("<HHII", 3, 2, 0x24, len(header)) + header
    information += struct.pack("<I", 16) + SALT + verifier + struct.pack("<I", 20) + verifier_hash
    package = struct.pack("<Q", len(content)) + cipher.encryptor().update(content + bytes(-len(content) % 16))
    return compound_file({"EncryptionInfo": information, "EncryptedPackage": package})


# --- RC4 --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rc4:
    """RC4 of 40 bits where `bits` is 0, else RC4 CryptoAPI."""

    bits: int = 0

    def key(self, password: str, block: int) -> bytes:
        if self.bits:
            return bytes(rc4_cryptoapi._makekey(password, SALT, self.bits, block))
        return bytes(old_rc4._makekey(password, SALT, block))

    def information(self, password: str) -> bytes:
        """The EncryptionInfo of an old document."""
        make = hashlib.sha1 if self.bits else hashlib.md5
        checked = _rc4(self.key(password, 0), _VERIFIER + make(_VERIFIER).digest())
        if not self.bits:
            return struct.pack("<HH", 1, 1) + SALT + checked
        header = struct.pack("<8I", 4, 0, 0x6801, 0x8004, self.bits, 1, 0, 0) + "Provider\0".encode("utf-16-le")
        information = struct.pack("<HHII", 2, 2, 4, len(header)) + header
        return information + struct.pack("<I", 16) + SALT + checked[:16] + struct.pack("<I", 20) + checked[16:]

    def encrypted(self, stream: bytes, password: str, block_bytes: int) -> bytes:
        """A whole stream."""
        pieces = range(0, len(stream), block_bytes)
        return b"".join(_rc4(self.key(password, at // block_bytes), stream[at : at + block_bytes]) for at in pieces)


def _rc4(key: bytes, data: bytes) -> bytes:
    return Cipher(ARC4(key), None).encryptor().update(data)


# --- workbooks --------------------------------------------------------------------------------------------------------

_CLEAR = frozenset({0x0809, 0x002F, 0x00E1})


def _with_pass(stream: bytes, body: bytes) -> bytes:
    """FILEPASS behind the first record; the places of the sheets move."""
    added = record(0x2F, body)
    first = 4 + int.from_bytes(stream[2:4], "little")
    out = bytearray(stream[:first] + added + stream[first:])
    for kind, at, _ in _records(bytes(out)):
        if kind == 0x85:
            struct.pack_into("<I", out, at, struct.unpack_from("<I", out, at)[0] + len(added))
    return bytes(out)


def _records(stream: bytes) -> Iterator[tuple[int, int, int]]:
    at = 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        yield kind, at + 4, size
        at += 4 + size


def _covered(stream: bytes, cover: Callable[[int, int], bytes]) -> bytes:
    """Every record's data but what is never encrypted; `cover` gives the octets that stand from a place to another."""
    out = bytearray(stream)
    for kind, at, size in _records(stream):
        first = at + 4 if kind == 0x85 else at
        if kind not in _CLEAR:
            out[first : at + size] = cover(first, at + size)
    return bytes(out)


def workbook_rc4(stream: bytes, password: str, scheme: Rc4) -> bytes:
    """A compound file with the encrypted workbook."""
    plain = _with_pass(stream, struct.pack("<H", 1) + scheme.information(password))
    encrypted = scheme.encrypted(plain, password, 1024)
    return compound_file({"Workbook": _covered(plain, lambda start, end: encrypted[start:end])})


def workbook_xor(stream: bytes, password: str) -> bytes:
    """Encrypt a workbook as Excel 95 did. msoffcrypto's array turns the data and the key together."""
    array = DocumentXOR.create_xor_array_method1(password)
    verifier = next(number for number in range(0x10000) if DocumentXOR.verifypw(password, number))
    plain = _with_pass(stream, struct.pack("<HHH", 0, DocumentXOR.create_xor_key_method1(password), verifier))
    ends = {at: at + size for _, at, size in _records(plain)}

    def cover(start: int, end: int) -> bytes:
        first = end + start - (start if start in ends else start - 4)
        octets = ((octet << 5 | octet >> 3) & 0xFF for octet in plain[start:end])
        return bytes(octet ^ array[(first + place) % 16] for place, octet in enumerate(octets))

    return compound_file({"Workbook": _covered(plain, cover)})


# --- Word and PowerPoint ----------------------------------------------------------------------------------------------


def word_rc4(text: bytes, password: str, scheme: Rc4) -> bytes:
    """A document of Word 97 to 2003."""
    information = scheme.information(password)
    fib = struct.pack("<H8xH2xI", 0xA5EC, 0x0100, len(information)).ljust(0x300, b"\0")
    encrypted = scheme.encrypted(fib + text, password, 512)
    table = information + scheme.encrypted(bytes(len(information) + 64), password, 512)[len(information) :]
    return compound_file({"WordDocument": fib[:68] + encrypted[68:], "0Table": table})


def slides_rc4(embedded: bytes, password: str, scheme: Rc4) -> bytes:
    """A presentation with one embedded object, which stands in it as it is ([MS-PPT] 2.10.34)."""
    stored = b"\0\0\x11\x10" + struct.pack("<I", len(embedded)) + embedded
    information = scheme.information(password)
    session = struct.pack("<HHI", 0x000F, 0x2F14, len(information)) + information
    listed = struct.pack("<III", 2 << 20 | 1, 0, len(stored))
    directory = struct.pack("<HHI", 0, 0x1772, len(listed)) + listed
    at = len(stored) + len(session)
    edit = struct.pack("<HHI", 0, 0x0FF5, 32) + struct.pack("<8I", 256, 0, 0, at, 1, 3, 0, 2)
    covered = _rc4(scheme.key(password, 1), stored)
    user = struct.pack("<HHIIII", 0, 0x0FF6, 28, 20, 0xF3D1C4DF, at + len(directory)) + bytes(12)
    return compound_file({"PowerPoint Document": covered + session + directory + edit, "Current User": user})
