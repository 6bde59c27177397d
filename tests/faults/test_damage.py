"""Damage while the gateway runs, or before it starts: to a configuration, a file, a disk."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import subprocess
from pathlib import Path

from tests.faults.traffic import BOB
from tests.support.servers.gateway import PROJECT, Gateway, command, send
from tests.support.servers.receiver import self_signed

PLAIN = b"Subject: plain\r\n\r\nhello\r\n"
PROGRAM = b"Subject: p\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream; name=setup.exe\r\n\r\nMZ\r\n"


def test_a_mistake_in_the_configuration_at_the_start(tmp_path: Path) -> None:
    """It ends with status 1, the place and what is wrong there; no store is made."""
    gateway = Gateway(tmp_path, filters="filters:\n  - attachmentz: {}\n")
    serve = [*command(), "serve", "--config", str(gateway.config)]
    done = subprocess.run(serve, capture_output=True, text=True, cwd=PROJECT, timeout=120, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{tmp_path}/filters.yaml:2:5: filters[0].attachmentz: unknown filter")
    assert not gateway.data_dir.exists()


def test_a_certificate_that_is_missing_at_a_reload(tmp_path: Path) -> None:
    """The running one is kept, and STARTTLS is still offered; with the file back the reload works."""
    self_signed(tmp_path)
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    keys = f"certificate: '{certificate}', key: '{key}', "
    with Gateway(tmp_path / "gateway", inbound_keys=keys, workers=1) as gateway:
        aside = shutil.move(certificate, tmp_path / "aside")
        done = gateway.cli("reload")
        assert (done.returncode, f"no such file: {certificate}" in done.stdout + done.stderr) == (1, True)
        assert "STARTTLS" in offers(gateway)
        shutil.move(aside, certificate)
        assert gateway.cli("reload").returncode == 0
        assert "STARTTLS" in offers(gateway)


def offers(gateway: Gateway) -> str:
    return asyncio.run(ehlo(gateway.inbound))


async def ehlo(port: int) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(60):
            await reader.readline()
            writer.write(b"EHLO client.example\r\n")
            lines = b""
            while (line := await reader.readline()).startswith(b"250-"):
                lines += line
            return lines.decode()
    finally:
        writer.close()


def test_a_store_that_is_damaged(tmp_path: Path) -> None:
    """The client must keep mail that is to be held (451); other mail flows, and `status` names the damage."""
    with Gateway(tmp_path, workers=1) as gateway:
        assert asyncio.run(send(gateway.inbound, "a@far.example", [BOB], PLAIN)).startswith("250")
        overwrite(gateway.data_dir / "mailwarden.db")
        assert asyncio.run(send(gateway.inbound, "a@far.example", [BOB], PROGRAM)).startswith("451 4.3.0")
        assert asyncio.run(send(gateway.inbound, "a@far.example", [BOB], PLAIN)).startswith("250")
        said = gateway.cli("status")
        assert (said.returncode, "malformed" in said.stdout) == (1, True)


def overwrite(store: Path) -> None:
    """All but its first page, as a broken disk might."""
    with sqlite3.connect(store, timeout=20) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    octets = store.stat().st_size
    with store.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (octets - 4096))
