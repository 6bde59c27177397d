"""The memory that the gateway and a sandbox process share: what was put there comes out, whatever the other does."""

from __future__ import annotations

import asyncio
import io
import os
import random
import sys
import zipfile
from collections.abc import Iterator

import pytest

from gateway.message.mime.parse import parse
from gateway.understand.budget import Allowance
from gateway.understand.sandbox.pool import Pool
from gateway.understand.sandbox.shared_memory import AREA_BYTES, KEPT_BYTES, SharedMemory, WorkerMemory
from gateway.understand.unfold import Unfolder
from tests.corpus.archives_zip import File, archive
from tests.corpus.payloads import TEXT, encoded, multipart

ROOM_BYTES = AREA_BYTES - 8


@pytest.fixture
def area() -> Iterator[SharedMemory]:
    area = SharedMemory()
    yield area
    area.close()


def worker_memory_of(area: SharedMemory) -> WorkerMemory:
    return WorkerMemory(os.dup(area.fd))


@pytest.mark.parametrize("octets", [0, ROOM_BYTES - 1, ROOM_BYTES])
def test_a_message_that_fits(area: SharedMemory, octets: int) -> None:
    message = os.urandom(octets)
    assert area.put(message)
    assert worker_memory_of(area).message(octets) == message


def test_a_message_that_does_not(area: SharedMemory) -> None:
    assert not area.put(bytes(ROOM_BYTES + 1))


def test_answers_take_its_place(area: SharedMemory) -> None:
    """The answers so far can be taken, once the gateway turns to the area."""
    process = worker_memory_of(area)
    area.put(b"message")
    process.begin()
    assert process.answer(b"frame", b"content")
    assert area.receive(5) == b""
    area.turn()
    assert (area.receive(5), area.receive(100), area.receive(1)) == (b"frame", b"content", b"")


def test_nothing_is_left_of_the_last_answers(area: SharedMemory) -> None:
    process = worker_memory_of(area)
    process.answer(b"frame", b"content")
    area.put(b"message")
    area.turn()
    assert area.receive(1) == b""


@pytest.mark.parametrize(("octets", "fits"), [(ROOM_BYTES - 1, True), (ROOM_BYTES, True), (ROOM_BYTES + 1, False)])
def test_answers_that_fit(area: SharedMemory, octets: int, fits: bool) -> None:
    """An answer that doesn't fit is not begun."""
    process = worker_memory_of(area)
    assert process.answer(b"x" * 5, b"y" * (octets - 5)) is fits
    area.turn()
    assert len(area.receive(AREA_BYTES)) == (octets if fits else 0)


def test_a_cell_that_counts_wrongly(area: SharedMemory) -> None:
    """It is given what is there, and no more."""
    os.pwrite(area.fd, b"\xff" * 8, 0)
    area.turn()
    assert len(area.receive(2**40)) == ROOM_BYTES


@pytest.mark.parametrize("octets", [0, 3, 100])
def test_a_cell_that_makes_it_shorter(area: SharedMemory, octets: int) -> None:
    """No signal, only fewer octets than were promised."""
    worker_memory_of(area).answer(b"frame", b"content" * 1000)
    os.truncate(area.fd, octets)
    area.turn()
    assert len(area.receive(5_000)) <= octets


@pytest.mark.parametrize(("octets", "kept"), [(KEPT_BYTES - 8, True), (KEPT_BYTES - 7, False)])
def test_much_memory_is_given_back(area: SharedMemory, octets: int, kept: bool) -> None:
    area.put(bytes(octets))
    area.clear(octets)
    assert (os.fstat(area.fd).st_blocks > 0) is kept
    assert area.put(b"message")


@pytest.mark.parametrize("members", [1, 3])
async def test_large_messages_go_through_the_socket(members: int) -> None:
    """A message that has no room there, answers that have none, and whatever comes after them."""
    files = {f"{n}.bin": random.Random(n).randbytes(ROOM_BYTES * 2 // 5) for n in range(members)}
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    pool = Pool(1, "confined", 1024 * 1024 * 1024)
    unfolder = Unfolder(pool, Allowance(seconds=20, texts=False), 60)
    for _ in range(2):  # the sandbox process is as good as new after it
        message = await unfolder.unfold(parse(multipart(TEXT, encoded(b"a.zip", held.getvalue()))))
        assert {p.given_names[0]: p.decoded for p in message.parts if p.given_names} == files
        assert not message.defects
    await pool.close()


@pytest.mark.parametrize(
    ("asked", "encrypted", "read"), [(True, True, True), (True, False, False), (False, True, False)]
)
async def test_texts_are_read_beside_what_is_encrypted(asked: bool, encrypted: bool, read: bool) -> None:
    """A password may stand in them; every other message is opened once, and without its texts."""
    sealed = archive(File(b"a.txt", packed=bytes(range(40)), flags=1) if encrypted else File(b"a.txt", b"open"))
    note = b"Content-Type: text/plain; name=note.txt\r\n\r\nThe word for it is 4711\r\n"
    pool = Pool(1, "confined", 1024 * 1024 * 1024)
    unfolder = Unfolder(pool, Allowance(seconds=20, texts=False), 60, texts_beside_encrypted=asked)
    message = await unfolder.unfold(parse(multipart(TEXT, encoded(b"a.zip", sealed), note)))
    assert any(part.passages for part in message.parts if part.names == ("note.txt",)) is read
    await pool.close()


async def test_a_start_that_nobody_waits_for_leaves_no_memory_open() -> None:
    """Cancelled before the sandbox process says that it is ready: its process sees the socket close and ends."""

    def areas() -> int:
        links = [os.path.realpath(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")]
        return sum("memfd:area" in one for one in links)

    silent = "import socket, sys; socket.socket(fileno=int(sys.argv[1])).recv(1)"
    pool = Pool(1, "limits_only", 2**30, command=(sys.executable, "-c", silent))
    before = areas()
    opening = asyncio.create_task(pool.open(b"", "192.0.2.1", Allowance(), 5.0))
    async with asyncio.timeout(10):
        while areas() == before:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.2)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert areas() == before
