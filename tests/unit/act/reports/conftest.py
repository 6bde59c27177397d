"""A store in a file, a clock that is moved, and figures as the report has them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.remember.store import Store
from tests.support.builders.judgement import FakeClock
from tests.support.builders.reports import figures

#: A Monday, at seven in London.
MONDAY = datetime(2026, 11, 23, 7, tzinfo=UTC)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(MONDAY)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(f"sqlite:///{tmp_path}/store.db", create=True, key=bytes(32))
    yield opened
    await opened.close()


@pytest.fixture
def shown() -> dict[str, Any]:
    """Return figures of a week."""
    return figures()
