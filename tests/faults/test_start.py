"""Starts that `serve` refuses, with a sentence for the administrator: another gateway, a taken port, an older store.

`serve` ends at once.
"""

from __future__ import annotations

import asyncio
import resource
import socket
import sqlite3
from pathlib import Path

from gateway.remember.database.secret import NAME, read_secret
from tests.faults.traffic import StoreFile, Traffic, copies, messages
from tests.support.servers.gateway import Gateway
from tests.support.servers.ports import free_port
from tests.support.servers.sink import Sink


def refused(gateway: Gateway) -> str:
    """Return the text that `serve` prints before it ends with status 1."""
    done = gateway.cli("serve", "--workers", "1")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr


def test_two_gateways_on_one_data_dir(tmp_path: Path) -> None:
    """The second is refused; the first doesn't notice, its control socket included."""
    with Gateway(tmp_path, workers=1) as first:
        second = Gateway(tmp_path, workers=1)
        assert f"another gateway is running on {first.data_dir}" in refused(second)
        assert [process["name"] for process in first.ask("status")["running"]["processes"]] == ["worker 1", "keeper"]


async def test_a_port_that_is_taken(tmp_path: Path) -> None:
    """A program has the port and doesn't share it, or another gateway has it, whose sockets do (SO_REUSEPORT).

    Half of the mail would go to the wrong gateway.
    """
    with socket.socket() as program, Gateway(tmp_path / "one", workers=1) as first:
        program.bind(("127.0.0.1", 0))
        program.listen()
        taken = (program.getsockname()[1], first.inbound)
        gateways = [Gateway(tmp_path / str(port), inbound=port) for port in taken]
        for port, said in zip(
            taken, await asyncio.gather(*(asyncio.to_thread(refused, g) for g in gateways)), strict=True
        ):
            assert f"listener inbound can't have 127.0.0.1:{port}: Address already in use" in said
            assert f"sport = :{port}" in said


def test_a_data_dir_that_is_a_file(tmp_path: Path) -> None:
    """`serve` names the key and the file."""
    gateway = Gateway(tmp_path)
    gateway.data_dir.write_text("a file")
    assert f"data_dir: {gateway.data_dir} is a file, and a folder is needed" in refused(gateway)


def test_a_store_with_an_older_schema(tmp_path: Path) -> None:
    """`serve` names the command that helps, and changes nothing."""
    with Gateway(tmp_path, workers=1) as gateway:
        pass
    with sqlite3.connect(gateway.data_dir / "mailwarden.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    connection.close()
    assert "mailwarden db upgrade" in refused(gateway)


def test_a_store_that_is_no_store(tmp_path: Path) -> None:
    """A sentence, not a traceback."""
    gateway = Gateway(tmp_path)
    gateway.data_dir.mkdir()
    (gateway.data_dir / "mailwarden.db").write_bytes(b"no database, though it stands where one should be\n" * 99)
    assert "not a database" in refused(gateway)


def test_a_secret_that_is_open_to_others(tmp_path: Path) -> None:
    """Whoever has it could find out from the store who writes to whom."""
    gateway = Gateway(tmp_path)
    gateway.data_dir.mkdir()
    read_secret(gateway.data_dir)
    (gateway.data_dir / NAME).chmod(0o644)
    assert f"chmod 600 {gateway.data_dir / NAME}" in refused(gateway)


def test_a_data_dir_that_cannot_be_made(tmp_path: Path) -> None:
    """A sentence, not a traceback."""
    gateway = Gateway(tmp_path)
    gateway.data_dir.write_text("a file is in the way\n")
    assert str(gateway.data_dir) in refused(gateway)


async def test_a_gateway_that_was_killed_is_started_at_once(tmp_path: Path) -> None:
    """Its lock, its stale control socket and its ports are no hindrance, nor what it left in the -wal file."""
    async with Sink() as sink, Gateway(tmp_path, next_hop=f"smtp://127.0.0.1:{sink.port}", workers=1) as gateway:
        several = messages(18)
        await Traffic(gateway.inbound, several).run()
        await asyncio.to_thread(gateway.kill)
        await asyncio.to_thread(gateway.start)
        await Traffic(gateway.inbound, several).run()
        store = StoreFile(gateway)
        assert store.held() == dict.fromkeys(copies(m for m in several if m.is_held), 1)
        assert (await asyncio.to_thread(gateway.cli, "status")).returncode == 0


async def test_four_workers_that_hold_at_once(tmp_path: Path) -> None:
    """They have one write lock between them: every message waits its turn, and none is told to come again."""
    async with Sink(port=free_port()) as sink:
        next_hop, more = f"smtp://127.0.0.1:{sink.port}", "limits: {connections_per_client: 1000}"
        async with Gateway(tmp_path, next_hop=next_hop, workers=4, more=more) as gateway:
            several = [message for message in messages(600) if message.is_held]
            traffic = Traffic(gateway.inbound, several, clients=32)
            await traffic.run()
            assert traffic.replies == {"250 2.0.0": len(several)}
            assert StoreFile(gateway).held() == dict.fromkeys(copies(several), 1)


def test_a_low_soft_limit_of_descriptors(tmp_path: Path) -> None:
    """The shell's 1,024, say: every process has what the machine allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    code = f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, {min(soft, 512), hard}); "
    code += "from gateway.cli.main import main; main()"
    with Gateway(tmp_path, workers=1, code=code) as gateway:
        running = gateway.ask("status")["running"]
        pids = [running["pid"], *(process["pid"] for process in running["processes"])]
        assert len(pids) == 3
        assert [resource.prlimit(pid, resource.RLIMIT_NOFILE) for pid in pids] == [(hard, hard)] * 3
