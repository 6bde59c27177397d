"""Decryption of documents of Office 97 to 2003: each stream keeps its length.

Workbooks are decrypted by [MS-XLS] 2.2.10, documents by [MS-DOC] 2.2.6, presentations by [MS-PPT] 2.3.7. The marks of
encryption are removed, so that the next opener finds plain documents.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from gateway.understand.budget import Budget
from gateway.understand.openers.office.decryption.keys import Rc4Key, rc4, rc4_key, xor_array, xor_verifier

#: Records that are never encrypted: BOF of every version, FILEPASS, USREXCL, FILELOCK, INTERFACEHDR, RRDINFO, RRDHEAD.
_CLEAR = frozenset({0x0009, 0x0209, 0x0409, 0x0809, 0x002F, 0x0194, 0x0195, 0x00E1, 0x0196, 0x0138})
_FILEPASS, _BOUNDSHEET = 0x002F, 0x0085
#: Records between two checks of the time.
_RECORDS_AT_A_TIME = 10_000
_WORKBOOK_BLOCK, _WORD_BLOCK = 1024, 512
_FIB_BYTES = 68  # of a Word document's first stream: not encrypted
_EDIT, _DIRECTORY, _SESSION = 0x0FF5, 0x1772, 0x2F14  # records of presentations

#: Edits of one presentation, each with a list of its objects; PowerPoint merges them when it saves in full.
MAX_EDITS = 1_000
#: Objects of one presentation: slides, notes and embedded documents.
MAX_OBJECTS = 20_000


def _records(stream: bytes, budget: Budget) -> Iterator[tuple[int, int, int]]:
    """Yield kind, place of the data and size of every record of a workbook. Raises Exhausted."""
    at, number = 0, 0
    while at + 4 <= len(stream):
        number += 1
        if not number % _RECORDS_AT_A_TIME:
            budget.check_time()
        kind, size = struct.unpack_from("<HH", stream, at)
        yield kind, at + 4, size
        at += 4 + size


def decrypted_workbook(stream: bytes, passwords: tuple[str, ...], budget: Budget) -> bytes | None:
    """Return the workbook's stream decrypted; None where it has another password. Raises Exhausted."""
    passes = ((at, size) for kind, at, size in _records(stream, budget) if kind == _FILEPASS)
    at, size = next(passes, (0, 0))
    method = struct.unpack_from("<H", stream, at)[0] if size > 4 else 0
    for password in passwords:
        if method == 1 and (key := rc4_key(stream[at + 2 : at + size], password)) is not None:
            return _cleared(stream, key.decrypted(stream, _WORKBOOK_BLOCK), budget)
        if method == 0 and size >= 4 and password:  # the verifier of an empty password would be 0
            short = password.encode("latin-1")[:15]
            if struct.unpack_from("<H", stream, at + size - 2)[0] == xor_verifier(short):
                return _cleared(stream, _without_xor(stream, xor_array(short, 2), budget), budget)
    return None


def _without_xor(stream: bytes, array: bytes, budget: Budget) -> bytes:
    """Remove the XOR obfuscation of a workbook.

    Each record begins at a place of the array that its own place and size give ([MS-OFFCRYPTO] 2.3.7.3).
    """
    clear = bytearray(stream)
    turned = bytes((octet << 3 | octet >> 5) & 0xFF for octet in range(256))
    for _, at, size in _records(stream, budget):
        data = stream[at : at + size].translate(turned)
        first = (at + size) % 16
        keys = (array[first:] + array * (len(data) // 16 + 1))[: len(data)]
        mixed = int.from_bytes(data, "little") ^ int.from_bytes(keys, "little")
        clear[at : at + len(data)] = mixed.to_bytes(len(data), "little")
    return bytes(clear)


def _cleared(stream: bytes, decrypted: bytes, budget: Budget) -> bytes:
    """Return the decrypted stream with its unencrypted parts put back, and without its FILEPASS."""
    clear = bytearray(decrypted)
    for kind, at, size in _records(stream, budget):
        clear[at - 4 : at] = stream[at - 4 : at]
        if kind in _CLEAR:
            clear[at : at + size] = stream[at : at + size]
        elif kind == _BOUNDSHEET:
            clear[at : at + min(size, 4)] = stream[at : at + min(size, 4)]
        if kind == _FILEPASS:
            clear[at - 4 : at - 2] = b"\xff\xff"  # a record of no known kind, which readers skip
    return bytes(clear)


def decrypted_word(document: bytes, table: bytes, data: bytes, passwords: tuple[str, ...]) -> tuple[bytes, ...] | None:
    """Return the three streams decrypted; None where they have another password."""
    (flags,) = struct.unpack_from("<H", document, 10)
    (number,) = struct.unpack_from("<I", document, 14)
    for password in passwords:
        if flags & 0x8000:
            short = password.encode("latin-1")[:15]
            if short and xor_verifier(short) == number & 0xFFFF:
                array = xor_array(short, 7)
                return (
                    _plain_fib(document, document[:_FIB_BYTES] + _word_xor(document, array)[_FIB_BYTES:]),
                    *(_word_xor(one, array) for one in (table, data)),
                )
        elif len(table) >= 52 and (key := rc4_key(table[:number], password)) is not None:
            first, *others = (key.decrypted(one, _WORD_BLOCK) for one in (document, table, data))
            return (_plain_fib(document, first), *others)
    return None


def _word_xor(stream: bytes, array: bytes) -> bytes:
    """Remove the XOR obfuscation of a Word document.

    An octet of zero stays, and so does one that would become zero ([MS-OFFCRYPTO] 2.3.7.6).
    """
    clear = bytearray(stream)
    for place, key in enumerate(array):
        turned = bytes(octet ^ key or octet if octet else 0 for octet in range(256))
        clear[place::16] = stream[place::16].translate(turned)
    return bytes(clear)


def _plain_fib(document: bytes, decrypted: bytes) -> bytes:
    clear = bytearray(document[:_FIB_BYTES] + decrypted[_FIB_BYTES:])
    flags = struct.unpack_from("<H", clear, 10)[0]
    struct.pack_into("<H", clear, 10, flags & ~0x8100)
    struct.pack_into("<I", clear, 14, 0)
    return bytes(clear)


def decrypted_slides(user: bytes, stream: bytes, passwords: tuple[str, ...], budget: Budget) -> bytes | None:
    """Return the presentation's main stream decrypted; None where it has another password. Raises Exhausted."""
    (edit,) = struct.unpack_from("<I", user, 16)
    (session,) = struct.unpack_from("<I", stream, edit + 8 + 28)
    places = _objects(stream, edit)
    if session not in places:
        return None
    at = places[session]
    (size,) = struct.unpack_from("<I", stream, at + 4)
    for password in passwords:
        key = rc4_key(stream[at + 8 : at + 8 + size], password)
        if key is not None:
            return _opened_objects(stream, places, key, budget)
    return None


def _objects(stream: bytes, edit: int) -> dict[int, int]:
    """Return number -> place of every persistent object, the newest edit's first ([MS-PPT] 2.1.2)."""
    places: dict[int, int] = {}
    seen: set[int] = set()
    while edit and edit not in seen and len(seen) < MAX_EDITS and len(stream) >= edit + 36:
        seen.add(edit)
        kind, last, directory = struct.unpack_from("<2xH12xII", stream, edit)
        if kind != _EDIT:
            break
        for number, place in _listed(stream, directory):
            places.setdefault(number, place)
        edit = last
    return places


def _listed(stream: bytes, at: int) -> Iterator[tuple[int, int]]:
    kind, size = struct.unpack_from("<2xHI", stream, at)
    words = struct.unpack_from(f"<{min(size // 4, MAX_OBJECTS)}I", stream, at + 8) if kind == _DIRECTORY else ()
    here = 0
    while here < len(words):
        first, count = words[here] & 0xFFFFF, words[here] >> 20
        yield from enumerate(words[here + 1 : here + 1 + count], first)
        here += 1 + count


def _opened_objects(stream: bytes, places: dict[int, int], key: Rc4Key, budget: Budget) -> bytes:
    clear = bytearray(stream)
    for number, at in places.items():
        if struct.unpack_from("<H", stream, at + 2)[0] in (_EDIT, _DIRECTORY, _SESSION):
            continue
        (size,) = struct.unpack("<4xI", rc4(key.of_block(number), stream[at : at + 8]))
        record = stream[at : at + 8 + size]
        budget.take(len(record))  # objects may overlap
        clear[at : at + len(record)] = rc4(key.of_block(number), record)
    return bytes(clear)
