"""Places for copies: databases of the store's kind without tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.servers.postgresql import BARE


@pytest.fixture
def empty_target(url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Yield the URL of an empty place of the same kind as `url`."""
    if url.startswith("sqlite"):
        (tmp_path / "restored").mkdir()
        yield f"sqlite:///{tmp_path}/restored/store.db"
        return
    server = request.getfixturevalue("postgresql")
    made = server.database(BARE)
    yield made
    server.drop(made)
