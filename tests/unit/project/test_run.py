"""`make run` from outside: gateway and clamd together, the samples through them, and nothing left when it ends."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import clamd_address
import own_clamd
import pytest

from gateway.services.clamd_session import Address
from tests.support.servers import preloaded
from tests.unit.project.conftest import script

START_SECONDS = 180  # two cores shared with other tests, and modules that are compiled on the way
END_SECONDS = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Site:
    """A configuration with ports and a data folder of its own, and what `make run` said of it."""

    config: Path
    inbound: int
    outbound: int
    clamd: int
    root: Path
    processes: list[subprocess.Popen[bytes] | preloaded.Copy] = field(default_factory=list)

    @property
    def output(self) -> str:
        return (self.config.parent / "output").read_text()

    def run(self) -> preloaded.Copy:
        """tools/run.py, in a process that has loaded its modules."""
        with (self.config.parent / "output").open("w") as output:
            process = preloaded.start(["--config", str(self.config)], output, output, code=script("run.py"))
        self.processes.append(process)
        return process

    def run_program(self) -> subprocess.Popen[bytes]:
        """tools/run.py, as `make run` calls it."""
        with (self.config.parent / "output").open("w") as output:
            command = [sys.executable, self.root / "tools/run.py", "--config", self.config]
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        self.processes.append(process)
        return process

    def clamd_answers(self) -> bool:
        return clamd_address.answers(Address("127.0.0.1", self.clamd))

    def has_its_scanner(self) -> bool:
        """Return whether it has come to start the gateway: no test about clamd alone waits for that."""
        return "Starting the gateway." in self.output

    def listens(self) -> bool:
        return all(_open(port) for port in (self.inbound, self.outbound))


def _open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
    except OSError:
        return False
    return True


def wait_for(condition: Callable[[], bool], site: Site, seconds: float = START_SECONDS) -> None:
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at, site.output
        time.sleep(0.1)


@pytest.fixture
def shipped_site(root: Path, tmp_path: Path) -> Iterator[Site]:
    """Return the shipped configuration on free ports; freshclam had its turn already, so nothing is downloaded."""
    config = tmp_path / "config"
    shutil.copytree(root / "config", config)
    made = Site(config / "gateway.yaml", free_port(), free_port(), free_port(), root)
    _replace(config / "gateway.yaml", {"127.0.0.1:2525": f"127.0.0.1:{made.inbound}"})
    _replace(config / "gateway.yaml", {"127.0.0.1:2587": f"127.0.0.1:{made.outbound}"})
    _replace(config / "filters.yaml", {"127.0.0.1:3310": f"127.0.0.1:{made.clamd}"})
    (own_clamd.own_folder(tmp_path / "var") / "freshclam-tried").touch()
    yield made
    for process in made.processes:
        if process.poll() is None:
            process.terminate()
            process.wait(END_SECONDS)


@pytest.fixture
def site(shipped_site: Site) -> Site:
    """Return the shipped configuration with the scanner as its only filter and one worker: it starts sooner."""
    chain = shipped_site.config.parent / "filters.yaml"
    chain.write_text(f'filters:\n  - virus:\n      clamd: "127.0.0.1:{shipped_site.clamd}"\n      on_error: defer\n')
    with shipped_site.config.open("a") as more:
        more.write("workers: 1\nsandbox: {processes: 1}\n")
    return shipped_site


def _replace(file: Path, words: dict[str, str]) -> None:
    text = file.read_text()
    for old, new in words.items():
        assert old in text
        text = text.replace(old, new)
    file.write_text(text)


def test_the_samples_go_through(shipped_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """It starts clamd and the gateway; the samples are relayed, held and refused as the shipped policy says.

    A warning of many lines says that this protects nobody, only if ClamAV's signatures are missing. Ctrl-C ends both,
    with status 0.
    """
    process = shipped_site.run_program()
    wait_for(shipped_site.listens, shipped_site)
    warned = "THIS CLAMD PROTECTS NOBODY" in shipped_site.output and shipped_site.output.count("\n*") > 5
    assert warned is not own_clamd.readable_by_clamd(own_clamd.MACHINE_DATABASE)
    ports = ["--inbound", str(shipped_site.inbound), "--outbound", str(shipped_site.outbound)]
    monkeypatch.setenv("COLUMNS", "200")
    done = preloaded.run([*ports, "--config", str(shipped_site.config)], code=script("sample.py"))
    assert done.returncode == 0, done.stdout + done.stderr
    rows = {line.split("│")[1].strip(): line for line in done.stdout.splitlines() if line.count("│") > 3}
    for title, outcome in {
        "plain text": "external.sender",
        "HTML and text": "external.sender",
        "program attached": "attachment.executable",
        "program named photo.jpg": "attachment.executable",
        "EICAR test virus": "virus.found",
        "relaying refused": "550",
        "outbound, plain": "disclaimer.added",
        "outbound, program": "quarantine",
    }.items():
        assert outcome in rows[title], done.stdout
    assert shipped_site.clamd_answers()
    process.send_signal(signal.SIGINT)
    assert process.wait(END_SECONDS) == 0, shipped_site.output
    assert not shipped_site.clamd_answers()
    wait_for(lambda: not shipped_site.listens(), shipped_site, END_SECONDS)  # a worker that was just starting ends


def test_being_killed_leaves_nothing_either(site: Site) -> None:
    """The kernel ends the children of a `make run` that is killed by kill -9."""
    process = site.run()
    wait_for(site.listens, site)
    process.kill()
    process.wait()
    wait_for(lambda: not site.clamd_answers() and not site.listens(), site, END_SECONDS)


def test_the_death_of_clamd_is_reported(site: Site) -> None:
    """The gateway goes on without its scanner, and it is said that mail waits."""
    site.run()
    wait_for(site.listens, site)
    started = next(line for line in site.output.splitlines() if line.startswith("Started clamd (pid "))
    os.kill(int(started.split("pid ")[1].split(")")[0]), signal.SIGKILL)
    wait_for(lambda: "clamd ended (status -9): mail waits (451)" in site.output, site)
    assert "End this with Ctrl-C" in site.output
    assert site.listens()


def test_a_clamd_that_answers_is_used_and_left_alone(site: Site, tmp_path: Path) -> None:
    """One that runs already is used, and still runs afterwards."""
    address = Address("127.0.0.1", site.clamd)
    (tmp_path / "other").mkdir()
    folder = own_clamd.own_folder(tmp_path / "other")
    clamd = own_clamd.start(address, folder, own_clamd.TEST_SIGNATURES, 1024)
    try:
        own_clamd.wait_until_ready(clamd, address, folder)
        process = site.run()
        wait_for(site.has_its_scanner, site)
        process.terminate()
        assert process.wait(END_SECONDS) == 0
        assert f"Using the clamd that answers at 127.0.0.1:{site.clamd}." in site.output
        assert site.clamd_answers()
    finally:
        own_clamd.end(clamd)


def test_a_configuration_with_a_mistake_starts_nothing(site: Site) -> None:
    """The mistakes are printed with their lines, the status is not 0, and no clamd was started."""
    _replace(site.config, {"domains:": "domians:"})
    process = site.run()
    assert process.wait(START_SECONDS) != 0
    assert "gateway.yaml:" in site.output
    assert "domians" in site.output
    assert not site.clamd_answers()


def test_without_a_virus_filter_no_clamd_is_started(site: Site) -> None:
    """`mode: off` needs no scanner."""
    _replace(site.config.parent / "filters.yaml", {"      on_error: defer": "      on_error: defer\n      mode: off"})
    site.run()
    wait_for(site.has_its_scanner, site)
    assert "clamd" not in site.output
    assert not site.clamd_answers()
