"""Alerts: troubles that begin and end, and held messages that somebody must verify."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway import app
from gateway.assemble.store import open_store
from gateway.measures.measures import Measures, Snapshot
from gateway.monitoring import alerts
from gateway.monitoring.alerts import AT_START, Alerts
from gateway.monitoring.health import Health
from gateway.monitoring.webhook import Target, Webhook
from gateway.remember.store import Store
from tests.support.builders.judgement import FakeClock
from tests.unit.remember.conftest import Make

CONFIGURATION = """organisation: {name: Example Ltd, domains: [example.com]}
hostname: gw.example.com
listeners: [{name: in, address: "127.0.0.1:2525", direction: inbound, next_hop: "maildir:m"}]
alerts_to: {url: "https://alerts.example.com/", secret_file: secret}
filters: [payment_change, attachments: {block: [executables]}]
"""


class Told(Webhook):
    """Webhook that keeps what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.alerts: list[dict[str, Any]] = []

    def put(self, alert: Any, *, by_mail: bool = False) -> None:
        assert by_mail == (alert["event"] == "payment.held")
        self.alerts.append(json.loads(json.dumps(alert)))

    def events(self) -> list[tuple[str, str]]:
        """Return the events since the last call, each with its subject or the message's id."""
        found = [(one["event"], one.get("subject", one.get("message"))) for one in self.alerts]
        self.alerts.clear()
        return found


class Bench:
    def __init__(self, store: Store, parts: app.Components) -> None:
        self.store, self.clock = store, parts.clock
        self.warnings: dict[str, str] = {}
        self.away = False
        self.told = Told()
        self.alerts = Alerts(self.told, self._state)
        self.alerts.configure(parts, Health(parts))

    async def _state(self) -> tuple[dict[str, Any], Snapshot]:
        if self.away:
            raise ConnectionError("no answer to status")
        return {"processes": [{"name": "worker 1", "warnings": self.warnings}]}, Measures().snapshot()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    (tmp_path / "secret").write_text("s" * 32)
    (tmp_path / "secret").chmod(0o600)
    (tmp_path / "gateway.yaml").write_text(CONFIGURATION)
    settings = app.read_settings(tmp_path / "gateway.yaml")
    store = await open_store(settings, create=True)
    yield Bench(store, app.build(settings, store, quiet=True, clock=FakeClock()))
    await store.close()


async def test_a_trouble_is_told_when_it_begins_and_when_it_ends(bench: Bench) -> None:
    """Once each, whatever its sentence counts; the webhook's own trouble can't be told to it."""
    await bench.alerts.look()
    assert bench.told.events() == []
    bench.warnings = {"virus": "It is away.", "alerts": "The webhook takes no alerts."}
    await bench.alerts.look()
    assert bench.told.alerts[0]["sentence"] == "worker 1: virus: It is away."
    assert bench.told.alerts[0]["gateway"] == "gw.example.com"
    assert bench.told.events() == [("trouble.began", "virus")]
    await bench.alerts.look()
    bench.away = True
    await bench.alerts.look()  # nothing is known: nothing has ended
    bench.away = False
    assert bench.told.events() == []
    bench.warnings = {}
    await bench.alerts.look()
    assert bench.told.events() == [("trouble.ended", "virus")]


async def test_a_held_payment_change_is_told_once(bench: Bench) -> None:
    """Not one that is held for something else, nor one of long ago; nothing of the message is in it."""
    now = bench.clock.now()
    await _hold(bench, "m1", "payment_change.wording", now)
    await _hold(bench, "m2", "attachment.executable", now)
    await _hold(bench, "m3", "payment_change.wording", now - AT_START - timedelta(seconds=1))
    await bench.alerts.look()
    (alert,) = bench.told.alerts
    assert set(alert) == {"id", "event", "gateway", "at", "message", "codes", "direction"}
    assert (alert["event"], alert["message"], alert["codes"]) == ("payment.held", "m1", ["payment_change.wording"])
    bench.told.alerts.clear()
    await bench.alerts.look()
    assert bench.told.events() == []
    await _hold(bench, "m4", "payment_change.wording", now)
    await bench.alerts.look()
    assert bench.told.events() == [("payment.held", "m4")]


async def test_among_many_held_messages_each_is_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """With other held mail nobody hides one."""
    monkeypatch.setattr(alerts, "HELD_AT_ONCE", 2)
    now = bench.clock.now()
    await _hold(bench, "m0", "payment_change.wording", now - timedelta(seconds=1))
    for number in range(1, 5):
        await _hold(bench, f"m{number}", "attachment.executable", now)
    await bench.alerts.look()
    assert bench.told.events() == [("payment.held", "m0")]


async def _hold(bench: Bench, id: str, code: str, received_at: Any) -> None:
    entry = Make().entry(id, codes=(code,), received_at=received_at)
    await bench.store.quarantine.hold(entry, b"content")


def test_the_target_does_not_show_its_secret() -> None:
    assert "hush" not in repr(Target("https://a.example/", b"hush"))
