"""Both configurations on messages: the facts of held mail, the store's memories, processes that end."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest

from gateway import app
from gateway.operations.backtest import trial
from gateway.operations.backtest.messages import Candidate
from gateway.operations.backtest.outcomes import Compared
from gateway.operations.backtest.trial import Comparison, Trial, compare_all, with_directory
from gateway.operations.explain import Unusable
from gateway.settings.models import Settings
from tests.support.servers.gateway import Gateway
from tests.unit.cli.conftest import PLAIN, with_program

HOLD_SCRIPTS = "filters:\n  - attachments: {block: [scripts]}\n"
HOLD_NOTHING = "filters:\n  - attachments: {block: []}\n"


def configured(folder: Path, filters: str, more: str = "") -> Settings:
    return app.read_settings(Gateway(folder, filters=filters, more=more).config)


def facts(direction: str, address: str) -> dict[str, object]:
    copies = [{"address": address, "direction": direction, "notify": None, "orcpt": None}]
    envelope = {"mail_from": "ann@example.co.uk", "smtputf8": False}
    client = {"address": "127.0.0.1", "helo": "pc", "trusted": True}
    at = {"received_at": "2026-11-20T10:00:00+00:00", "listener": "outbound"}
    return {**at, "client": client, "envelope": envelope, "copies": copies}


async def test_a_message_is_judged_by_both(tmp_path: Path) -> None:
    """Held mail with the facts of its arrival, a file with those of its header."""
    running = configured(tmp_path / "a", "filters:\n  - attachments: {block: [executables], directions: [inbound]}\n")
    changed = configured(tmp_path / "b", "filters:\n  - attachments: {block: [executables], directions: [outbound]}\n")
    comparison = await Comparison.open(Trial(running, changed, uses_store=False))
    try:
        inbound = await comparison.compare(Candidate("a.eml", with_program()))
        sent = Candidate("m1", with_program(), facts("outbound", "x@outside.example"))
        outbound = await comparison.compare(sent)
        private = await comparison.compare(Candidate("b.eml", PLAIN.replace(b"Plain", b"Personal: lunch")))
    finally:
        await comparison.close()
    assert (inbound.change, inbound.direction, inbound.sender) == ("no longer held", "inbound", "eve@outside.example")
    assert inbound.running.codes == ("attachment.executable",)
    assert (outbound.change, outbound.direction, outbound.name) == ("newly held", "outbound", "m1")
    assert outbound.changed.held == {"x@outside.example"}
    assert (private.change, private.is_personal, private.sender) == ("as before", True, "")


async def _one(content: bytes) -> AsyncIterator[Candidate]:
    yield Candidate("gone.eml", left_out="no such file")
    yield Candidate("a.eml", content)


async def test_messages_go_to_processes(tmp_path: Path) -> None:
    """One that can't be tried comes back as it is. The process loads the program: this takes its time."""
    terms = Trial(configured(tmp_path / "a", HOLD_NOTHING), configured(tmp_path / "b", HOLD_SCRIPTS), uses_store=False)
    left_out, compared = [one async for one in compare_all(terms, _one(PLAIN), 1)]
    assert left_out == Candidate("gone.eml", left_out="no such file")
    assert isinstance(compared, Compared)
    assert (compared.name, compared.change) == ("a.eml", "as before")


def _die(_: Candidate) -> Compared:
    os._exit(1)


async def test_a_process_that_ends_names_its_messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing hangs, and the person knows what to leave out."""
    monkeypatch.setattr(trial, "_compare", _die)
    settings = configured(tmp_path, HOLD_NOTHING)
    with pytest.raises(Unusable, match=r"leave it out: a\.eml"):
        async for _ in compare_all(Trial(settings, settings, uses_store=False), _one(PLAIN), 1):
            pass


class DiesWhenRead:
    """Terms that end the process which reads them; the octets behind them stay in the pipe."""

    def __init__(self, behind: int) -> None:
        self._behind = bytes(behind)

    def __reduce__(self) -> Any:
        return _exit_instead, (Ends(), self._behind)


class Ends:
    def __reduce__(self) -> Any:
        return os._exit, (1,)


def _exit_instead(*_: object) -> None:
    """Never called: the process has ended."""


@pytest.mark.parametrize("behind", [0, 1 << 20])
async def test_processes_that_cannot_start_are_an_error(behind: int) -> None:
    """Also where more is to be sent to the process than a pipe holds: nothing waits for a dead reader."""
    with pytest.raises(Unusable, match=r"^no process can be started to examine messages: .*run /.*\(cd /\)"):
        async for _ in compare_all(cast("Trial", DiesWhenRead(behind)), _one(PLAIN), 1):
            pass


async def test_an_interpreter_that_cannot_be_run_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As for a user who may not enter its folder; so is one that can't begin."""
    settings = configured(tmp_path, HOLD_NOTHING)
    closed = tmp_path / "python"
    for told in (r"Permission denied", r"ends with status 3"):
        closed.write_text("#!/bin/sh\nexit 3\n")
        monkeypatch.setattr(sys, "executable", str(closed))
        with pytest.raises(Unusable, match=rf"^no process can be started to examine messages: .*{told}"):
            async for _ in compare_all(Trial(settings, settings, uses_store=False), _one(PLAIN), 1):
                pass
        closed.chmod(0o700)


async def test_a_changed_directory_is_compiled_beside(tmp_path: Path) -> None:
    """The running one stays as it is."""
    people = tmp_path / "people.csv"
    people.write_text("name,addresses\nNew Person,new@example.co.uk\n")
    running = configured(tmp_path / "a", HOLD_NOTHING)
    changed = configured(tmp_path / "b", HOLD_NOTHING, more=f"directory: {{csv: {{people: {people}}}}}\n")
    same = Trial(running, running, uses_store=False)
    assert await with_directory(same, tmp_path) is same
    terms = await with_directory(Trial(running, running.taking_over(changed), uses_store=False), tmp_path)
    directory = trial._directory(terms)
    assert directory is not None
    assert directory.person("new@example.co.uk") is not None
    assert not running.data_dir.exists()
