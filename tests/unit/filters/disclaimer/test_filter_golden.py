"""Replies of the named mail programs as they leave: each to the letter what a person once looked at."""

from __future__ import annotations

import pytest

from tests.corpus.amended_files import FOLDER, NAMES, as_it_leaves


@pytest.mark.parametrize("name", NAMES)
async def test_as_it_left_before(name: str) -> None:
    """The golden file; a change that is meant is written by `python -m tests.corpus.amended_files`."""
    assert await as_it_leaves(name) == (FOLDER / name).read_text("utf-8")


def test_no_file_is_left_over() -> None:
    """Each is read."""
    assert {file.name for file in FOLDER.iterdir()} == set(NAMES)
