"""The most notices of a day: counted for each person, whatever the letter case, and some kept for the digests."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.act.notices.letter_limit import LetterLimit
from gateway.remember.store import Store
from tests.support.builders.judgement import NOW


@pytest.mark.parametrize(("a_day", "kept", "most"), [(3, 0, 3), (3, 1, 2), (1, 2, 0)])
async def test_the_limit_of_a_day(tmp_path: Path, a_day: int, kept: int, most: int) -> None:
    """One more than the limit is too many, and a day later there is room again."""
    store = await Store.open(f"sqlite:///{tmp_path}/store.db", create=True, key=bytes(32))
    limit = LetterLimit(store.counters, a_day, kept)
    for _ in range(most):
        assert not await limit.reached("bob@example.co.uk", NOW)
        await limit.count("Bob@Example.co.uk", NOW)
    assert await limit.reached("bob@example.co.uk", NOW)
    assert await limit.reached("ann@example.co.uk", NOW) is (most == 0)
    assert await limit.reached("bob@example.co.uk", NOW + timedelta(days=1, minutes=2)) is (most == 0)
    await store.close()
