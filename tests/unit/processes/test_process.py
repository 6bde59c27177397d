"""A worker and the keeper as objects: what the supervisor may ask of them at any moment."""

from __future__ import annotations

import asyncio
import gc
import json
import socket
import threading
import weakref
from pathlib import Path
from typing import Literal

import pytest

from gateway import app
from gateway.assemble.store import open_store
from gateway.language_model.process_model import OF_A_COMMAND, ProcessModel
from gateway.processes.process import KeeperProcess, Order, Process, Worker
from gateway.settings.shared import RunningSettings
from tests.support.builders.weights import write_weights

CONFIGURATION = """organisation: {name: Example Ltd, domains: [example.com]}
listeners: [{name: in, address: "127.0.0.1:2525", direction: inbound, next_hop: "maildir:m"}]
filters: [attachments: {block: [executables]}]
"""


@pytest.mark.parametrize(("role", "kind"), [("worker", Worker), ("keeper", KeeperProcess)])
async def test_a_reload_before_the_work_begins(
    tmp_path: Path, role: Literal["worker", "keeper"], kind: type[Process]
) -> None:
    """The supervisor may send it while the process starts: the work begins with what it brought."""
    (tmp_path / "gateway.yaml").write_text(CONFIGURATION)
    settings = app.read_settings(tmp_path / "gateway.yaml")
    running = RunningSettings.of(settings)
    store = await open_store(settings, create=True)
    process = kind(Order(role, str(tmp_path / "gateway.yaml"), 1, running.descriptor), store, settings)
    running.write(settings.model_copy(update={"hostname": "new.example.com"}))
    await process.reload()
    assert process.parts.settings.hostname == "new.example.com"
    assert (await process.status())["role"] == role
    await process.parts.pool.close()
    await store.close()


async def test_mail_goes_on_while_a_reload_compiles_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The event loop runs meanwhile, and the parts change when all is compiled."""
    (tmp_path / "gateway.yaml").write_text(CONFIGURATION)
    settings = app.read_settings(tmp_path / "gateway.yaml")
    running = RunningSettings.of(settings)
    store = await open_store(settings, create=True)
    process = Worker(Order("worker", str(tmp_path / "gateway.yaml"), 1, running.descriptor), store, settings)
    before, went_on = process.parts, threading.Event()
    seen = []

    def compile_rules(*_: object) -> None:
        seen.append((went_on.wait(10), process.parts is before))

    monkeypatch.setattr(app, "compile_rules", compile_rules)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(process.reload())
        await asyncio.sleep(0)
        went_on.set()
    assert seen == [(True, True)]
    assert process.parts is not before
    await process.parts.pool.close()
    await store.close()


async def test_a_reload_switches_the_journal(tmp_path: Path) -> None:
    """On and off without a restart; its trouble is in the status of the process."""
    (tmp_path / "gateway.yaml").write_text(CONFIGURATION)
    off = app.read_settings(tmp_path / "gateway.yaml")
    (tmp_path / "journal.key").write_text("01" * 32)
    (tmp_path / "journal.key").chmod(0o600)
    (tmp_path / "gateway.yaml").write_text(f"{CONFIGURATION}journal: {{days: 7, key_file: journal.key}}\n")
    on = app.read_settings(tmp_path / "gateway.yaml")
    running = RunningSettings.of(off)
    store = await open_store(off, create=True)
    process = Worker(Order("worker", str(tmp_path / "gateway.yaml"), 1, running.descriptor), store, off)
    for settings, is_on in ((on, True), (off, False)):
        running.write(settings)
        await process.reload()
        assert process.parts.journal.is_on is is_on
    process.parts.journal.trouble = "It is full."
    assert process.own_warnings() == {"journal": "It is full."}
    await process.parts.pool.close()
    await store.close()


async def test_a_reload_switches_the_language_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Off and on without a restart; while it stays on it keeps its process. Its trouble is in the status."""
    (tmp_path / "gateway.yaml").write_text(CONFIGURATION)
    on = app.read_settings(tmp_path / "gateway.yaml")
    off = on.model_copy(update={"models": "off"})
    weights = write_weights(tmp_path / "weights.onnx")
    monkeypatch.setattr(
        app, "build_language_model", lambda *_, **__: ProcessModel("confined", patience=OF_A_COMMAND, weights=weights)
    )
    running = RunningSettings.of(on)
    store = await open_store(on, create=True)
    process = Worker(Order("worker", str(tmp_path / "gateway.yaml"), 1, running.descriptor), store, on)
    model = process.parts.language_model
    await model.start()
    for settings, processes in ((on, 1), (off, 0), (on, 0)):
        running.write(settings)
        await process.reload()
        assert process.parts.language_model is model
        gauges = {name: value for name, _, value in (await process.measures())["gauges"]}
        assert gauges["language_model_processes"] == processes
    weights.unlink()
    await model.start()
    assert "there is no file" in process.own_warnings()["language model"]
    await process.parts.pool.close()
    await store.close()


async def test_a_worker_has_the_model_ready_where_a_filter_asks_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And only there: a process takes memory."""
    (tmp_path / "gateway.yaml").write_text(CONFIGURATION)
    settings = app.read_settings(tmp_path / "gateway.yaml")
    running = RunningSettings.of(settings)
    store = await open_store(settings, create=True)
    process = Worker(Order("worker", str(tmp_path / "gateway.yaml"), 1, running.descriptor), store, settings)
    started: list[bool] = []

    async def start() -> None:
        started.append(True)

    monkeypatch.setattr(process.parts.language_model, "start", start)
    for asks in (False, True):
        monkeypatch.setattr("gateway.processes.process.asks_language_model", lambda _, asks=asks: asks)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await process._have_language_model()
        assert started == [True] * asks
    await process.parts.pool.close()
    await store.close()


async def test_what_a_reload_replaces_is_let_go_at_once(tmp_path: Path) -> None:
    """Compiled rules and all: the keeper makes so few objects that the collector would come after twenty reloads."""
    (tmp_path / "gateway.yaml").write_text(f"{CONFIGURATION}http: off\n")
    settings = app.read_settings(tmp_path / "gateway.yaml")
    running = RunningSettings.of(settings)
    store = await open_store(settings, create=True)
    process = KeeperProcess(Order("keeper", str(tmp_path / "gateway.yaml"), 1, running.descriptor), store, settings)
    process.take_up()
    gc.disable()
    try:
        replaced = []
        for _ in range(3):
            replaced.append(weakref.ref(process.parts.judge))
            await process.reload()
        assert [judge() for judge in replaced] == [None, None, None]
    finally:
        gc.enable()
    await process.parts.pool.close()
    await store.close()


class FirstMoment(Process):
    """Its work asks the supervisor at once, as the keeper's does when somebody waits at the control socket."""

    async def work(self, tasks: asyncio.TaskGroup) -> None:
        self.heard = await self.channel.ask("status", seconds=5)

    def reconfigure(self) -> None:
        raise AssertionError("nobody reloads it")


async def test_a_question_for_the_supervisor_in_the_first_moment(tmp_path: Path) -> None:
    """`mailwarden status` right after a restart of the keeper is answered, not told that the supervisor has gone."""
    (tmp_path / "gateway.yaml").write_text(CONFIGURATION)
    settings = app.read_settings(tmp_path / "gateway.yaml")
    store = await open_store(settings, create=True)
    supervisor, theirs = socket.socketpair()
    order = Order("keeper", str(tmp_path / "gateway.yaml"), 1, -1, channel=theirs.detach())
    process = FirstMoment(order, store, settings)
    running = asyncio.ensure_future(process.run())
    supervisor.setblocking(False)
    loop = asyncio.get_running_loop()
    first, _, _ = (await loop.sock_recv(supervisor, 4096)).partition(b"\n")  # the filters' warnings follow
    asked = json.loads(first)
    await loop.sock_sendall(supervisor, json.dumps({"answer": asked["number"], "result": "all"}).encode() + b"\n")
    await running
    assert process.heard == "all"
    supervisor.close()
    await store.close()
