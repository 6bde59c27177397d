"""The running configuration: what processes share, and what a running gateway takes over from a new one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway import app
from gateway.settings.models import Settings
from gateway.settings.shared import RunningSettings

Load = Callable[..., Settings]

READ = (
    "import sys; from gateway.settings.shared import RunningSettings; "
    "print(RunningSettings(int(sys.argv[1])).read().hostname)"
)


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def read(hostname: str = "gw.example.com", more: str = "", name: str = "in", port: int = 2525) -> Settings:
        (tmp_path / "gateway.yaml").write_text(
            "organisation: {name: Example Ltd, domains: [example.com]}\n"
            f'listeners: [{{name: {name}, address: "127.0.0.1:{port}", direction: inbound, next_hop: "maildir:m"}}]\n'
            f"hostname: {hostname}\nfilters: [attachments: {{block: [executables]}}]\n{more}\n"
        )
        return app.read_settings(tmp_path / "gateway.yaml")

    return read


def test_they_are_read_as_they_were_written(load: Load) -> None:
    """Filters with their own settings and the lines of the YAML files too."""
    assert RunningSettings.of(load()).read() == load()


def test_a_shorter_configuration_replaces_a_longer_one(load: Load) -> None:
    """Nothing of the old one is left behind it."""
    running = RunningSettings.of(load(more=f"clauses: {{long: {'x' * 10_000}}}"))
    running.write(load())
    assert running.read() == load()


def test_another_process_reads_what_is_written_last(load: Load) -> None:
    """The process reads by the descriptor that it inherited, at its start and at a reload."""
    running = RunningSettings.of(load())
    for hostname in ("one.example.com", "two.example.com"):
        running.write(load(hostname))
        command = [sys.executable, "-c", READ, str(running.descriptor)]
        said = subprocess.run(command, pass_fds=[running.descriptor], capture_output=True, text=True, check=True)
        assert said.stdout.strip() == hostname


def test_it_has_no_name_in_the_file_system(load: Load) -> None:
    """It ends with the processes that hold it."""
    assert "memfd" in os.readlink(f"/proc/self/fd/{RunningSettings.of(load()).descriptor}")


def test_what_needs_no_restart_is_taken_over(load: Load) -> None:
    """All of it."""
    new = load(more="quarantine_max_bytes: 1GiB\nretention: {audit_days: 7}")
    assert load().taking_over(new) == new


def test_what_needs_a_restart_stays(load: Load) -> None:
    """The rest of the new configuration holds all the same."""
    taken = load().taking_over(load("other.example.com", port=2526, more="workers: 7\nretention: {audit_days: 7}"))
    assert taken == load(more="retention: {audit_days: 7}")


def test_a_listener_that_was_renamed_stays_as_it_is(load: Load) -> None:
    """Its socket is open under the old name."""
    assert load().taking_over(load(name="other")).listeners == load().listeners
