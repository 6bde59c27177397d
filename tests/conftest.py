"""Fixtures for every test."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from zlib import crc32

import pytest
import structlog
import typer.testing
from hypothesis import settings
from structlog.dev import ConsoleRenderer, plain_traceback

if TYPE_CHECKING:
    from tests.support.servers.postgresql import Postgresql

# In CI the examples are the same each time: a change is judged by what it changed. By hand they are new ones.
settings.register_profile("ci", derandomize=True, max_examples=50)
settings.register_profile("usual", max_examples=50)
settings.register_profile("thorough", max_examples=5000)
# Tests that run side by side are given a width, which Rich would keep for good when it is first imported.
os.environ.pop("COLUMNS", None)
# What tests start finds its modules compiled, as it would where it is installed: a gateway is seven processes.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Stores are synced to the disk at each commit; tests need not wait for it where their files have room in memory.
MEMORY, ROOM_BYTES = Path("/dev/shm"), 4 << 30
if MEMORY.is_dir() and not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC and shutil.disk_usage(MEMORY).free > ROOM_BYTES:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

# What a script starts in the background (`make test &`) ignores SIGINT, and so would all that tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The collector would walk all that is loaded again and again while more is, until the tests are collected.
gc.disable()

#: Files of half a minute and more.
LONGEST = {
    "corpus/test_corpus.py",
    "corpus/test_exhaustion.py",
    "evaluation/test_evaluation.py",
    "fuzz/test_fuzz.py",
    "integration/test_removed_filter.py",
    "scenarios/test_scenarios.py",
    "unit/processes/test_supervisor.py",
    "unit/project/test_run.py",
    "unit/understand/sandbox/test_pool.py",
}

settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "usual"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mix the files of a run side by side: those that wait for servers run beside those that compute.

    The longest begin first: at the end all others would wait for them.
    """
    if "PYTEST_XDIST_WORKER" in os.environ:
        files = {item.path: item.path.relative_to(Path(__file__).parent).as_posix() for item in items}
        order = {path: (file not in LONGEST, crc32(file.encode())) for path, file in files.items()}
        items.sort(key=lambda item: order[item.path])


def pytest_collection_finish() -> None:
    """Tests and modules stay to the end: the collector looks only at what comes after them, a fifth of a run's time."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


def seal_ends(store: Path, key: bytes) -> None:
    """Seal the ends of the chains in a store without rows with another key."""
    from gateway.remember.chain.hashes import COLUMNS, NOTHING, seal

    connection = sqlite3.connect(store)
    for chain in COLUMNS:
        for end in ("start", "head"):
            change = 'UPDATE chain_ends SET seal = ? WHERE chain = ? AND "end" = ?'
            connection.execute(change, (seal(key, chain, end, 0, NOTHING, 0, ""), chain, end))
    connection.commit()
    connection.close()


PrepareFile = Callable[..., None]


@pytest.fixture(scope="session", autouse=True)
def prepare_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrepareFile]:
    """Make each new SQLite store a copy of one: the migrations are run once in this process, not for every test."""
    from gateway.remember import store
    from gateway.remember.database import sqlite
    from gateway.remember.database.database import Database, store_url
    from gateway.remember.database.migrate import migrate

    prepare, check, copies = sqlite.prepare_file, store._check_schema, set[Path]()

    @cache
    def original() -> Path:
        file = tmp_path_factory.mktemp("store") / "store.db"
        prepare(file, create=True)
        migrate(store_url(f"sqlite:///{file}"), lambda: bytes(32))
        return file

    def copy(path: Path, *, create: bool) -> None:
        if create and path.parent.is_dir() and not path.exists():
            with TemporaryDirectory(dir=path.parent) as beside, suppress(FileExistsError):
                os.link(shutil.copy(original(), beside), path)  # whole at once, whoever else makes it
                copies.add(path)
        prepare(path, create=create)

    async def check_copy(database: Database, url: object, key: bytes | None) -> None:
        if key is not None and database.path in copies:
            copies.remove(database.path)
            if key != bytes(32):
                seal_ends(database.path, key)
        await check(database, url, key)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite, "prepare_file", copy)
        patch.setattr(store, "_check_schema", check_copy)
        yield prepare


@pytest.fixture(scope="session", autouse=True)
def made_once() -> None:
    """Make only once in this process what tests would make again and again: programs, rules, commands, statements."""
    from tests.support.servers.compiled import compile_once
    from tests.support.servers.preloaded import copy_programs, read_rules_once

    typer.testing._get_command = cache(typer.testing._get_command)
    read_rules_once()
    compile_once()
    copy_programs()


@pytest.fixture(scope="session", autouse=True)
def plain_tracebacks() -> None:
    """Log tracebacks as Python prints them: Rich takes a tenth of a second to draw one, and hundreds are logged."""
    structlog.configure(
        processors=[
            *structlog.get_config()["processors"][:-1],
            ConsoleRenderer(colors=False, exception_formatter=plain_traceback),
        ]
    )


@pytest.fixture(autouse=True)
def log_as_it_was() -> Iterator[None]:
    """Restore the log's configuration after each test: commands that run in this process set their own."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture
def no_copies(prepare_file: PrepareFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the migrations make new stores, for tests of that."""
    monkeypatch.setattr("gateway.remember.database.sqlite.prepare_file", prepare_file)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    """A server for all tests of this process that need one."""
    from gateway.remember.database import database
    from tests.support.servers.postgresql import Postgresql

    with Postgresql() as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "engine_arguments", server.connections.arguments)
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def on_both_databases(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run a test with an `EmbeddedGateway` on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        yield
        return
    server: Postgresql = request.getfixturevalue("postgresql")
    made: dict[Path, str] = {}

    def store_in(folder: Path) -> str:
        """Return the store of a folder, the same one when a gateway is built again."""
        if folder not in made:
            made[folder] = server.lend()
        return made[folder]

    monkeypatch.setattr("tests.support.servers.embedded_gateway.store_in", store_in)
    yield
    for url in made.values():
        server.give_back(url)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tables that tests have made: `record_property("table", …)`. Tests run side by side have no terminal."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, table in report.user_properties:
            if name == "table" and report.when == "call":
                terminalreporter.section(report.nodeid, "-")
                terminalreporter.write_line(str(table))
