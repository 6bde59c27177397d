"""Compound Files: streams, storages, and broken tables."""

from __future__ import annotations

import struct

import pytest

from gateway.understand.budget import Allowance, Budget, Exhausted
from gateway.understand.member import Unreadable
from gateway.understand.openers.office import cfb
from gateway.understand.openers.office.cfb import CompoundFile
from gateway.understand.openers.office.ole import OLE
from tests.corpus import office
from tests.corpus.compound_file import Tree, compound_file
from tests.support.probes.document_opener import codes, opened


def budget() -> Budget:
    return Budget(Allowance(), 1000)


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 4095, 4096, 4097, 300_000, 8_000_000])
def test_streams_come_out_as_they_went_in(size: int) -> None:
    """Whatever their length, from the mini stream or from sectors of their own."""
    octets = bytes(number % 251 for number in range(size))
    file = CompoundFile(compound_file({"other": b"x" * 100, "storage": {"stream": octets}}))
    (entry,) = (entry for entry in file.streams if entry.path == ("storage", "stream"))
    assert file.read(entry, budget()) == octets


def test_how_much_of_the_table_is_claimed_says_nothing() -> None:
    """Readers differ in whether they believe the header's count of sectors: none hides what the table reaches."""
    content = bytearray(compound_file({"storage": {"stream": b"x" * 5000}, "a": b"", "b": b"", "c": b"", "d": b""}))
    struct.pack_into("<I", content, 44, 0)
    assert ("storage", "stream") in [entry.path for entry in CompoundFile(bytes(content)).entries]


def test_a_stream_that_is_cut_short_is_told() -> None:
    """A document of which something is missing has not been looked at completely."""
    content = office.word(streams={"ObjectPool": {"_1": {"\1Ole10Native": office.ole10_native(b"x" * 9000, b"a.txt")}}})
    assert codes(opened(OLE, content)) == []
    fat = bytearray(content)
    (table,) = struct.unpack_from("<I", content, 76)
    at = content.index(b"x" * 512) // 512 - 1
    struct.pack_into("<I", fat, (table + 1) * 512 + at * 4, 0xFFFFFFFE)
    assert codes(opened(OLE, bytes(fat))) == ["container.unreadable"]


def test_a_chain_in_a_circle_ends() -> None:
    """A directory that leads back to itself is read once."""
    content = bytearray(compound_file({"a": b"x" * 5000}))
    (fat,) = struct.unpack_from("<I", content, 76)
    (directory,) = struct.unpack_from("<I", content, 48)
    struct.pack_into("<I", content, (fat + 1) * 512 + directory * 4, directory)
    assert [entry.path for entry in CompoundFile(bytes(content)).entries] == [("a",)]


def test_entries_that_are_their_own_siblings_end() -> None:
    """The directory's tree is walked without recursion, each entry once."""
    content = bytearray(compound_file({"a": b"x", "b": b"y"}))
    at = content.find("a\0".encode("latin-1"), 512)
    struct.pack_into("<III", content, at + 68, 1, 2, 1)
    assert sorted(entry.name for entry in CompoundFile(bytes(content)).entries) == ["a", "b"]


@pytest.mark.parametrize(("depth", "readable"), [(63, True), (64, True), (65, False)])
def test_storages_are_only_so_deep(depth: int, readable: bool) -> None:
    """A storage beyond the limit makes the file unreadable, not silently shorter."""
    tree: Tree = {"s": b"x"}
    for _ in range(depth - 1):
        tree = {"d": tree}
    content = compound_file(tree)
    assert cfb.MAX_DEPTH == 64
    if readable:
        assert len(CompoundFile(content).entries) == depth
    else:
        with pytest.raises(Unreadable):
            CompoundFile(content)


@pytest.mark.parametrize(
    "content",
    [cfb.MAGIC, cfb.MAGIC + bytes(2000), compound_file({"a": b"x"})[:600]],
)
def test_broken_files_are_unreadable(content: bytes) -> None:
    """Cut short, or with nothing behind the signature."""
    with pytest.raises(Unreadable):
        CompoundFile(content)


def test_reading_is_paid_for() -> None:
    """Streams that share their sectors can't be unpacked over and over."""
    content = compound_file({"a": b"x" * 100_000})
    file = CompoundFile(content)
    small = Budget(Allowance(bytes=250_000), len(content))
    for _ in range(2):
        file.read(file.streams[0], small)
    with pytest.raises(Exhausted):
        file.read(file.streams[0], small)
