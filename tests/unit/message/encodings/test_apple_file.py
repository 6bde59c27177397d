"""The forks of an Apple file."""

from __future__ import annotations

import pytest

from gateway.message.encodings import apple_file
from gateway.message.encodings.apple_file import apple_forks
from gateway.message.encodings.octets import EncodedFile
from tests.corpus.encoders import apple_double
from tests.corpus.payloads import STUB


def test_the_forks_of_an_apple_file() -> None:
    """Under the real name; other entries are none."""
    octets = apple_double([(3, b"evil.exe"), (9, b"finder"), (1, STUB), (2, b"resource")])
    assert list(apple_forks(octets)) == [EncodedFile("evil.exe", STUB), EncodedFile("evil.exe/rsrc", b"resource")]


@pytest.mark.parametrize("cut", range(0, 120, 7))
def test_a_broken_apple_file(cut: int) -> None:
    """Wherever it is cut, what is there is given."""
    octets = apple_double([(3, b"a"), (1, STUB)])[:cut]
    assert all(STUB.startswith(file.octets) and file.what for file in apple_forks(octets))


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_the_limit_of_entries_of_an_apple_file(more: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Past it they are not read."""
    monkeypatch.setattr(apple_file, "MAX_ENTRIES", 10)
    assert len(list(apple_forks(apple_double([(1, b"x")] * (10 + more))))) == min(10 + more, 10)
