"""Passages from a sandbox process: the same as they were, or refused."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.message.text.part_reader import passage
from gateway.understand.inspected_part import InvalidReply
from gateway.understand.sandbox.passage_frames import as_frame, of_frame

SEEN = passage("new", "1.2", "Our b\u200bank  d\u0435tails, \u00bd\r\n\r\nStra\u00dfe b a n k")


def test_there_and_back() -> None:
    """Text, folded text and the way back."""
    found = of_frame(*as_frame(SEEN))
    assert found == SEEN
    at = found.folded.text.index("bank details")
    start, end = found.folded.origin(at, at + len("bank details"))
    assert found.text[start:end] == "b\u200bank  d\u0435tails"


@pytest.mark.parametrize(
    "lie",
    [
        {"kind": "headline"},
        {"kind": 7},
        {"passage": 7},
        {"bytes": [1, 2]},
        {"bytes": [-1, 2]},
        {"bytes": "ab"},
        {"layers": [10**6]},
        {"layers": [0] * 100},
        {"layers": None},
    ],
)
def test_lies(lie: dict[str, Any]) -> None:
    """A header that the octets belie is refused."""
    header, content = as_frame(SEEN)
    with pytest.raises(InvalidReply):
        of_frame(header | lie, content)


@pytest.mark.parametrize("at", range(1, 60, 3))
def test_bounds_that_no_folding_leaves(at: int) -> None:
    """A bound that is changed is refused: no origin lies outside of the text."""
    header, content = as_frame(SEEN)
    with pytest.raises(InvalidReply):
        of_frame(header, content[:-at] + bytes([content[-at] ^ 0x55]) + content[len(content) - at + 1 :])


def test_no_text() -> None:
    """Octets that are no UTF-8 are refused."""
    header, content = as_frame(SEEN)
    with pytest.raises(InvalidReply):
        of_frame(header, b"\xff" + content[1:])
