"""The measurements in short."""

from __future__ import annotations

import pytest

from gateway.measures.measures import Measures
from gateway.monitoring.summary import memory, messages, services


def test_services_and_messages() -> None:
    measures = Measures()
    measures.state("next_hop_up", "smtp://a:25", value=0)  # a worker's last attempt, before the keeper's
    measures.state("next_hop_up", "smtp://b:25", value=1)
    measures.state("next_hop_up", "smtp://of-before-the-reload:25", value=1)
    measures.state("scanner_up", "/clamd", value=1)
    measures.state("scanner_signatures_timestamp_seconds", "/clamd", value=1_780_000_000)
    measures.state("dns_up", value=0)
    measures.observe("dns_seconds", seconds=1)
    measures.observe("dns_seconds", seconds=2)
    measures.gauge("sandbox_processes", value=2)
    measures.gauge("process_resident_bytes", "keeper", value=1000)
    measures.observe("sandbox_seconds", seconds=0.5)
    measures.count("sandbox_troubles")
    measures.count("messages", "in", "inbound", "relay", amount=3)
    found = services(measures.snapshot(), {"smtp://b:25": "refused"}, {"smtp://a:25", "smtp://b:25"})
    assert [(one["name"], one["up"], one["seconds"], one["remark"]) for one in found] == [
        ("DNS", False, 1.5, ""),
        ("next hop smtp://a:25", True, None, ""),
        ("next hop smtp://b:25", False, None, "refused"),
        ("scanner /clamd", True, None, "signatures of 2026-05-28"),
        ("sandbox", True, 0.5, "2 processes, 1 messages not opened"),
        ("language model", True, None, "no filter has asked it yet"),
    ]
    assert memory(measures.snapshot()) == {"keeper": 1000}
    assert messages(measures.snapshot()) == [
        {"listener": "in", "direction": "inbound", "action": "relay", "messages": 3}
    ]


@pytest.mark.parametrize(
    ("models", "warnings", "up", "remark"),
    [
        (True, {}, True, "ready, 2 processes"),
        (True, {"language model": "it is away"}, False, "it is away"),
        (False, {}, None, "models: off"),
    ],
)
def test_the_language_model(models: bool, warnings: dict[str, str], up: bool | None, remark: str) -> None:
    """Ready, away and why, or off: in a line."""
    measures = Measures()
    measures.gauge("language_model_processes", value=2)
    measures.observe("language_model_seconds", seconds=0.25)
    running = {"processes": [{"name": "keeper"}, {"name": "worker 1", "warnings": warnings}]}
    *_, found = services(measures.snapshot(), {}, (), running, models=models)
    assert found == {"name": "language model", "up": up, "seconds": 0.25, "remark": remark}


def test_without_a_gateway_nothing_is_known() -> None:
    assert services(None, {}, ()) == []
    assert messages(None) == []
