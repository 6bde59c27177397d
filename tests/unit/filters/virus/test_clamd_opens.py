"""Containers that are left to clamd, and those whose members it is shown."""

from __future__ import annotations

import io
import zipfile

import pytest

from filters.virus.clamd_opens import clamd_opens
from gateway.message import Part


def part(content: bytes) -> Part:
    return Part(content, "1.2", (), 0, 0, len(content), "a/b", "binary")


def zipped(method: int) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", method) as archive:
        archive.writestr("a", b"member")
    return written.getvalue()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_plain_zip_files_are_left_to_clamd(method: int) -> None:
    assert clamd_opens(part(zipped(method)))


@pytest.mark.parametrize("content", [b"", b"Rar!\x1a\x07", zipped(zipfile.ZIP_LZMA)])
def test_other_containers_are_not(content: bytes) -> None:
    assert not clamd_opens(part(content))
