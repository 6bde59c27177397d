"""The clamd that `make run` starts: where it may write, what it is told, that it really scans, and how it ends."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import clamd_address
import own_clamd
import pytest
from own_clamd import ClamdTrouble
from sample_mail import EICAR

from gateway.services.clamd import TEST_PATTERN, TEST_SIGNATURE, UNARMED, Clamd
from gateway.services.clamd_session import Address

MEBIBYTE = 1024 * 1024


@pytest.fixture
def address() -> Address:
    """Return a free port on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return Address("127.0.0.1", probe.getsockname()[1])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of its own, also where AppArmor confines clamd: pytest's lies under /tmp."""
    monkeypatch.setattr(own_clamd, "confined", lambda: False)
    return own_clamd.own_folder(tmp_path)


def test_the_data_folder_is_made_as_the_gateway_makes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes first: nobody but its owner and its group has a way in (docs/security.md)."""
    monkeypatch.setattr(own_clamd, "confined", lambda: False)
    own_clamd.own_folder(tmp_path / "var")
    assert (tmp_path / "var").stat().st_mode & 0o777 == 0o750


@pytest.fixture
def freshclam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Instead of freshclam, which would load the network: a script that notes each call, and the notes."""
    notes = tmp_path / "freshclam-calls"
    script = tmp_path / "freshclam"
    script.write_text(f'#!/bin/sh\necho "$1" >>{notes}\n')
    script.chmod(0o755)
    monkeypatch.setattr(own_clamd, "_program", lambda name: str(script))
    monkeypatch.setattr(own_clamd, "MACHINE_DATABASE", tmp_path / "no-database")
    return notes


@pytest.fixture
def running(folder: Path, address: Address) -> Iterator[subprocess.Popen[bytes]]:
    """Run a real clamd with the project's harmless signatures, for messages of 50 MiB."""
    clamd = own_clamd.start(address, folder, own_clamd.TEST_SIGNATURES, 50 * MEBIBYTE)
    try:
        own_clamd.wait_until_ready(clamd, address, folder)
        yield clamd
    finally:
        own_clamd.end(clamd)


def scanner(address: Address) -> Clamd:
    return Clamd(clamd_address.shown(address), max_stream_bytes=51 * MEBIBYTE, timeout_seconds=30, concurrency=1)


async def test_it_finds_eicar_and_nothing_in_plain_text(running: subprocess.Popen[bytes], address: Address) -> None:
    """The project's own signatures are loaded: EICAR is reported, harmless text isn't."""
    clamd = scanner(address)
    found, clean = await clamd.scan(EICAR), await clamd.scan(b"Dear Bob, shall we meet at ten?")
    await clamd.close()
    assert found.names == ("Mailwarden.Test.EICAR.UNOFFICIAL",)
    assert clean.names == ()


async def test_it_reports_what_it_did_not_scan(running: subprocess.Popen[bytes], address: Address) -> None:
    """AlertExceedsMax is on: the gateway's proof of blindness finds nothing to say."""
    clamd = scanner(address)
    assert await clamd.blind() is None
    await clamd.close()


async def test_it_says_that_it_protects_nobody(running: subprocess.Popen[bytes], address: Address) -> None:
    """The gateway knows the project's own signatures, where there are no others: `status` and `check` warn."""
    clamd = scanner(address)
    assert await clamd.unarmed() == UNARMED
    await clamd.close()


def test_the_pattern_is_one_of_the_signatures() -> None:
    """The tests know the signatures by this pattern."""
    lines = (own_clamd.TEST_SIGNATURES / "mailwarden-test.ndb").read_text().splitlines()
    assert f"{TEST_SIGNATURE}:0:*:{TEST_PATTERN.hex()}" in lines


async def test_it_takes_the_largest_message(running: subprocess.Popen[bytes], address: Address) -> None:
    """50 MiB and what a part of it needs around it are scanned, not refused: EICAR at their end is found."""
    clamd = scanner(address)
    found = await clamd.scan(bytes(50 * MEBIBYTE) + EICAR)
    await clamd.close()
    assert found.names


def test_it_ends_by_its_pid(running: subprocess.Popen[bytes], address: Address) -> None:
    """After `end` the process is gone and nobody answers."""
    own_clamd.end(running)
    assert running.returncode is not None
    assert not clamd_address.answers(address)


def test_ending_twice_is_no_error(running: subprocess.Popen[bytes]) -> None:
    """A clamd that died by itself can be ended like any other."""
    running.kill()
    own_clamd.end(running)
    own_clamd.end(running)
    assert running.returncode is not None


def test_a_clamd_that_cannot_start_says_why(folder: Path, address: Address, tmp_path: Path) -> None:
    """The trouble carries clamd's last words if clamd ends at once."""
    clamd = own_clamd.start(address, folder, tmp_path / "missing", MEBIBYTE)
    with pytest.raises(ClamdTrouble, match=r"clamd ended with status \d+: .*missing"):
        own_clamd.wait_until_ready(clamd, address, folder)


def test_it_listens_on_a_socket_path_too(folder: Path, tmp_path: Path) -> None:
    """`clamd: /path` in the configuration is served as well as host and port."""
    address = Address(path=str(tmp_path / "clamd.sock"))
    clamd = own_clamd.start(address, folder, own_clamd.TEST_SIGNATURES, MEBIBYTE)
    try:
        own_clamd.wait_until_ready(clamd, address, folder)
    finally:
        own_clamd.end(clamd)


@pytest.mark.parametrize(
    ("largest_bytes", "stream"), [(50 * MEBIBYTE, "60M"), (50 * MEBIBYTE + 1, "61M"), (50 * MEBIBYTE - 1, "60M")]
)
def test_limits_are_over_the_largest_message(
    folder: Path, address: Address, largest_bytes: int, stream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """StreamMaxLength and MaxFileSize are the message limit and headroom, rounded up to whole mebibytes."""
    monkeypatch.setattr(own_clamd, "_program", lambda name: "/bin/true")
    own_clamd.end(own_clamd.start(address, folder, own_clamd.TEST_SIGNATURES, largest_bytes))
    told = dict(line.split(" ", 1) for line in (folder / "clamd.conf").read_text().splitlines() if line[0] != "#")
    assert told["StreamMaxLength"] == told["MaxFileSize"] == stream
    assert int(told["MaxScanSize"].removesuffix("M")) > int(stream.removesuffix("M"))


def test_the_machine_s_signatures_come_first(folder: Path, tmp_path: Path, freshclam: Path) -> None:
    """The machine's signatures are used where they are, and nothing is downloaded."""
    database = tmp_path / "no-database"
    database.mkdir()
    (database / "daily.cvd").touch()
    assert own_clamd.choose_database(folder, print) == (database, True)
    assert not freshclam.exists()


def test_downloaded_signatures_come_second(folder: Path, freshclam: Path) -> None:
    """The signatures that freshclam downloaded are used."""
    (folder / "db/main.cvd").touch()
    assert own_clamd.choose_database(folder, print) == (folder / "db", True)
    assert freshclam.read_text() == f"--config-file={folder}/freshclam.conf\n"


def test_without_any_the_harmless_set_is_used(folder: Path, freshclam: Path) -> None:
    """The project's test signatures stand in if nothing was downloaded, and are known not to be real."""
    database, real = own_clamd.choose_database(folder, print)
    assert not real
    assert [path.name for path in database.iterdir()] == ["mailwarden-test.ndb"]


def test_freshclam_is_tried_once_a_day(folder: Path, freshclam: Path) -> None:
    """A second start doesn't wait for it again; a day later it does."""
    for _ in range(2):
        own_clamd.download(folder, print)
    assert len(freshclam.read_text().splitlines()) == 1
    yesterday = time.time() - own_clamd.FRESHCLAM_EVERY_SECONDS - 1
    os.utime(folder / "freshclam-tried", (yesterday, yesterday))
    own_clamd.download(folder, print)
    assert len(freshclam.read_text().splitlines()) == 2


def test_a_slow_freshclam_is_ended(
    folder: Path, tmp_path: Path, freshclam: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Past its time freshclam is ended, and said so."""
    (tmp_path / "freshclam").write_text("#!/bin/sh\nexec sleep 600\n")
    monkeypatch.setattr(own_clamd, "FRESHCLAM_SECONDS", 0.1)
    said: list[str] = []
    own_clamd.download(folder, said.append)
    assert said[-1] == "freshclam took too long and was ended."


def test_the_folder_is_private(folder: Path) -> None:
    """Nobody else reads what clamd unpacks."""
    assert folder.stat().st_mode & 0o077 == 0


def test_a_folder_that_others_may_enter_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anybody could have made a folder in /tmp first."""
    monkeypatch.setattr(own_clamd, "confined", lambda: False)
    (tmp_path / "clamd").mkdir(mode=0o755)
    with pytest.raises(ClamdTrouble, match="not a private folder"):
        own_clamd.own_folder(tmp_path)


def test_a_symbolic_link_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link that leads elsewhere isn't followed."""
    monkeypatch.setattr(own_clamd, "confined", lambda: False)
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "clamd").symlink_to("elsewhere")
    with pytest.raises(ClamdTrouble, match="not a private folder"):
        own_clamd.own_folder(tmp_path)


@pytest.fixture
def apparmor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that stands for the kernel's switch and Debian's profiles; the profile is enforced at first."""
    for constant, name in (("APPARMOR_ENABLED", "enabled"), ("APPARMOR_PROFILE", "profile"), ("APPARMOR_OFF", "off")):
        monkeypatch.setattr(own_clamd, constant, tmp_path / name)
    (tmp_path / "enabled").write_text("Y\n")
    (tmp_path / "profile").touch()
    return tmp_path


def test_an_enforced_profile_confines_clamd(apparmor: Path) -> None:
    """A clamd with the kernel's switch on and a profile may write in few places."""
    assert own_clamd.confined()


def test_a_kernel_without_apparmor_confines_nothing(apparmor: Path) -> None:
    """Switched off, or not there at all."""
    (apparmor / "enabled").write_text("N\n")
    assert not own_clamd.confined()
    (apparmor / "enabled").unlink()
    assert not own_clamd.confined()


def test_without_a_profile_clamd_is_free(apparmor: Path) -> None:
    """AppArmor confines only programs that have a profile."""
    (apparmor / "profile").unlink()
    assert not own_clamd.confined()


def test_a_disabled_profile_confines_nothing(apparmor: Path) -> None:
    """The administrator's link in /etc/apparmor.d/disable is heeded."""
    (apparmor / "off").touch()
    assert not own_clamd.confined()


def test_a_confined_clamd_gets_a_folder_in_tmp(apparmor: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The profile lets clamd write under /tmp: the folder is there, private, and this user's own."""
    monkeypatch.setattr(own_clamd.os, "getuid", lambda: 987654)
    with pytest.raises(ClamdTrouble, match="/tmp/mailwarden-clamd-987654 is not a private folder of yours"):
        own_clamd.own_folder(apparmor)
    Path("/tmp/mailwarden-clamd-987654").rmdir()


def test_nobody_answers_on_a_closed_port(address: Address) -> None:
    """A refused connection is a plain no."""
    assert not clamd_address.answers(address)


async def test_another_server_is_no_clamd() -> None:
    """A server that says something else isn't taken for clamd."""

    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert not await asyncio.to_thread(clamd_address.answers, Address("127.0.0.1", port))


@pytest.mark.parametrize(
    ("address", "here"),
    [
        (Address("127.0.0.1", 3310), True),
        (Address("::1", 3310), True),
        (Address("localhost", 3310), True),
        (Address(path="/run/clamd.sock"), True),
        (Address("192.0.2.1", 3310), False),
        (Address("clamav", 3310), False),
    ],
)
def test_a_clamd_elsewhere_is_not_ours_to_start(address: Address, here: bool) -> None:
    """Only an address of this machine can be served by a clamd started here."""
    assert clamd_address.on_this_machine(address) is here


def test_no_file_holds_eicar_in_one_piece(root: Path) -> None:
    """A scanner on the developer's machine would take the file away."""
    held = [
        path
        for name in ("tools", "tests", "filters", "gateway", "benchmarks", "docs", "config")
        for path in (root / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and EICAR in path.read_bytes()
    ]
    assert held == []
