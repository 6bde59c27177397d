"""Keys of encrypted Office documents from a password, by [MS-OFFCRYPTO] 2.3: their derivation and their check.

Everything is a function of octets; the caller bounds the number of rounds.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4
from cryptography.hazmat.primitives.ciphers import Cipher

from gateway.understand.budget import Budget

#: Rounds between two checks of the time.
_ROUNDS_AT_A_TIME = 10_000


def spun(algorithm: str, salt: bytes, password: str, rounds: int, budget: Budget) -> bytes:
    """Hash a password, then the hash again and again with its round's number in front. Raises Exhausted."""
    hashed = hashlib.new(algorithm, salt + password.encode("utf-16-le")).digest()
    make = getattr(hashlib, algorithm)
    for first in range(0, rounds, _ROUNDS_AT_A_TIME):
        budget.check_time()
        for number in range(first, min(first + _ROUNDS_AT_A_TIME, rounds)):
            hashed = make(number.to_bytes(4, "little") + hashed).digest()
    return hashed


def rc4(key: bytes, data: bytes) -> bytes:
    """Encrypt or decrypt all the data with one key by RC4."""
    return Cipher(ARC4(key), None).encryptor().update(data)


@dataclass(frozen=True, slots=True)
class Rc4Key:
    """The key of an old document: RC4 of 40 bits (2.3.6), or RC4 CryptoAPI (2.3.5) where `key_bytes` is given."""

    hashed: bytes
    key_bytes: int = 0

    def of_block(self, number: int) -> bytes:
        """Return the key of a block: each block of a stream has its own."""
        block = struct.pack("<I", number)
        if not self.key_bytes:
            return hashlib.md5(self.hashed + block, usedforsecurity=False).digest()
        key = hashlib.sha1(self.hashed + block, usedforsecurity=False).digest()[: self.key_bytes]
        return key.ljust(16, b"\0") if self.key_bytes == 5 else key

    def opens(self, verifier: bytes, verifier_hash: bytes) -> bool:
        """Return whether this is the document's key.

        It is where the hash of the decrypted verifier equals the hash that the document gives.
        """
        clear = rc4(self.of_block(0), verifier + verifier_hash)
        make = hashlib.sha1 if self.key_bytes else hashlib.md5
        size = make(usedforsecurity=False).digest_size
        return make(clear[:16], usedforsecurity=False).digest() == clear[16 : 16 + size]

    def decrypted(self, stream: bytes, block_bytes: int) -> bytes:
        """Decrypt a stream: all its octets count, though some of them may not be encrypted."""
        pieces = range(0, len(stream), block_bytes)
        return b"".join(rc4(self.of_block(at // block_bytes), stream[at : at + block_bytes]) for at in pieces)


def rc4_key(information: bytes, password: str) -> Rc4Key | None:
    """Derive the key by an EncryptionInfo of an old document; return None where the password is another.

    `information` begins with its version.
    """
    major, minor = struct.unpack_from("<HH", information)
    if (major, minor) == (1, 1):
        salt, verifier, verifier_hash = (information[at : at + 16] for at in (4, 20, 36))
        short = hashlib.md5(password.encode("utf-16-le"), usedforsecurity=False).digest()[:5]
        hashed = hashlib.md5((short + salt) * 16, usedforsecurity=False).digest()[:5]
        key = Rc4Key(hashed)
    elif major in (2, 3, 4) and minor == 2:
        (header_bytes,) = struct.unpack_from("<I", information, 8)
        (bits,) = struct.unpack_from("<I", information, 12 + 16)
        at = 12 + header_bytes
        salt, verifier, verifier_hash = (
            information[at + 4 : at + 20],
            information[at + 20 : at + 36],
            information[at + 40 :],
        )
        hashed = hashlib.sha1(salt + password.encode("utf-16-le"), usedforsecurity=False).digest()
        key = Rc4Key(hashed, min(max(bits, 40) // 8, 16))
    else:
        return None
    return key if key.opens(verifier, verifier_hash) else None


# --- XOR obfuscation (2.3.7), as LibreOffice's MSCodec_Xor95 computes it ----------------------------------------------

_FILL = bytes.fromhex("bbffffbaffffb98000be0f00bf0f00")


def xor_verifier(password: bytes) -> int:
    """Return the number by which a document recognises its password."""
    found = len(password) ^ 0xCE4B if password else 0
    for place, octet in enumerate(password, 1):
        turn = place % 15
        found ^= (octet << turn | octet >> 15 - turn) & 0x7FFF
    return found


def xor_array(password: bytes, turn: int) -> bytes:
    """Return sixteen octets, each turned left by `turn` bits: 2 in Excel's documents, 7 in Word's."""
    number = _xor_number(password)
    filled = (password + _FILL)[:16]
    mixed = (octet ^ (number >> 8 * (place & 1) & 0xFF) for place, octet in enumerate(filled))
    return bytes((octet << turn | octet >> 8 - turn) & 0xFF for octet in mixed)


def _xor_number(password: bytes) -> int:
    found, base, end = 0, 0x8000, 0xFFFF
    for octet in reversed(password):
        for bit in range(8):
            base, end = _turned(base), _turned(end)
            if octet & 0x7F & 1 << bit:
                found ^= base
    return found ^ end


def _turned(number: int) -> int:
    turned = (number << 1 | number >> 15) & 0xFFFF
    return turned ^ 0x1020 if turned & 1 else turned
