"""What keeps the gateway from starting: it ends at once with status 1 and one sentence, and touches nothing."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import subprocess
from pathlib import Path

from tests.faults.traffic import BOB
from tests.gateway import PROJECT, Gateway, command, send

PLAIN = b"Subject: plain\r\n\r\nhello\r\n"


def refused(gateway: Gateway) -> str:
    """What it says when it does not start."""
    done = subprocess.run(
        [*command(), "serve", "--config", str(gateway.config)],
        capture_output=True,
        text=True,
        cwd=PROJECT,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    return done.stderr.strip()


def test_a_mistake_in_the_configuration(tmp_path: Path) -> None:
    """The place and what is wrong there; no store is made."""
    gateway = Gateway(tmp_path, filters="filters:\n  - attachmentz: {}\n")
    assert refused(gateway).startswith(f"{tmp_path}/filters.yaml:2:5: filters[0].attachmentz: unknown filter")
    assert not gateway.data_dir.exists()


def test_a_certificate_that_is_missing(tmp_path: Path) -> None:
    """Never in plain text where STARTTLS was meant to be offered."""
    gateway = Gateway(tmp_path, inbound_keys="certificate: tls.pem, ")
    assert refused(gateway).endswith(f"listeners[0].certificate: no such file: {tmp_path}/tls.pem")


def test_a_port_that_another_program_has(tmp_path: Path) -> None:
    """Though SO_REUSEPORT would let both have it."""
    gateway = Gateway(tmp_path)
    with socket.create_server(("127.0.0.1", gateway.inbound)):
        said = refused(gateway)
    assert said == f"listener inbound can't have 127.0.0.1:{gateway.inbound}: Address already in use"


def test_a_second_gateway_on_one_folder(tmp_path: Path) -> None:
    """The first goes on."""
    with Gateway(tmp_path / "first", workers=1) as first:
        second = Gateway(tmp_path / "second")
        second.config.write_text(second.config.read_text().replace("data_dir: var", "data_dir: ../first/var"))
        assert refused(second).startswith("another gateway is running on ")
        assert asyncio.run(send(first.inbound, "a@far.example", [BOB], PLAIN)).startswith("250")


def test_a_store_that_is_no_database(tmp_path: Path) -> None:
    """It is named, and left as it is for whoever mends it."""
    gateway = Gateway(tmp_path)
    gateway.data_dir.mkdir()
    store = gateway.data_dir / "mailwarden.db"
    store.write_bytes(b"not a database" * 1000)
    assert refused(gateway) == f"the store {store}: file is not a database"
    assert store.read_bytes() == b"not a database" * 1000


def test_a_store_that_is_damaged_while_it_runs(tmp_path: Path) -> None:
    """Every message is the client's to keep: whether it is a retry of a held one can't be known."""
    with Gateway(tmp_path, workers=1) as gateway:
        assert asyncio.run(send(gateway.inbound, "a@far.example", [BOB], PLAIN)).startswith("250")
        overwrite(gateway.data_dir / "mailwarden.db")
        assert asyncio.run(send(gateway.inbound, "a@far.example", [BOB], PLAIN)).startswith("451 4.3.0")


def overwrite(store: Path) -> None:
    """All but its first page, as a broken disk might."""
    with sqlite3.connect(store, timeout=20) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    octets = store.stat().st_size
    with store.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (octets - 4096))
