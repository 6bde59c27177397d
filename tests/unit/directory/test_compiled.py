"""The compiled directory as a file: made whole or not at all, taken when there is a new one, answered by index."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.contract import DistributionList, Person
from gateway.directory import compiled, compiler
from gateway.directory.compiled import (
    CompiledDirectory,
    DirectoryUnavailable,
    facts_of,
)
from gateway.directory.compiler import compile_directory
from gateway.directory.lookup import ConfiguredDirectory


def made(file: Path, *names: str, **facts: str) -> Path:
    """Return a file with these people."""
    people = [Person(name, (f"{name.lower()}@example.com",), groups=frozenset({"staff"})) for name in names]
    lists = [DistributionList("all@example.com", members=tuple(one.addresses[0] for one in people))]
    compile_directory(ConfiguredDirectory(people, {"it": ["x@example.com", "*@it.example"]}, [], lists), file, facts)
    return file


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a reader look for a new file at every question."""
    monkeypatch.setattr(compiled, "LOOK_SECONDS", 0.0)


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    """People's private addresses are in it; nothing else is left in the folder."""
    file = made(tmp_path / "directory.db", "Ann")
    assert file.stat().st_mode & 0o777 == 0o600
    assert [*tmp_path.iterdir()] == [file]


def test_what_is_known_of_its_sources_is_kept(tmp_path: Path) -> None:
    """And nothing is known of a file that is missing or none of ours."""
    file = made(tmp_path / "directory.db", "Ann", digest="abc")
    assert facts_of(file)["digest"] == "abc"
    assert facts_of(tmp_path / "nope.db") == {}
    (tmp_path / "other.db").write_bytes(b"something else")
    assert facts_of(tmp_path / "other.db") == {}


@pytest.mark.usefixtures("always")
def test_a_new_file_is_taken_by_itself(tmp_path: Path) -> None:
    """People, groups and lists that are kept read, too."""
    directory = CompiledDirectory(made(tmp_path / "directory.db", "Ann"), ["example.com"])
    assert directory.expand(["all@example.com"]).size == 1
    made(tmp_path / "directory.db", "Bob", "Cleo")
    assert directory.person("ann@example.com") is None
    assert directory.expand(["all@example.com"]).people == {"bob@example.com", "cleo@example.com"}
    assert directory.groups("anybody@it.example") == {"it"}


def with_lists(file: Path, count: int) -> list[str]:
    """Make a file with so many lists of three, and return their addresses."""
    members = ("a@example.com", "b@example.com", "c@example.com")
    lists = [DistributionList(f"l{number}@example.com", members=members) for number in range(count)]
    compile_directory(ConfiguredDirectory([], {}, [], lists), file, {})
    return [one.address for one in lists]


@pytest.mark.parametrize(("kept", "read"), [(10_000, 300), (20, 600)])
def test_lists_are_kept_read_by_their_members(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: int, read: int
) -> None:
    """However many a message names: were it so many lists, one more would have all of them read again each time."""
    monkeypatch.setattr(compiled, "KEPT_MEMBERS", kept)
    lists = with_lists(tmp_path / "directory.db", 300)
    directory, asked = CompiledDirectory(tmp_path / "directory.db", []), list[str]()
    reached = directory._reached
    monkeypatch.setattr(directory, "_reached", lambda one: asked.append(one.address) or reached(one))
    assert [directory.expand(lists).size for _ in range(2)] == [3, 3]
    assert len(asked) == read


def test_the_file_is_not_looked_for_at_every_question(tmp_path: Path) -> None:
    """Within the second, answers come from one state."""
    directory = CompiledDirectory(made(tmp_path / "directory.db", "Ann"), [])
    made(tmp_path / "directory.db", "Bob")
    assert directory.person("ann@example.com")


@pytest.mark.usefixtures("always")
def test_a_file_of_another_version_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program that runs goes on with what it has; one that starts says what to do."""
    directory = CompiledDirectory(made(tmp_path / "directory.db", "Ann"), [])
    with monkeypatch.context() as newer:
        newer.setattr(compiler, "FORM", compiled.FORM + 1)
        made(tmp_path / "directory.db", "Bob")
    assert directory.person("ann@example.com")
    with pytest.raises(DirectoryUnavailable, match="mailwarden directory import"):
        CompiledDirectory(tmp_path / "directory.db", [])


@pytest.mark.usefixtures("always")
def test_a_file_that_goes_away_still_answers(tmp_path: Path) -> None:
    """An open file stays open."""
    directory = CompiledDirectory(made(tmp_path / "directory.db", "Ann"), [])
    (tmp_path / "directory.db").unlink()
    assert directory.person("ann@example.com")


@pytest.mark.usefixtures("always")
def test_a_damaged_file_is_passed_over_as_a_whole(tmp_path: Path) -> None:
    """None of its people are answered with the groups of the old one."""
    directory = CompiledDirectory(made(tmp_path / "directory.db", "Ann"), [])
    damaged = made(tmp_path / "damaged.db", "Bob")
    with sqlite3.connect(damaged) as db:
        db.execute("DROP TABLE group_domains")
    damaged.replace(tmp_path / "directory.db")
    assert directory.person("ann@example.com")
    assert directory.person("bob@example.com") is None
    with pytest.raises(DirectoryUnavailable, match="mailwarden directory import"):
        CompiledDirectory(tmp_path / "directory.db", [])


_CUT_OFF = """
import os, sqlite3, sys
from pathlib import Path
from gateway.directory.compiled import CompiledDirectory
directory = CompiledDirectory(Path(sys.argv[1]), [])
os.truncate(sys.argv[1], 4096)
try:
    directory.expand(["all@example.com"])
except sqlite3.Error:
    sys.exit(7)
"""


def test_a_file_that_is_cut_off_is_an_error_and_no_worker_s_end(tmp_path: Path) -> None:
    """Somebody copies another one over it: were it mapped, the system would kill the process."""
    file = made(tmp_path / "directory.db", *(f"Person{number}" for number in range(2_000)))
    assert subprocess.run([sys.executable, "-c", _CUT_OFF, str(file)], check=False).returncode == 7


@pytest.mark.parametrize("content", [None, b"", b"no database at all" * 100])
def test_what_is_no_compiled_directory_is_refused(tmp_path: Path, content: bytes | None) -> None:
    """The error names the command that makes the file."""
    if content is not None:
        (tmp_path / "directory.db").write_bytes(content)
    with pytest.raises(DirectoryUnavailable, match="mailwarden directory import"):
        CompiledDirectory(tmp_path / "directory.db", [])


def test_a_failure_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new one takes its name only when it is whole."""
    file = made(tmp_path / "directory.db", "Ann")

    def fails(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(compiler, "_fill", fails)
    with pytest.raises(sqlite3.OperationalError):
        made(file, "Bob")
    assert CompiledDirectory(file, []).person("ann@example.com")


def test_every_question_is_answered_by_an_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No plan of SQLite's has a scan, however many people there are."""
    directory = CompiledDirectory(made(tmp_path / "directory.db", "Ann", "Bob"), [])
    asked: list[tuple[str, tuple[object, ...]]] = []
    rows = directory._rows

    def watched(sql: str, *values: object) -> list[object]:
        asked.append((sql, values))
        return rows(sql, *values)

    monkeypatch.setattr(directory, "_rows", watched)
    directory.person("ann@example.com")
    directory.groups("x@example.com")
    directory.named(frozenset({"ann"}))
    directory.expand(["all@example.com", "ann@example.com"])
    directory.lists_with("ann@example.com")
    directory.private_owner("ann@mail.example")
    assert len({sql for sql, _ in asked}) == 9
    plans = [(sql, detail) for sql, values in asked for *_, detail in rows(f"EXPLAIN QUERY PLAN {sql}", *values)]
    assert [plan for plan in plans if "SCAN" in plan[1]] == []
