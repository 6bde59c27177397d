"""Message contents: packed, stored once however many entries refer to them, checked when they are read.

A content is removed when neither the quarantine nor the outbox refers to it any more.
"""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.remember.database.database import insert_one
from gateway.remember.database.errors import StoreUnavailable
from gateway.remember.database.schema import contents, held, outbox

#: zlib's level. Base64 shrinks by a quarter at any level, and level 1 costs the least processor time, which other mail
#: needs.
LEVEL = 1
#: Octets from which hashing and packing go to a thread: below, the change of thread costs more than the work (about 0.2
#: ms).
IN_THREAD_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Packed:
    """A content in its stored form."""

    sha256: bytes
    size_bytes: int  # of the raw content
    packing: str
    stored: bytes


def pack_now(content: bytes) -> Packed:
    digest = hashlib.sha256(content).digest()
    squeezed = zlib.compress(content, LEVEL)
    if len(squeezed) < len(content):
        return Packed(digest, len(content), "zlib", squeezed)
    return Packed(digest, len(content), "none", content)


async def pack(content: bytes) -> Packed:
    if len(content) < IN_THREAD_BYTES:
        return pack_now(content)
    return await asyncio.to_thread(pack_now, content)


def unpack_now(sha256: bytes, packing: str, stored: bytes) -> bytes:
    """Return the original octets. Raises StoreUnavailable when they are not what was stored."""
    try:
        content = zlib.decompress(stored) if packing == "zlib" else stored
    except zlib.error as error:
        raise StoreUnavailable(f"a stored content is damaged: {error}") from error
    if hashlib.sha256(content).digest() != sha256:
        raise StoreUnavailable("a stored content is damaged: its SHA-256 is another")
    return content


async def write_content(connection: AsyncConnection, packed: Packed) -> None:
    """Write the content, or lock one that is there already until the transaction's end.

    If the existing content is removed at this moment, it is written anew.
    """
    values = {
        "sha256": packed.sha256,
        "bytes": packed.size_bytes,
        "packing": packed.packing,
        "stored_bytes": len(packed.stored),
        "stored": packed.stored,
    }
    kept = select(contents.c.sha256).where(contents.c.sha256 == packed.sha256)
    kept = kept.with_for_update(read=True, key_share=True)  # as a row that refers to it would
    while not await insert_one(connection, contents, **values):
        if (await connection.execute(kept)).first() is not None:
            return


async def read_content(connection: AsyncConnection, sha256: bytes) -> bytes:
    found = (
        await connection.execute(select(contents.c.packing, contents.c.stored).where(contents.c.sha256 == sha256))
    ).one()
    if len(found.stored) < IN_THREAD_BYTES:
        return unpack_now(sha256, found.packing, found.stored)
    return await asyncio.to_thread(unpack_now, sha256, found.packing, found.stored)


async def drop_unnamed(connection: AsyncConnection, candidates: Iterable[bytes | None]) -> int:
    """Remove those of the contents to which no row refers any more. Returns how many went."""
    digests: Sequence[bytes] = [digest for digest in set(candidates) if digest is not None]
    if not digests:
        return 0
    # The contents are locked before the look-up of references: an earlier writer is waited for, and its row is seen.
    lock = select(contents.c.sha256).where(contents.c.sha256.in_(digests)).order_by(contents.c.sha256)
    await connection.execute(lock.with_for_update())
    result = await connection.execute(
        delete(contents).where(
            contents.c.sha256.in_(digests),
            ~exists().where(held.c.content == contents.c.sha256),
            ~exists().where(outbox.c.content == contents.c.sha256),
        )
    )
    return result.rowcount
