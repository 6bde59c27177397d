"""The monitor: readiness by policy, and the store's figures among the measurements."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway import app
from gateway.assemble.store import open_store
from gateway.contract import Unreachable
from gateway.measures.measures import MEASURES, Measures
from gateway.monitoring.health import Health
from gateway.monitoring.monitor import Monitor
from gateway.remember.database.errors import StoreUnavailable
from gateway.settings.models import Settings
from tests.support.builders.judgement import FakeClock
from tests.support.servers.name_server import NameServer
from tests.support.servers.ports import free_port

CONFIGURATION = """organisation: {{name: Example Ltd, domains: [example.com]}}
listeners:
  - {{name: in, address: "127.0.0.1:2525", direction: inbound, next_hop: ["smtp://127.0.0.1:{a}", "smtp://127.0.0.1:{b}"]}}
filters:
  - virus: {{clamd: /nowhere}}
  - attachments: {{block: [executables]}}
{more}
"""


class Bench:
    """A monitor on a real store, with a supervisor and filters' warnings of the test's own."""

    def __init__(self, parts: app.Components) -> None:
        self.parts = parts
        self.warnings: dict[str, str] = {}
        self.up: Mapping[str, float] = {"worker 1": 0.0, "worker 2": 1.0, "keeper": 1.0}
        self.away = False
        self.monitor = Monitor(parts, Health(parts), self._ask, lambda: self.warnings)

    async def _ask(self, _: str) -> Any:
        if self.away:
            raise ConnectionError("no answer to measures")
        measures = Measures()
        measures.count("findings", "virus.found")
        for process, value in self.up.items():
            measures.gauge("process_up", process, value=value)
        return measures.snapshot()


def settings_in(folder: Path, more: str = "") -> Settings:
    (folder / "gateway.yaml").write_text(CONFIGURATION.format(a=free_port(), b=free_port(), more=more))
    return app.read_settings(folder / "gateway.yaml")


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    settings = settings_in(tmp_path)
    store = await open_store(settings, create=True)
    yield Bench(app.build(settings, store, quiet=True, clock=FakeClock()))
    await store.close()


async def test_ready(bench: Bench) -> None:
    answer = await bench.monitor.readyz()
    assert (answer.status, answer.body.decode()) == (
        200,
        "store: ok\nworkers: ok\nfilter virus: ok\nfilter attachments: ok\nnext hop of in: ok\n",
    )
    assert (await bench.monitor.healthz()).status == 200


async def test_a_chain_of_next_hops_is_well_while_one_takes_mail(bench: Bench) -> None:
    """Nobody listens at either port; the second is the one that counts."""
    first, second = bench.parts.routes.chains["in"]
    await bench.parts.relay.learn((first,))
    assert (await bench.monitor.readyz()).status == 200
    await bench.parts.relay.learn((second,))
    answer = await bench.monitor.readyz()
    assert answer.status == 503
    assert f"next hop of in: {first}: " in answer.body.decode()
    assert next(row for row in MEASURES.snapshot()["states"] if row[1] == (str(second),))[2][0] == 0
    bench.parts.relay._said.clear()


async def test_a_scanner_that_is_away_counts_where_mail_waits_for_it(bench: Bench) -> None:
    """A doubt about it is no absence; and with `on_error: accept` mail goes on."""
    bench.warnings = {"virus": "It is blind."}
    assert (await bench.monitor.readyz()).status == 200
    bench.warnings = {"virus": Unreachable("It is away.")}
    answer = await bench.monitor.readyz()
    assert (answer.status, b"filter virus: It is away.\n" in answer.body) == (503, True)


async def test_a_scanner_that_is_away_and_lets_mail_pass(tmp_path: Path) -> None:
    (tmp_path / "gateway.yaml").write_text(
        CONFIGURATION.format(a=1, b=2, more="").replace("{clamd: /nowhere}", "{clamd: /nowhere, on_error: accept}")
    )
    settings = app.read_settings(tmp_path / "gateway.yaml")
    store = await open_store(settings, create=True)
    bench = Bench(app.build(settings, store, quiet=True))
    bench.warnings = {"virus": Unreachable("It is away.")}
    assert (await bench.monitor.readyz()).status == 200
    await store.close()


async def test_no_worker_and_no_supervisor(bench: Bench) -> None:
    bench.up = {"worker 1": 0.0, "keeper": 1.0}
    answer = await bench.monitor.readyz()
    assert (answer.status, b"workers: no worker answers\n" in answer.body) == (503, True)
    bench.away = True
    for page in bench.monitor.pages.values():
        assert (await page("")).status == 503


async def test_a_store_that_is_away(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its sizes are left out: 0 would be a lie. It is asked anew each time, until it answers."""

    async def away() -> Any:
        raise StoreUnavailable("connection refused")

    monkeypatch.setattr(bench.parts.store, "figures", away)
    answer = await bench.monitor.readyz()
    assert (answer.status, b"store: connection refused\n" in answer.body) == (503, True)
    text = (await bench.monitor.metrics()).body.decode()
    assert "mailwarden_store_up 0.0\n" in text
    assert "mailwarden_held_messages " not in text
    monkeypatch.undo()
    assert "mailwarden_store_up 1.0\n" in (await bench.monitor.metrics()).body.decode()


async def test_ages(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = await bench.parts.store.figures()
    old = bench.parts.clock.now() - timedelta(hours=2)

    async def aged() -> Any:
        return {**figures, "oldest_held_at": old, "oldest_outbox_at": None}

    monkeypatch.setattr(bench.parts.store, "figures", aged)
    text = (await bench.monitor.metrics()).body.decode()
    assert "mailwarden_oldest_held_seconds 7200.0\n" in text
    assert "mailwarden_oldest_outbox_seconds 0.0\n" in text
    assert 'mailwarden_findings_total{code="virus.found"} 1.0\n' in text


def test_the_dns_is_asked_about_our_domain(tmp_path: Path) -> None:
    """The answer and its time are measured. A server that refuses gives none."""
    with NameServer(["example.com. MX 10 mx.example.com."]) as server:
        dns = f'authentication: {{verify: true, nameservers: ["127.0.0.1:{server.port}"]}}'
        assert asyncio.run(dns_up(settings_in(tmp_path, dns))) == 1
        text = (tmp_path / "gateway.yaml").read_text().replace("example.com", "refused.example")
        (tmp_path / "gateway.yaml").write_text(text)
        assert asyncio.run(dns_up(app.read_settings(tmp_path / "gateway.yaml"))) == 0


async def dns_up(settings: Settings) -> float:
    """Return the state of the DNS after one question."""
    store = await open_store(settings, create=True)
    MEASURES.clear()
    await Bench(app.build(settings, store, quiet=True)).monitor.ask_dns()
    await store.close()
    ((_, _, (up, _)),) = [row for row in MEASURES.snapshot()["states"] if row[0] == "dns_up"]
    return float(up)
