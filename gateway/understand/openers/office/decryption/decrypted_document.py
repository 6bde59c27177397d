"""Decryption of documents whose password their program tries without asking the reader.

It gives packages, and compound files with other streams; it never writes a file of its own.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.understand.budget import Budget, Exhausted
from gateway.understand.member import Unreadable
from gateway.understand.openers.office.cfb import CompoundFile, Entry
from gateway.understand.openers.office.decryption.binary import (
    decrypted_slides,
    decrypted_word,
    decrypted_workbook,
)
from gateway.understand.openers.office.decryption.default_passwords import PASSWORDS
from gateway.understand.openers.office.decryption.package import decrypted_package

_ENCRYPTED_SLIDES, _PLAIN_SLIDES = b"\xdf\xc4\xd1\xf3", b"\x5f\xc0\x91\xe3"


@dataclass(frozen=True, slots=True)
class Decrypted:
    """The decrypted files of a document.

    `hides_packages` and `hides_streams` say whether anything stays encrypted that no later opener will report.
    """

    contents: tuple[bytes, ...]
    hides_packages: bool
    hides_streams: bool


def decrypted_document(file: CompoundFile, budget: Budget) -> Decrypted:
    """Decrypt every package, and the file itself where it has encrypted streams. Raises Unreadable and Exhausted.

    Streams of the returned file that stay encrypted are found when that file is opened in turn.
    """
    try:
        packages = list(_packages(file, budget))
        streams = dict(_streams(file, budget))
    except (struct.error, ValueError, IndexError, OverflowError) as error:
        if isinstance(error, Unreadable | Exhausted):
            raise
        raise Unreadable("the encryption of the document is described wrongly") from error
    contents = [one for one in packages if one is not None]
    if streams:
        contents.append(file.patched(streams))
    is_rights_managed = any(entry.key.endswith("drmcontent") for entry in file.streams)
    hides_packages = is_rights_managed or not packages or None in packages
    return Decrypted(tuple(contents), hides_packages, not streams)


def _packages(file: CompoundFile, budget: Budget) -> Iterator[bytes | None]:
    """Yield the package of every storage that has one; None for one with another password."""
    beside = _by_storage(file)
    for entry in file.streams:
        package = beside.get((*entry.path[:-1], "encryptedpackage"))
        if entry.key == "encryptioninfo" and package is not None:
            octets = file.read(package, budget)
            yield decrypted_package(file.read(entry, budget), octets, PASSWORDS, budget)


def _by_storage(file: CompoundFile) -> dict[tuple[str, ...], Entry]:
    return {(*entry.path[:-1], entry.key): entry for entry in file.streams}


def _streams(file: CompoundFile, budget: Budget) -> Iterator[tuple[Entry, bytes]]:
    """Yield every encrypted stream with its decrypted octets, of embedded documents too."""
    beside = _by_storage(file)
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
