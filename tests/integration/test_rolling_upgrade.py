"""Two gateways on one PostgreSQL are upgraded one after the other under load: nothing is lost, nothing comes twice.

The version before is the program from before the newest revision of the schema, out of the history, where that revision
says that the program runs on it. Where there is none, or no history (a shallow clone), the version before is this
program, and the next version is this program with a further revision, which adds to the tables that mail goes through.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from gateway.remember.database.migrate import SCRIPTS
from gateway.remember.database.schema import HEAD, oldest_head
from gateway.remember.database.secret import NAME
from tests.soak.load import Load
from tests.soak.mails import kind_of, mails
from tests.support.builders.history import program_before
from tests.support.servers.gateway import PROJECT, Gateway, command
from tests.support.servers.postgresql import BARE, Postgresql
from tests.support.servers.sink import Sink

NEXT = f"{int(HEAD[:4]) + 1:04}_{HEAD[:4]}"
_REVISION = f'''
"""A further revision, as the rule allows it: columns with a default or NULL, an index, a table."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "{NEXT}", "{HEAD}"
branch_labels = depends_on = None


def upgrade() -> None:
    for table in ("held", "held_copies", "audit", "pending_notices"):
        op.add_column(table, sa.Column("added", sa.Text(), nullable=False, server_default=""))
    op.add_column("outbox", sa.Column("added", sa.Text()))
    op.create_index("ix_outbox_added", "outbox", ["added"])
    op.create_table("added", sa.Column("id", sa.Text(), primary_key=True))
'''
#: Python reads it at the start of each process that has its folder in PYTHONPATH.
_SITE = """
from importlib import import_module
from pathlib import Path

for name in ("schema", "migrate"):
    vars(import_module(f"gateway.remember.database.{{name}}"))["HEAD"] = {next!r}
for name in ("store", "copies.proof", "copies.backup"):
    vars(import_module(f"gateway.remember.{{name}}"))["HEAD"] = {next!r}
import_module("gateway.remember.database.migrate").SCRIPTS = Path({scripts!r})
"""

FILTERS = "filters:\n  - attachments: {block: [executables], notify: [recipient]}\n"
#: Whose mailbox is full until the upgrade is over: what the version before queues, the next one delivers.
FULL = "p1@example.co.uk"


@dataclass(frozen=True, slots=True)
class Version:
    """A program: its environment, its command line where no copy of a loaded program will do, and its revision."""

    environment: dict[str, str]
    command: list[str] | None = None
    revision: str = ""


@pytest.fixture
def versions(tmp_path: Path) -> tuple[Version, Version]:
    """The version before, and the next one."""
    folder = tmp_path / "version"
    if oldest_head(HEAD) and program_before(HEAD, folder):
        environment = {"PYTHONPATH": str(folder), "PYTHONSAFEPATH": "1"}
        return Version(environment, command()), Version({}, revision=HEAD)
    scripts = folder / "migrations"
    shutil.copytree(SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    (scripts / "versions" / f"r{NEXT[:4]}_next.py").write_text(_REVISION)
    (folder / "sitecustomize.py").write_text(_SITE.format(next=NEXT, scripts=str(scripts)))
    return Version({}), Version({"PYTHONPATH": f"{folder}{os.pathsep}{PROJECT}"}, revision=NEXT)


@pytest.fixture
def url(postgresql: Postgresql) -> Iterator[str]:
    made = postgresql.database(BARE)
    yield made
    postgresql.drop(made)


@dataclass
class Pair:
    """Two gateways, each with its own data_dir, one store and one secret."""

    gateways: tuple[Gateway, Gateway]
    url: str
    patch: pytest.MonkeyPatch

    def become(self, gateway: Gateway, version: Version) -> None:
        """Let what is run for this gateway next be of a version."""
        for name in ("PYTHONPATH", "PYTHONSAFEPATH"):
            self.patch.delenv(name, raising=False)
        for name, value in version.environment.items():
            self.patch.setenv(name, value)
        gateway.command = version.command

    async def restart(self, gateway: Gateway, version: Version, *, upgrade: bool = False) -> None:
        """Stop a gateway (it drains), and start it as a version; with `upgrade`, after `mailwarden db upgrade`."""
        await asyncio.to_thread(gateway.stop)
        self.become(gateway, version)
        if upgrade:
            done = await asyncio.to_thread(gateway.cli, "db", "upgrade")
            assert done.returncode == 0, done.stdout + done.stderr
        await asyncio.to_thread(gateway.start)

    def rows(self, query: str) -> list[tuple[str, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(query).fetchall()

    def hurry(self) -> None:
        """Make the next attempt of every outbox row due."""
        with psycopg.connect(self.url) as connection:
            connection.execute("UPDATE outbox SET next_attempt_at = 0")


def build_pair(folder: Path, hop: int, url: str, patch: pytest.MonkeyPatch) -> Pair:
    first, second = (
        Gateway(folder / name, next_hop=f"smtp://127.0.0.1:{hop}", workers=1, more=f"store: {url}", filters=FILTERS)
        for name in "ab"
    )
    first.data_dir.mkdir()
    second.data_dir.mkdir()
    (first.data_dir / NAME).write_bytes(bytes(range(32)))
    (first.data_dir / NAME).chmod(0o600)
    shutil.copy(first.data_dir / NAME, second.data_dir)
    return Pair((first, second), url, patch)


async def test_one_after_the_other_under_load(
    tmp_path: Path, url: str, versions: tuple[Version, Version], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The version before goes on, and is even started again, on the next one's schema; mail flows at every step."""
    before, after = versions
    async with Sink(rcpt_reply=lambda address: b"452 4.2.2 full" if address == FULL else None) as sink:
        pair = build_pair(tmp_path, sink.port, url, monkeypatch)
        first, second = pair.gateways
        some = (mail for mail in mails(1) if mail.kind in ("plain", "program"))
        load = Load({"inbound": [first.inbound, second.inbound]}, some, rate=20, clients=6)
        try:
            for gateway in pair.gateways:
                await pair.restart(gateway, before)
            assert pair.rows("SELECT version_num FROM alembic_version") != [(after.revision,)]
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(load.run())
                for gateway, version, upgrade in (
                    *((first, after, True), (second, before, False)),
                    (second, after, False),
                ):
                    await load.reached(len(load.accepted) + 8)
                    await pair.restart(gateway, version, upgrade=upgrade)
                    assert pair.rows("SELECT version_num FROM alembic_version") == [(after.revision,)]
                await load.reached(len(load.accepted) + 8)
                load.stop()
                sink.rcpt_reply = lambda _: None  # whose only recipient it is tries again until then
            await settled(pair)
            check(load, pair, sink)
            for gateway in pair.gateways:
                done = await asyncio.to_thread(gateway.cli, "audit", "verify")
                assert done.returncode == 0, done.stdout
        finally:
            for gateway in pair.gateways:
                await asyncio.to_thread(gateway.stop)


async def settled(pair: Pair) -> None:
    """Until nothing is in the outbox."""
    async with asyncio.timeout(60):
        while pair.rows("SELECT id FROM outbox"):
            await asyncio.to_thread(pair.hurry)
            await asyncio.sleep(0.1)


def check(load: Load, pair: Pair, sink: Sink) -> None:
    """Each accepted copy is at its one place, and each try had a reply: a gateway that is stopped answers first."""
    assert not load.refused
    assert [one for one in load.attempts if one.is_in_doubt] == []
    expected = {kind: Counter[tuple[str, str]]() for kind in ("plain", "program")}
    for tag, (_, recipients) in load.accepted.items():
        expected[kind_of(tag)].update((tag, recipient) for recipient in recipients)
    arrived = Counter(
        (one.mail_from.partition("@")[0], to) for one in sink.got if one.mail_from for to in one.recipients
    )
    rows = pair.rows("SELECT mail_from, address FROM held JOIN held_copies ON held_id = id")
    assert arrived == expected["plain"]
    assert Counter((sender.partition("@")[0], address) for sender, address in rows) == expected["program"]
    assert any(recipient == FULL for _, recipient in arrived)
