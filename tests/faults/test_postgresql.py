"""The database server goes away while mail comes in, or doesn't let the gateway in."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.faults.traffic import BOB, Traffic, arrived, copies, messages, missing
from tests.support.servers.gateway import PROJECT, Gateway, command, send
from tests.support.servers.postgresql import BARE, GUARDED, PASSWORD, Postgresql
from tests.support.servers.sink import Sink

PROGRAM = b"Subject: p\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream; name=setup.exe\r\n\r\nMZ\r\n"
PLAIN = b"Subject: plain\r\n\r\nhello\r\n"


@pytest.fixture
def own_server() -> Iterator[Postgresql]:
    """One that can be stopped: the others' is shared."""
    with Postgresql() as server:
        yield server


def held(url: str) -> Counter[tuple[str, str]]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT mail_from, address FROM held JOIN held_copies ON held_id = id").fetchall()
    return Counter((sender.split("@")[0], address) for sender, address in rows)


async def test_it_goes_away_and_comes_back_in_traffic(tmp_path: Path, own_server: Postgresql) -> None:
    """Nothing that got 250 is lost, nothing is held twice, and no process has to be started again."""
    url = own_server.database(BARE)  # the gateway has a secret of its own
    async with (
        Sink() as sink,
        Gateway(tmp_path, next_hop=f"smtp://127.0.0.1:{sink.port}", more=f"store: {url}") as gateway,
    ):
        processes = gateway.children()
        traffic = Traffic(gateway.inbound, messages(150))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(traffic.run())
            for accepted in (20, 60):
                await traffic.reached(accepted)
                await asyncio.to_thread(own_server.stop)
                status = await asyncio.to_thread(gateway.cli, "status", "--json")
                (said,) = json.loads(status.stdout)["trouble"]
                assert status.returncode == 1
                assert said.startswith("The store is away: ")
                answer = await send(gateway.inbound, "late@far.example", [BOB], PROGRAM)
                assert answer.startswith("451 4.3.0")
                assert (await send(gateway.inbound, "plain@far.example", [BOB], PLAIN)).startswith("250")
                await asyncio.to_thread(own_server.start)
        assert (len(traffic.accepted), traffic.kept) == (150, {})
        assert gateway.children() == processes
        in_store = held(url)
        assert missing(copies(traffic.accepted.values()), arrived(sink.got), in_store) == set()
        assert set(in_store.values()) == {1}
        status = await asyncio.to_thread(gateway.cli, "status")
        assert status.returncode == 0, status.stdout + status.stderr


def test_a_server_that_is_not_there_at_the_start(tmp_path: Path) -> None:
    """It ends with status 1 and the server's name."""
    gateway = Gateway(tmp_path, more="store: postgresql://mailwarden@127.0.0.1:9/mailwarden")
    done = serve(gateway)
    assert (done.returncode, "port 9 failed" in done.stdout + done.stderr) == (1, True)


def test_a_wrong_password_is_shown_nowhere(tmp_path: Path, postgresql: Postgresql) -> None:
    """Neither at the start, nor by `check`, `status` or `db upgrade`; the right one isn't either."""
    (tmp_path / "password").write_text("the wrong secret\n")
    url = postgresql.url("postgres", GUARDED)
    gateway = Gateway(tmp_path, more=f"store: {url}\nstore_password_file: password")
    done = [serve(gateway), *(gateway.cli(*words) for words in (("check",), ("status",), ("db", "upgrade")))]
    said = "".join(one.stdout + one.stderr for one in done)
    assert [one.returncode for one in done] == [1, 0, 1, 1]
    assert said.count("password authentication failed") >= 2
    assert "Traceback" not in said
    assert "the wrong secret" not in said


def test_a_password_from_a_file(tmp_path: Path, postgresql: Postgresql) -> None:
    """Also for the tables, which `db upgrade` makes."""
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    url = postgresql.database(BARE)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"GRANT ALL ON SCHEMA public TO {GUARDED}")
    gateway = Gateway(
        tmp_path, more=f"store: {url.replace('mailwarden@', f'{GUARDED}@')}\nstore_password_file: password", workers=1
    )
    upgraded = gateway.cli("db", "upgrade")
    assert (upgraded.returncode, upgraded.stdout[:24]) == (0, "The store is at schema 0"), upgraded.stderr
    with gateway:
        assert asyncio.run(send(gateway.inbound, "a@far.example", [BOB], PROGRAM)).startswith("250")
    assert held(url) == {("a", BOB): 1}
    assert PASSWORD not in gateway.log.read_text()
    postgresql.drop(url)


def serve(gateway: Gateway) -> subprocess.CompletedProcess[str]:
    words = [*command(), "serve", "--config", str(gateway.config)]
    return subprocess.run(words, capture_output=True, text=True, cwd=PROJECT, timeout=120, check=False)
