"""A worker and the keeper as objects: what the supervisor may ask of them at any moment."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from gateway import app
from gateway.process import KeeperProcess, Order, Process, Worker
from gateway.running import RunningSettings

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
    store = await app.open_store(settings, create=True)
    process = kind(Order(role, str(tmp_path / "gateway.yaml"), 1, running.descriptor), store, settings)
    running.write(settings.model_copy(update={"hostname": "new.example.com"}))
    await process.reload()
    assert process.parts.settings.hostname == "new.example.com"
    assert (await process.status())["role"] == role
    await process.parts.pool.close()
    await store.close()
