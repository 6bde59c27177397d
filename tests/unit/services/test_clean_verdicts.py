"""Kept clean verdicts: what counts, for how long, for whom; and that nothing but a clean verdict ever does."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from filters.virus.settings import VirusSettings
from gateway.assemble.services import build_scanner
from gateway.contract import Scan, ScannerUnavailable
from gateway.services.clamd import Clamd
from gateway.services.clean_verdicts import NAME, WAYS, CleanVerdicts, open_verdicts, verdict_key
from gateway.services.leaf_scanner import VERSION_SECONDS, LeafScanner
from gateway.services.worker_locks import NAME as locks_name

CLEAN = b"a clean part"


@dataclass
class Clock:
    at: float = 1_000_000.0

    def __call__(self) -> float:
        return self.at


def table(folder: Path, clock: Clock, *, entries: int = 800, seconds: int = 60) -> CleanVerdicts:
    return CleanVerdicts(folder / NAME, entries=entries, seconds=seconds, now=clock)


def key(number: int) -> bytes:
    return verdict_key("clamd", "1", b"%d" % number)


# --- the table -------------------------------------------------------------------------------------------------------


def test_what_was_added_is_there(tmp_path: Path) -> None:
    """And nothing else."""
    verdicts = table(tmp_path, Clock())
    verdicts.add(key(1))
    assert verdicts.has(key(1))
    assert not verdicts.has(key(2))


def test_all_processes_share_it(tmp_path: Path) -> None:
    """The processes share the table's file; one that starts later knows what the others know."""
    clock = Clock()
    first = table(tmp_path, clock)
    first.add(key(1))
    second = table(tmp_path, clock)
    second.add(key(2))
    assert second.has(key(1))
    assert first.has(key(2))


@pytest.mark.parametrize(("seconds", "known"), [(59, True), (60, False), (61, False), (-1, False)])
def test_an_entry_ends(tmp_path: Path, seconds: int, known: bool) -> None:
    """After its seconds; and one from the future, after a clock was set back, doesn't count."""
    clock = Clock()
    verdicts = table(tmp_path, clock)
    verdicts.add(key(1))
    clock.at += seconds
    assert verdicts.has(key(1)) is known


def test_it_is_bounded(tmp_path: Path) -> None:
    """The file never grows; the oldest give way."""
    clock = Clock()
    verdicts = table(tmp_path, clock, entries=WAYS, seconds=10_000)
    size = (tmp_path / NAME).stat().st_size
    for number in range(WAYS + 1):
        verdicts.add(key(number))
        clock.at += 1
    assert [verdicts.has(key(number)) for number in range(WAYS + 1)] == [False] + [True] * WAYS
    assert (tmp_path / NAME).stat().st_size == size


def test_one_content_takes_one_place(tmp_path: Path) -> None:
    """However often it is added."""
    verdicts = table(tmp_path, Clock(), entries=WAYS)
    for number in (1, *[2] * 20):
        verdicts.add(key(number))
    assert verdicts.has(key(1))


def test_only_the_gateways_user_may_read_or_write_it(tmp_path: Path) -> None:
    """Whatever the mode was before; and a link is not followed."""
    (tmp_path / NAME).touch(0o666)
    table(tmp_path, Clock())
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600
    (tmp_path / NAME).rename(tmp_path / "other")
    (tmp_path / NAME).symlink_to(tmp_path / "other")
    assert open_verdicts(tmp_path, 8, 8) is None


@pytest.mark.parametrize("octets", [b"", b"\0" * 10, os.urandom(4096)])
def test_damaged_file_knows_nothing(tmp_path: Path, octets: bytes) -> None:
    """A file that was cut or filled with anything is a table without entries, and works."""
    (tmp_path / NAME).write_bytes(octets)
    verdicts = table(tmp_path, Clock())
    assert not any(verdicts.has(key(number)) for number in range(200))
    verdicts.add(key(1))
    assert verdicts.has(key(1))
    os.truncate(tmp_path / NAME, 0)
    assert not verdicts.has(key(1))


@pytest.mark.parametrize(("entries", "seconds"), [(0, 60), (60, 0)])
def test_nothing_is_kept_where_none_is_asked_for(tmp_path: Path, entries: int, seconds: int) -> None:
    """No file either; nor where the folder isn't there."""
    assert open_verdicts(tmp_path, entries, seconds) is None
    assert not list(tmp_path.iterdir())
    assert open_verdicts(tmp_path / "missing", 8, 8) is None


def test_key_is_of_scanner_signatures_and_content() -> None:
    """Another of the three, another key."""
    assert len({verdict_key(a, v, c) for a in ("a", "b") for v in ("1", "2") for c in (b"x", b"y")}) == 8


# --- the scanner -----------------------------------------------------------------------------------------------------


@dataclass
class Engine(Clamd):
    """A clamd that notes what it scans."""

    answer: Scan = field(default_factory=Scan)
    named: str | Exception = "ClamAV 1.4.3/27500/Thu"
    asked: int = 0
    seen: list[bytes] = field(default_factory=list)

    async def scan(self, content: bytes, *, client: str = "") -> Scan:
        self.seen.append(content)
        return self.answer

    async def version(self) -> str:
        self.asked += 1
        if isinstance(self.named, Exception):
            raise self.named
        return self.named


def scanner(folder: Path, engine: Engine, clock: Clock) -> LeafScanner:
    return LeafScanner(engine, "clamd", table(folder, clock, seconds=3600), clock)


async def test_clean_leaf_is_scanned_once(tmp_path: Path) -> None:
    """All workers together scan a leaf once; a copy of a message is scanned each time."""
    engine, clock = Engine(), Clock()
    for worker in (scanner(tmp_path, engine, clock), scanner(tmp_path, engine, clock)):
        assert await worker.scan_leaf(CLEAN) == Scan()
    assert engine.seen == [CLEAN]
    await worker.scan(CLEAN)
    assert engine.seen == [CLEAN, CLEAN]


@pytest.mark.parametrize(
    "name", ["Eicar-Test", "Heuristics.Limits.Exceeded.MaxFiles", "PUA.X", "Heuristics.Encrypted.Zip"]
)
async def test_only_clean_verdicts_are_kept(tmp_path: Path, name: str) -> None:
    """No virus, no limit, no suspicion."""
    engine, clock = Engine(Scan((name,))), Clock()
    asked = scanner(tmp_path, engine, clock)
    assert [await asked.scan_leaf(CLEAN) for _ in range(2)] == [Scan((name,))] * 2
    engine.answer = Scan()
    assert await asked.scan_leaf(CLEAN) == Scan()
    assert len(engine.seen) == 3


async def test_new_signatures_make_all_worthless(tmp_path: Path) -> None:
    """At the next question for VERSION, which is asked every ten seconds at most."""
    engine, clock = Engine(), Clock()
    asked = scanner(tmp_path, engine, clock)
    await asked.scan_leaf(CLEAN)
    engine.named = "ClamAV 1.4.3/27501/Fri"
    engine.answer = Scan(("New.Virus",))
    clock.at += VERSION_SECONDS - 1
    assert await asked.scan_leaf(CLEAN) == Scan()
    clock.at += 1
    assert await asked.scan_leaf(CLEAN) == Scan(("New.Virus",))
    assert engine.asked == 2


@pytest.mark.parametrize("named", ["", ScannerUnavailable("away")])
async def test_unknown_version_keeps_nothing(tmp_path: Path, named: str | Exception) -> None:
    """Nobody knows by which signatures it was scanned."""
    engine, clock = Engine(named=named), Clock()
    asked = scanner(tmp_path, engine, clock)
    for _ in range(3):
        await asked.scan_leaf(CLEAN)
    assert len(engine.seen) == 3
    assert engine.asked == 1


async def test_no_answer_is_kept_when_the_scan_fails(tmp_path: Path) -> None:
    """Trouble is the caller's, and the next time it is scanned."""

    class Away(Engine):
        async def scan(self, content: bytes, *, client: str = "") -> Scan:
            self.seen.append(content)
            raise ScannerUnavailable("away")

    engine, clock = Away(), Clock()
    asked = scanner(tmp_path, engine, clock)
    for _ in range(2):
        with pytest.raises(ScannerUnavailable):
            await asked.scan_leaf(CLEAN)
    assert len(engine.seen) == 2


async def test_disk_that_fails_costs_the_verdicts_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is scanned from then on."""
    engine, clock = Engine(), Clock()
    asked = scanner(tmp_path, engine, clock)

    def fail(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "pread", fail)
    assert [await asked.scan_leaf(CLEAN) for _ in range(2)] == [Scan(), Scan()]
    assert len(engine.seen) == 2


async def test_without_a_table_everything_is_scanned() -> None:
    """`explain` has no table, since it writes nothing; clamd's version isn't asked for."""
    engine = Engine()
    asked = LeafScanner(engine, "clamd", None)
    for _ in range(2):
        await asked.scan_leaf(CLEAN)
    assert (len(engine.seen), engine.asked) == (2, 0)


def test_workers_keep_verdicts_and_explain_none(tmp_path: Path) -> None:
    """Only a scanner that is given a folder makes the file in it."""
    build_scanner(VirusSettings())
    assert not list(tmp_path.iterdir())
    build_scanner(VirusSettings(), tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == [NAME, locks_name]
