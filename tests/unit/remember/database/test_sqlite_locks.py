"""SQLite's POSIX locks belong to the process: a `close` of any other descriptor of the file would drop them all.

Without them another process that closes the store takes itself for the last one and deletes the -wal file that this one
writes to; what is held from then on would be gone.
"""

from __future__ import annotations

import pytest

from gateway.remember.store import Store, upgrade
from tests.support.servers.preloaded import start_code

READER = """
import asyncio, sys
from gateway.remember.store import Store

async def main(url):
    store = await Store.open(url, create=True, key=bytes(32))
    print(*sorted(entry.id for entry in await store.quarantine.list()))
    await store.close()

asyncio.run(main(sys.argv[1]))
"""


async def seen_by_another_process(url: str) -> list[str]:
    reader = await start_code(READER, url)
    output, _ = await reader.communicate()
    return output.decode().split()


async def open_and_close(url: str) -> None:
    await (await Store.open(url, create=True, key=bytes(32))).close()


async def upgrade_anew(url: str) -> None:
    await upgrade(url, lambda: bytes(32))


@pytest.mark.parametrize("meanwhile", [open_and_close, upgrade_anew])
async def test_the_store_opened_twice_in_one_process(url, make, meanwhile):
    """Opening, upgrading and closing it beside an open one leaves the open one's locks alone."""
    store = await Store.open(url, create=True, key=bytes(32))
    await store.quarantine.hold(make.entry("m1"), b"one")
    await meanwhile(url)
    assert await seen_by_another_process(url) == ["m1"]
    await store.quarantine.hold(make.entry("m2"), b"two")
    assert await seen_by_another_process(url) == ["m1", "m2"]
    await store.close()


async def test_the_store_that_was_just_made(url, make):
    """Making the tables beside the first connection does neither."""
    store = await Store.open(url, create=True, key=bytes(32))
    assert await seen_by_another_process(url) == []
    await store.quarantine.hold(make.entry("m1"), b"one")
    assert await seen_by_another_process(url) == ["m1"]
    await store.close()
