"""Encrypted packages: a document of Office 2007 or later in a compound file, by [MS-OFFCRYPTO] 2.3.4.

Agile encryption names its algorithms in XML, standard encryption is AES with SHA-1 and 50,000 rounds.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB

from gateway.understand.budget import Budget, Exhausted
from gateway.understand.member import Unreadable
from gateway.understand.openers.office.decryption.keys import spun
from gateway.understand.openers.office.office_xml import Attributes, Reader

#: Rounds of hashing for one document, all passwords together: half a second. Office takes 100,000 for each password; a
#: document may ask for ten million, which costs a reader only some seconds.
MAX_ROUNDS = 1_000_000

#: Elements with the key of one package that are tried: Office writes one, or one more for each certificate.
MAX_WAYS = 4

_STANDARD_ROUNDS = 50_000
_SEGMENT_BYTES = 4096
_HASHES = {"sha1": "sha1", "sha256": "sha256", "sha384": "sha384", "sha512": "sha512", "md5": "md5"}
_KEY_BLOCK = bytes.fromhex("146e0be7abacd0d6")
_INPUT_BLOCK, _HASH_BLOCK = bytes.fromhex("fea7d2763b4b9e79"), bytes.fromhex("d7aa0f6d3061344e")
_BEGINNINGS = (b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0")


def decrypted_package(information: bytes, package: bytes, passwords: tuple[str, ...], budget: Budget) -> bytes | None:
    """Return the decrypted document; None where it has another password. Raises Unreadable and Exhausted."""
    version = struct.unpack_from("<HH", information)
    if version == (4, 4):
        return _agile(information[8:], package, passwords, budget)
    if version[0] in (2, 3, 4) and version[1] == 2:
        return _standard(information, package, passwords, budget)
    raise Unreadable(f"the document is encrypted in a way that is not known: version {version[0]}.{version[1]}")


# --- agile ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Scheme:
    """One element of the description: algorithms, sizes and salt."""

    cipher: str
    chaining: str
    hash_name: str
    salt: bytes
    key_bytes: int
    block_bytes: int

    def decrypted(self, key: bytes, vector: bytes, data: bytes) -> bytes:
        """Decrypt all whole blocks of the data."""
        size = self.block_bytes
        vector = vector[:size].ljust(size, b"\x36")
        algorithm = AES(key) if self.cipher == "aes" else TripleDES(key)
        mode = CFB(vector) if self.chaining == "chainingmodecfb" else CBC(vector)
        machine = Cipher(algorithm, mode).decryptor()
        return machine.update(data[: len(data) // size * size])

    def hashed(self, data: bytes) -> bytes:
        return hashlib.new(self.hash_name, data).digest()


def _scheme(values: Attributes) -> _Scheme:
    cipher, chaining = values["cipherAlgorithm"].lower(), values["cipherChaining"].lower()
    name = values["hashAlgorithm"].lower().replace("-", "").replace("sha160", "sha1")
    if cipher not in ("aes", "3des", "3des_112") or name not in _HASHES:
        raise Unreadable(f"the document is encrypted by {cipher} and {name}, which can't be undone")
    key_bytes, block_bytes = int(values["keyBits"]) // 8, 16 if cipher == "aes" else 8
    if cipher == "aes" and key_bytes not in (16, 24, 32):
        raise Unreadable("the document is encrypted with a key of a size that AES has not")
    return _Scheme(cipher, chaining, _HASHES[name], base64.b64decode(values["saltValue"]), key_bytes, block_bytes)


def _agile(xml: bytes, package: bytes, passwords: tuple[str, ...], budget: Budget) -> bytes | None:
    elements = _described(xml)
    try:
        data = _scheme(next(values for tag, values in elements if tag == "keyData"))
        ways = [values for tag, values in elements if tag == "encryptedKey"][:MAX_WAYS]
        rounds_left = MAX_ROUNDS
        for password in passwords:
            for values in ways:
                rounds_left -= (rounds := int(values["spinCount"]))
                if rounds < 0 or rounds_left < 0:
                    raise Exhausted("seconds", f"the document's password takes more than {MAX_ROUNDS} rounds to try")
                for key in _agile_keys(values, data, password, rounds, budget):
                    clear = _agile_package(data, key, package, budget)
                    if clear is not None:
                        return clear
    except (KeyError, StopIteration, binascii.Error, OverflowError) as error:
        raise Unreadable("the description of the document's encryption is broken") from error
    return None


def _described(xml: bytes) -> list[tuple[str, Attributes]]:
    found: list[tuple[str, Attributes]] = []
    text = xml.rstrip(b"\0")
    Reader().read("the description of the encryption", text, lambda tag, values: found.append((tag, values)))
    return found


def _agile_keys(values: Attributes, data: _Scheme, password: str, rounds: int, budget: Budget) -> Iterator[bytes]:
    """Yield the package's key by one element and password, where the password is right."""
    way = _scheme(values)
    hashed = spun(way.hash_name, way.salt, password, rounds, budget)

    def opened(block: bytes, name: str) -> bytes:
        key = way.hashed(hashed + block)[: way.key_bytes].ljust(way.key_bytes, b"\x36")
        return way.decrypted(key, way.salt, base64.b64decode(values[name]))

    given, told = opened(_INPUT_BLOCK, "encryptedVerifierHashInput"), opened(_HASH_BLOCK, "encryptedVerifierHashValue")
    expected = way.hashed(given[: len(way.salt)])
    if told[: len(expected)] == expected:
        yield opened(_KEY_BLOCK, "encryptedKeyValue")[: data.key_bytes]


def _agile_package(data: _Scheme, key: bytes, package: bytes, budget: Budget) -> bytes | None:
    (size,) = struct.unpack_from("<Q", package)
    pieces = []
    for number, at in enumerate(range(8, len(package), _SEGMENT_BYTES)):
        budget.take(min(_SEGMENT_BYTES, len(package) - at))
        vector = data.hashed(data.salt + struct.pack("<I", number))
        pieces.append(data.decrypted(key, vector, package[at : at + _SEGMENT_BYTES]))
        if not number and not pieces[0].startswith(_BEGINNINGS):
            return None
    return _of_size(b"".join(pieces), size)


# --- standard ---------------------------------------------------------------------------------------------------------


def _standard(information: bytes, package: bytes, passwords: tuple[str, ...], budget: Budget) -> bytes | None:
    (header_bytes,) = struct.unpack_from("<I", information, 8)
    (bits,) = struct.unpack_from("<I", information, 12 + 16)
    at = 12 + header_bytes
    salt = information[at + 4 : at + 20]
    if bits not in (128, 192, 256):
        raise Unreadable("the document is encrypted with a key of a size that AES has not")
    for password in passwords:
        hashed = spun("sha1", salt, password, _STANDARD_ROUNDS, budget)
        final = hashlib.sha1(hashed + bytes(4), usedforsecurity=False).digest().ljust(64, b"\0")
        masks = (bytes(octet ^ mask for octet in final) for mask in (0x36, 0x5C))
        key = b"".join(hashlib.sha1(one, usedforsecurity=False).digest() for one in masks)[: bits // 8]
        machine = Cipher(AES(key), ECB()).decryptor()  # noqa: S305 - the format's own
        if machine.update(package[8:24]).startswith(_BEGINNINGS):
            return _standard_package(key, package, budget)
    return None


def _standard_package(key: bytes, package: bytes, budget: Budget) -> bytes:
    (size,) = struct.unpack_from("<Q", package)
    budget.take(len(package))
    machine = Cipher(AES(key), ECB()).decryptor()  # noqa: S305 - the format's own
    return _of_size(machine.update(package[8 : 8 + (len(package) - 8) // 16 * 16]), size)


def _of_size(clear: bytes, size: int) -> bytes:
    """Remove the padding of the last block; a size that can't be true is ignored."""
    return clear[:size] if size and len(clear) - _SEGMENT_BYTES <= size else clear
