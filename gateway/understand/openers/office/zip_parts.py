"""The parts of an office document that is a zip file, by its central directory.

They serve only to look at the document's XML. The zip file's members, and conflicts of its directories, are another
opener's.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.understand.budget import Budget, Exhausted
from gateway.understand.member import Unreadable
from gateway.understand.openers.office.office_xml import looks_like_xml

#: Entries of the directory of a document; large presentations have some thousand.
MAX_PARTS = 20_000

_PIECE_BYTES = 1024 * 1024
_HEAD_BYTES = 256
_ENTRY = b"PK\x01\x02"
_ENCRYPTED = 0x1


@dataclass(frozen=True, slots=True)
class Part:
    """One part; `xml` is None where the part is no XML, or is encrypted."""

    name: str  # in lower case, as OPC compares names
    head: bytes = b""
    xml: bytes | None = None


def looks_like_zip(content: bytes) -> bool:
    return content.find(b"PK\x03\x04", 0, 1024) >= 0 or content.startswith(b"PK")


def parts(content: bytes, budget: Budget) -> Iterator[Part]:
    """Yield every part, XML parts with their octets. Raises Unreadable and Exhausted."""
    if content.count(_ENTRY) > MAX_PARTS:
        raise Unreadable(f"the document has more than {MAX_PARTS} parts")
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise Unreadable(f"the document's directory can't be read: {error}") from error
    with archive:
        for info in archive.infolist():
            name = info.filename.replace("\\", "/").lower().lstrip("/")
            yield Part(name) if info.flag_bits & _ENCRYPTED else _read(name, archive, info, budget)


def _read(name: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget) -> Part:
    try:
        with archive.open(info) as stream:
            head = stream.read(_HEAD_BYTES)
            pieces = [head]
            while looks_like_xml(head) and (piece := stream.read(_PIECE_BYTES)):
                budget.take(len(piece))
                pieces.append(piece)
    except Exhausted:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise Unreadable(f"{info.filename} can't be read: {error}") from error
    return Part(name, head, b"".join(pieces) if looks_like_xml(head) else None)
