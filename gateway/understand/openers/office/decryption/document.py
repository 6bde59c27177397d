"""Documents that are encrypted with a password which their program tries without a question: as they are in the clear.

Excel tries "VelvetSweatshop" ([MS-OFFCRYPTO] 2.3.8.1, [MS-XLS] 2.2.10), PowerPoint one of its own; nobody needs to know
an empty one.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.understand.budget import Budget
from gateway.understand.member import Unreadable
from gateway.understand.openers.office.cfb import CompoundFile, Entry
from gateway.understand.openers.office.decryption.binary import (
    decrypted_slides,
    decrypted_word,
    decrypted_workbook,
)
from gateway.understand.openers.office.decryption.package import decrypted_package

PASSWORDS = ("VelvetSweatshop", "/01Hannes Ruescher/01", "")

_ENCRYPTED_SLIDES, _PLAIN_SLIDES = b"\xdf\xc4\xd1\xf3", b"\x5f\xc0\x91\xe3"


@dataclass(frozen=True, slots=True)
class Clear:
    """A document without its encryption: a package that was all of it, or the same file with other streams."""

    content: bytes
    is_package: bool


def decrypted_document(file: CompoundFile, budget: Budget) -> Clear | None:
    """None where a password is needed for all that is encrypted; a file in the clear may have other parts that are.

    Raises Unreadable and Exhausted.
    """
    try:
        package = _package(file, budget)
        if package is not None:
            return Clear(package, is_package=True)
        streams = dict(_streams(file, budget))
    except (struct.error, ValueError, IndexError, OverflowError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable("the encryption of the document is described wrongly") from error
    return Clear(file.patched(streams), is_package=False) if streams else None


def _package(file: CompoundFile, budget: Budget) -> bytes | None:
    named = {entry.key: entry for entry in file.streams if len(entry.path) == 1}
    information, package = named.get("encryptioninfo"), named.get("encryptedpackage")
    if information is None or package is None:
        return None
    return decrypted_package(file.read(information, budget), file.read(package, budget), PASSWORDS, budget)


def _streams(file: CompoundFile, budget: Budget) -> Iterator[tuple[Entry, bytes]]:
    """Every stream that is another in the clear, of embedded documents too."""
    beside = {(*entry.path[:-1], entry.key): entry for entry in file.streams}
    for entry in file.streams:
        storage = entry.path[:-1]
        if entry.key in ("workbook", "book"):
            workbook = decrypted_workbook(file.read(entry, budget), PASSWORDS, budget)
            yield from () if workbook is None else ((entry, workbook),)
        elif entry.key == "worddocument":
            yield from _word(file, entry, beside, budget)
        elif entry.key == "powerpoint document" and (user := beside.get((*storage, "current user"))):
            yield from _slides(file, entry, user, budget)


def _word(
    file: CompoundFile, entry: Entry, beside: dict[tuple[str, ...], Entry], budget: Budget
) -> Iterator[tuple[Entry, bytes]]:
    document = file.read(entry, budget)
    (flags,) = struct.unpack_from("<H", document, 10)
    table = beside.get((*entry.path[:-1], "1table" if flags & 0x0200 else "0table"))
    if not flags & 0x0100 or table is None:
        return
    data = beside.get((*entry.path[:-1], "data"))
    contents = (file.read(table, budget), file.read(data, budget) if data else b"")
    clear = decrypted_word(document, *contents, PASSWORDS)
    entries = (entry, table, data)
    yield from ((one, octets) for one, octets in zip(entries, clear or (), strict=False) if one is not None)


def _slides(file: CompoundFile, entry: Entry, user: Entry, budget: Budget) -> Iterator[tuple[Entry, bytes]]:
    octets = file.read(user, budget)
    if octets[12:16] != _ENCRYPTED_SLIDES:
        return
    clear = decrypted_slides(octets, file.read(entry, budget), PASSWORDS, budget)
    if clear is not None:
        yield entry, clear
        yield user, octets[:12] + _PLAIN_SLIDES + octets[16:]
