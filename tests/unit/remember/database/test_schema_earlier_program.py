"""The schema is expanded first and contracted later: the program of the version before runs on it."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.remember.database.migrate import SCRIPTS
from gateway.remember.database.schema import HEAD, oldest_head
from gateway.remember.store import SchemaOutdated, Store
from tests.support.builders.history import program_before

ROOT = Path(__file__).parents[4]
#: The newest revision from before the rule, whose id doesn't name a program.
BEFORE_THE_RULE = "0009"


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program from before the newest revision, out of the history."""
    folder = tmp_path_factory.mktemp("earlier")
    if not program_before(HEAD, folder):
        pytest.skip("the history isn't here: this is no full clone")
    return folder


def said_by(earlier: Path, url: str) -> str:
    """Let that program work on a store; return what it says when it fails."""
    command = [sys.executable, str(ROOT / "tests/support/probes/earlier_program.py"), url, HEAD]
    environment = {**os.environ, "PYTHONPATH": str(earlier)}
    done = subprocess.run(command, cwd=earlier, env=environment, capture_output=True, text=True, check=False)
    assert bool(done.returncode) == bool(done.stderr)
    return done.stderr


async def test_the_program_before_works_on_the_schema(store: Store, url: str, earlier: Path) -> None:
    """Its queries hold, queue, record, search and purge, and what it wrote is in order for this program."""
    assert said_by(earlier, url) == ""
    assert [chain.faults for chain in await store.trail.check()] == [[], []]
    assert await store.quarantine.ids("old") == ["old1"]


async def test_a_column_that_is_dropped_too_early_is_noticed(file_store: Store, file_url: str, earlier: Path) -> None:
    """The check can fail."""
    async with file_store.database.writing() as connection:
        await connection.execute(text("ALTER TABLE outbox DROP COLUMN last_reply"))
    assert "last_reply" in said_by(earlier, file_url)


@pytest.mark.parametrize(
    ("revision", "runs"),
    [("9999_0001", True), (f"9999_{HEAD}", True), ("9999_9998", False), ("9999", False), ("0008_0007", False)],
)
async def test_a_later_schema_names_the_programs_that_run_on_it(
    store: Store, url: str, revision: str, runs: bool
) -> None:
    """A gateway that is upgraded last is started again on the new schema; nobody else is."""
    async with store.database.writing() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    if runs:
        await (await Store.open(url, create=True, key=bytes(32))).close()
        return
    with pytest.raises(SchemaOutdated):
        await Store.open(url, create=True, key=bytes(32))


def test_every_revision_names_the_oldest_program() -> None:
    """In its id, `0010_0009`: the revision before it, or an older one."""
    names = sorted(path.stem for path in (SCRIPTS / "versions").glob("r*.py"))
    for before, name in pairwise(names):
        number = name[1:5]
        source = (SCRIPTS / "versions" / f"{name}.py").read_text()
        (revision,) = (line.split('"')[1] for line in source.splitlines() if line.startswith("revision = "))
        if number > BEFORE_THE_RULE:
            assert oldest_head(revision)[:4] <= before[1:5], f"{name}: its id doesn't name the version before"
            assert oldest_head(revision), f"{name}: name the oldest program that runs on it, `{number}_{before[1:5]}`"
