"""Monitoring of a running gateway: all processes are one exposition, and what a killed worker counted stays."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.monitoring.webhook import signature
from tests.support.servers.gateway import Gateway, send
from tests.support.servers.ports import free_port
from tests.support.servers.webhook_receiver import receiving

MAIL = b"From: a@outside.example\r\nTo: b@example.co.uk\r\nSubject: Hello\r\n\r\nGood day.\r\n"
BLOCKED = MAIL.replace(b"\r\n\r\n", b'\r\nContent-Type: application/octet-stream; name="a.exe"\r\n\r\n', 1)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with Gateway(tmp_path_factory.mktemp("monitored"), http=free_port()) as gateway:
        yield gateway


def get(gateway: Gateway, path: str) -> tuple[int, str]:
    """Return status and body of a page."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{gateway.http}{path}", timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def samples(gateway: Gateway) -> dict[tuple[str, ...], float]:
    """Return the samples of /metrics by name and label values, in the order of the labels' names."""
    _, text = get(gateway, "/metrics")
    return {
        (one.name.removeprefix("mailwarden_"), *(one.labels[key] for key in sorted(one.labels))): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


async def sent(gateway: Gateway, messages: int) -> None:
    """Send messages from as many clients: the kernel spreads them over the workers."""
    answers = await asyncio.gather(
        *(send(gateway.inbound, "a@outside.example", ["b@example.co.uk"], MAIL) for _ in range(messages))
    )
    assert all(answer.startswith("250 ") for answer in answers)


async def test_the_workers_are_one_exposition(gateway: Gateway) -> None:
    """The counts are those of the mail that was sent, and stay so when a worker is killed."""
    await sent(gateway, 8)
    assert (await send(gateway.inbound, "a@outside.example", ["b@example.co.uk"], BLOCKED)).startswith("250 ")
    found = samples(gateway)
    assert found["messages_total", "relay", "inbound", "inbound"] == 8
    assert found["messages_total", "quarantine", "inbound", "inbound"] == 1
    assert found["copies_total", "quarantine", "inbound", "inbound"] == 1
    assert found["replies_total", "inbound", "2xx"] == 9
    assert found["findings_total", "attachment.executable"] == 1
    assert found["filter_seconds_count", "attachments"] == 9
    assert found["stage_seconds_count", "judge"] == 9
    assert found["held_messages",] == 1
    assert found["store_up",] == 1
    assert found["process_up", "worker 1"] == found["process_up", "worker 2"] == found["process_up", "keeper"] == 1
    assert found["process_resident_bytes", "worker 1"] > 10_000_000
    worker = gateway.pids("worker")["worker 1"]
    os.kill(worker, signal.SIGKILL)
    gateway.wait()
    await sent(gateway, 4)
    found = samples(gateway)
    assert found["messages_total", "relay", "inbound", "inbound"] == 12
    assert found["process_restarts_total", "worker 1"] == 1


def test_no_label_has_an_address_or_a_subject(gateway: Gateway) -> None:
    _, text = get(gateway, "/metrics")
    assert "@" not in text
    assert "Hello" not in text


def test_health_and_readiness(gateway: Gateway) -> None:
    assert get(gateway, "/healthz") == (200, "ok\n")
    status, text = get(gateway, "/readyz")
    assert status == 200
    assert "store: ok\n" in text
    assert get(gateway, "/")[0] == 404


def test_status_says_the_same_in_words(gateway: Gateway) -> None:
    """With a next hop that is gone after a reload: the line says which, and what to do; the exit code is 1."""
    done = gateway.cli("status")
    assert done.returncode == 0, done.stdout
    assert "Messages since the start" in done.stdout
    before, gateway.next_hop = gateway.next_hop, f"smtp://127.0.0.1:{free_port()}"
    gateway.write()
    assert gateway.cli("reload").returncode == 0
    (found,) = until(lambda: [one for one in gateway.ask("status")["conditions"] if one["kind"] == "next_hop"])
    assert found["subject"] == gateway.next_hop
    assert get(gateway, "/readyz")[0] == 503
    assert samples(gateway)["next_hop_up", gateway.next_hop] == 0
    assert samples(gateway)["trouble", "next_hop"] == 1
    done = gateway.cli("status")
    assert done.returncode == 1
    assert f"! The next hop {gateway.next_hop} (inbound, outbound) gives no service: " in " ".join(done.stdout.split())
    gateway.next_hop = before
    gateway.write()
    assert gateway.cli("reload").returncode == 0
    assert gateway.cli("status").returncode == 0
    assert get(gateway, "/readyz")[0] == 200


def until(seen: Callable[[], list[Any]]) -> list[Any]:
    """Return what is seen at last."""
    ends = time.monotonic() + 30
    while time.monotonic() < ends:
        if found := seen():
            return found
        time.sleep(0.05)
    raise TimeoutError


def test_a_keeper_that_is_killed_listens_again(gateway: Gateway) -> None:
    """Mail doesn't need it, and what it counted stays."""
    os.kill(gateway.pids("keeper")["keeper"], signal.SIGKILL)
    gateway.wait()
    assert samples(gateway)["messages_total", "quarantine", "inbound", "inbound"] == 1


def test_a_port_that_another_program_has_stops_no_mail(gateway: Gateway, tmp_path: Path) -> None:
    """The gateway starts, takes mail, and `status` says what to do."""
    with Gateway(tmp_path, workers=1, http=gateway.http) as second:
        assert asyncio.run(send(second.inbound, "a@outside.example", ["b@example.co.uk"], MAIL)).startswith("250 ")
        done = second.cli("status")
        assert done.returncode == 1
        assert "give `http:` another one" in " ".join(done.stdout.split())


def test_the_webhook_is_told_of_a_dead_next_hop(tmp_path: Path) -> None:
    """The first look is at the start; the receiver computes the same signature."""
    (tmp_path / "alerts.secret").write_text("s" * 32)
    (tmp_path / "alerts.secret").chmod(0o600)
    with receiving() as receiver:
        hook = f"alerts_to: {{url: '{receiver.url}', secret_file: alerts.secret}}\n"
        hop = f"smtp://127.0.0.1:{free_port()}"
        with Gateway(tmp_path, workers=1, next_hop=hop, more=hook):
            found = until(lambda: [one for one in receiver.taken if json.loads(one[2])["kind"] == "next_hop"])
    _, signed, body = found[0]
    assert json.loads(body) | {"id": "", "at": "", "sentence": ""} == {
        **{"id": "", "at": "", "sentence": "", "event": "trouble.began", "gateway": "gw.example.co.uk"},
        **{"kind": "next_hop", "subject": hop},
    }
    assert signed == signature(b"s" * 32, int(signed.partition(",")[0].removeprefix("t=")), body)
