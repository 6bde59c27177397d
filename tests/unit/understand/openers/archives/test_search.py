"""Archives that begin inside other content."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from gateway.understand.openers.archives import search
from gateway.understand.openers.archives.search import begins_archive, first_archive, search_start
from tests.corpus.payloads import STUB
from tests.generated import foreign_archives as made

GIF = made.STARTS["gif"]
#: Kinds without a signature, or that programs know at the start alone.
AT_START_ALONE = {"lzma", "other.lzma", "oversized.lzma", "lzma86", "flags.gz"}
SEARCHED = sorted(set(made.ARCHIVES) - AT_START_ALONE)


@pytest.mark.parametrize("kind", SEARCHED)
def test_each_kind_is_found_where_it_begins(kind: str) -> None:
    """At its first octet, whatever stands before it; zip files are their own opener's."""
    archive = made.archive(kind)
    assert begins_archive(archive)
    assert search_start(archive) == len(archive)
    found = first_archive(GIF + archive)
    assert (found is None) if kind.endswith("zip") else (found is not None and found.start == len(GIF))


def test_the_first_proven_place_counts() -> None:
    """Signatures without a header are stepped over, one that stands on the edge of two pieces is found."""
    false = b"\x1f\x8b\x08\0" + b"\xff" * 20 + b"-lh5-\x60\xea"
    for before in range(search.PIECE_BYTES - 3, search.PIECE_BYTES + 3):
        found = first_archive(false.ljust(before, b"\xee") + gzip.compress(STUB))
        assert found is not None
        assert (found.kind, found.start) == ("gzip", before)


@pytest.mark.parametrize("path", ["/usr/share", "/usr/lib/python3"])
def test_ordinary_files_hold_none(path: str) -> None:
    """The first 400 files up to 1 MB of a system's folders: none is taken for an archive behind something else."""
    files = (one for one in sorted(Path(path).rglob("*")) if one.is_file() and one.stat().st_size < 1_000_000)
    for file, _ in zip(files, range(400), strict=False):
        content = file.read_bytes()
        assert search_start(content) or first_archive(content) is None, file
