"""A real Prometheus scrapes a running gateway; it reads the dashboard's expressions, and an alert fires."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from gateway.measures.catalogue import METRICS
from tests.support.servers.gateway import Gateway, send
from tests.support.servers.ports import free_port
from tests.support.servers.prometheus import PROMTOOL, Prometheus
from tests.support.servers.sink import Sink

PROJECT = Path(__file__).resolve().parents[2]
ALERTS = PROJECT / "docs/monitoring/alerts.yaml"
MAIL = b"From: a@outside.example\r\nTo: b@example.co.uk\r\nSubject: Hello\r\n\r\nGood day.\r\n"
EXPRESSIONS = re.findall(
    r'"expr": ("(?:[^"\\]|\\.)*")', (PROJECT / "docs/monitoring/dashboard.json").read_text("utf-8")
)


def promtool(*arguments: str) -> None:
    assert PROMTOOL, "promtool is not installed"
    done = subprocess.run([PROMTOOL, *arguments], capture_output=True, text=True, check=False, cwd=PROJECT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_rules_are_right_and_fire() -> None:
    promtool("check", "rules", str(ALERTS))
    promtool("test", "rules", "tests/support/monitoring/alerts_test.yaml")


def test_dashboard_and_rules_know_the_metrics() -> None:
    """Each name that they use is in the catalogue, and the dashboard shows every metric."""
    shown = {
        f"mailwarden_{name}" + {"counter": "_total", "histogram": "_bucket"}.get(metric.kind, "")
        for name, metric in METRICS.items()
    }
    used = {name for text in map(json.loads, EXPRESSIONS) for name in re.findall(r"mailwarden_\w+", text)}
    assert used == shown
    assert set(re.findall(r"(mailwarden_\w+)[ {\[]", ALERTS.read_text("utf-8"))) <= shown


async def test_prometheus_sees_what_happens(tmp_path: Path) -> None:
    """Mail is counted; an alert fires while there is no next hop. Each expression of the dashboard can be read."""
    rules = tmp_path / "alerts.yaml"
    rules.write_text(re.sub(r"for: \d+m", "for: 0s", ALERTS.read_text("utf-8")))
    hop = f"smtp://127.0.0.1:{free_port()}"
    async with Gateway(tmp_path / "gateway", next_hop=hop, workers=1, http=free_port()) as gateway:
        with Prometheus(tmp_path / "prometheus", gateway.http, rules) as prometheus:
            (fired,) = await prometheus.seen('ALERTS{alertname="MailwardenNextHopDown", alertstate="firing"}')
            assert fired["metric"]["hop"] == hop
            async with Sink(port=int(hop.rpartition(":")[2])):
                await prometheus.seen("mailwarden_next_hop_up == 1")
                answer = await send(gateway.inbound, "a@outside.example", ["b@example.co.uk"], MAIL)
                assert answer.startswith("250 ")
                (sample,) = await prometheus.seen("mailwarden_messages_total == 1")
            assert sample["metric"]["action"] == "relay"
            for expression in EXPRESSIONS:
                prometheus.query(_filled_in(json.loads(expression)))


def _filled_in(expression: str) -> str:
    """Return an expression as Grafana sends it."""
    return expression.replace("$instance", ".*").replace("$__rate_interval", "1m")
