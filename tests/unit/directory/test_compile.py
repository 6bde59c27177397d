"""The directory compiled in a process of its own, and the keeper's eye on a server."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from filters.registry import FILTERS
from gateway.directory import compile as directory_process
from gateway.directory import refresh
from gateway.directory.compile import refreshed
from gateway.directory.compiled import DirectoryUnavailable
from gateway.directory.compiler import compile_directory
from gateway.directory.lookup import ConfiguredDirectory
from gateway.directory.refresh import DirectoryWatch
from gateway.directory.sources import FILE_NAME, Compiled
from gateway.settings.loading import load
from gateway.settings.models import Settings
from gateway.settings.yaml.problems import ConfigurationError

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MAIN = """\
organisation: {name: Example Ltd, domains: [example.com]}
listeners: [{name: inbound, address: "127.0.0.1:2525", direction: inbound, next_hop: "smtp://127.0.0.1:25"}]
data_dir: var
directory: {%s}
"""


def settings_of(folder: Path, directory: str) -> Settings:
    (folder / "gateway.yaml").write_text(MAIN % directory)
    return load(folder / "gateway.yaml", FILTERS)


@pytest.fixture
def csv(tmp_path: Path) -> Settings:
    (tmp_path / "people.csv").write_text("name,addresses\nAnn,ann@example.com\n")
    (tmp_path / "var").mkdir()
    return settings_of(tmp_path, "csv: {people: people.csv}")


async def test_it_is_made_in_another_process(csv: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process is not started if nothing has changed."""
    state = await refreshed(csv, NOW)
    assert (state.people, state.at, state.made) == (1, NOW, True)
    monkeypatch.setattr(directory_process.sys, "executable", "/nonexistent")
    assert await refreshed(csv, NOW) == replace(state, made=False)


async def test_its_errors_come_back(csv: Settings, tmp_path: Path) -> None:
    """The errors have every problem."""
    (tmp_path / "people.csv").write_text("name,addresses\nAnn,ann\n")
    with pytest.raises(ConfigurationError) as caught:
        await refreshed(csv, NOW)
    assert [problem.line for problem in caught.value.problems] == [2]
    csv.data_dir.joinpath("directory.lock").unlink()
    csv.data_dir.rmdir()
    with pytest.raises(DirectoryUnavailable, match="can't be written to"):
        await refreshed(csv, NOW)


async def test_a_process_that_dies_is_told(csv: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error has the exit status."""
    monkeypatch.setattr(directory_process.sys, "executable", "/bin/false")
    with pytest.raises(DirectoryUnavailable, match="ended with status 1"):
        await refreshed(csv, NOW)


# --- the keeper's eye ------------------------------------------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> datetime:
        return self.time


class Watched:
    """A server whose answers are made up: states, or an error."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.asked = 0
        self.answer: Compiled | Exception = Compiled(1, 0, NOW, made=True)
        ldap = "ldap: {url: 'ldaps://x.example', base: dc=x, refresh_seconds: 1h}"
        self.settings = settings_of(folder, ldap)
        file = self.settings.data_dir / FILE_NAME
        file.parent.mkdir()
        facts = {"at": NOW.isoformat(), "people": "1", "lists": "0", "left_out": "0"}
        compile_directory(ConfiguredDirectory((), {}, ()), file, facts)
        self.watch = DirectoryWatch(lambda: self.settings, self.clock)

    async def refreshed(self, settings: Settings, now: datetime) -> Compiled:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watched:
    one = Watched(tmp_path)
    monkeypatch.setattr(refresh, "refreshed", one.refreshed)
    return one


async def test_a_server_is_asked_when_its_data_is_old(watched: Watched) -> None:
    """At the very hour, not before."""
    watched.clock.time = NOW + timedelta(minutes=59, seconds=59)
    await watched.watch.look()
    assert watched.asked == 0
    watched.clock.time = NOW + timedelta(hours=1)
    await watched.watch.look()
    assert (watched.asked, watched.watch.warning()) == (1, "")


async def test_while_it_is_away_it_is_asked_at_every_look(watched: Watched) -> None:
    """And the age of what is used grows in the warning, until it is back."""
    watched.clock.time = NOW + timedelta(hours=1)
    watched.answer = Compiled(1, 0, NOW, trouble="no route")
    await watched.watch.look()
    assert watched.watch.warning() == "the LDAP server can't be asked (no route): people are as of 1 h 0 min ago"
    watched.clock.time += timedelta(minutes=5)
    assert watched.watch.warning().endswith("as of 1 h 5 min ago")
    watched.answer = Compiled(1, 0, watched.clock.time, made=True)
    await watched.watch.look()
    assert (watched.asked, watched.watch.warning()) == (2, "")


@pytest.mark.parametrize("error", [DirectoryUnavailable("the disk is full"), ConfigurationError(())])
async def test_what_else_goes_wrong_is_a_warning(watched: Watched, error: Exception) -> None:
    """The keeper goes on."""
    watched.clock.time = NOW + timedelta(hours=1)
    watched.answer = error
    await watched.watch.look()
    assert watched.watch.warning().startswith("it can't be made anew: ")


async def test_without_a_server_there_is_nothing_to_watch(watched: Watched, tmp_path: Path) -> None:
    """A reload may take it out of the configuration: the warning goes with it."""
    watched.clock.time = NOW + timedelta(hours=1)
    watched.answer = Compiled(1, 0, NOW, trouble="no route")
    await watched.watch.look()
    watched.settings = settings_of(tmp_path, "people: []")
    await watched.watch.look()
    assert (watched.asked, watched.watch.warning()) == (1, "")


async def test_it_looks_again_and_again(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until it is cancelled."""
    monkeypatch.setattr(refresh, "AGAIN_SECONDS", 0.0)
    watched.clock.time = NOW + timedelta(hours=1)
    watched.answer = Compiled(1, 0, NOW, trouble="no route")
    async with asyncio.TaskGroup() as tasks:
        looking = tasks.create_task(watched.watch.run())
        while watched.asked < 3:
            await asyncio.sleep(0)
        looking.cancel()
