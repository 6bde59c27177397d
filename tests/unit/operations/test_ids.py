"""Ids that are whole, cut, or none."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from gateway.contract import Refused
from gateway.control.arguments import may_be_id
from gateway.operations.ids import whole_id

ID = "0199f3c2-6c11-7a55-b1d3-0f1c5e7a9d10"


async def held(start: str) -> Sequence[str]:
    return [id for id in (ID,) if id.startswith(start)]


async def on_record(start: str) -> Sequence[str]:
    return [id for id in (ID, f"{ID[:-1]}1") if id.startswith(start)]


@pytest.mark.parametrize("text", [ID, ID.upper(), ID[:4], ID[:8], ID[:9], ID[:13], ID[:-1]])
def test_ids_and_their_beginnings(text: str) -> None:
    assert may_be_id(text)


@pytest.mark.parametrize(
    "text", ["", ID[:3], "nonsense", "bob@example.co.uk", f"<{ID}>", f"{ID}0", "0199f3c2x", "payments"]
)
def test_what_is_no_id(text: str) -> None:
    assert not may_be_id(text)


async def test_a_beginning_stands_for_one_id() -> None:
    """An id that two know is one; letter case makes no difference."""
    assert await whole_id(ID[:13].upper(), held) == ID
    assert await whole_id(ID, held, on_record) == ID
    assert await whole_id("beef", held, on_record) is None
    with pytest.raises(Refused, match=f"{ID[:13]} is the beginning of several ids: {ID}, "):
        await whole_id(ID[:13], held, on_record)
