"""Ids that are whole, cut, or none."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from gateway.contract import Refused
from gateway.operations.ids import whole_id

ID = "0199f3c2-6c11-7a55-b1d3-0f1c5e7a9d10"


async def held(start: str) -> Sequence[str]:
    return [id for id in (ID,) if id.startswith(start)]


async def on_record(start: str) -> Sequence[str]:
    return [id for id in (ID, f"{ID[:-1]}1") if id.startswith(start)]


async def test_a_beginning_stands_for_one_id() -> None:
    """An id that two know is one; letter case makes no difference."""
    assert await whole_id(ID[:13].upper(), held) == ID
    assert await whole_id(ID, held, on_record) == ID
    assert await whole_id("beef", held, on_record) is None
    with pytest.raises(Refused, match=f"{ID[:13]} is the beginning of several ids: {ID}, "):
        await whole_id(ID[:13], held, on_record)
