"""Conditions: each appears at its limit, and its sentence says what to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.monitoring import conditions
from gateway.monitoring.conditions import (
    CERTIFICATE_NOTICE,
    OLD_SIGNATURES,
    STUCK_OUTBOX,
    Certificate,
    Condition,
    of_certificates,
    of_disk,
    of_keys,
    of_next_hops,
    of_processes,
    of_signatures,
    of_store,
)

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
WELL: dict[str, Any] = {
    "quarantine_full": False,
    "disk_full": False,
    "held_bytes": 3 * 2**20,
    "quarantine_max_bytes": 10 * 2**30,
    "disk_free_bytes": 2**20,
    "disk_reserve_bytes": 100 * 2**20,
    "oldest_outbox_at": None,
    "outbox_rows": 4,
}


def store(**more: Any) -> list[Condition]:
    return list(of_store({**WELL, **more}, NOW))


def test_a_store_that_is_well_and_one_that_is_away() -> None:
    assert store() == []
    (away,) = of_store("connection refused", NOW)
    assert away.sentence == "The store is away: mail that must be held or looked up gets 451. connection refused"


def test_a_full_quarantine_and_a_full_disk() -> None:
    """They are different troubles; the disk of a database server is out of sight."""
    (full,) = store(quarantine_full=True)
    assert full.sentence.startswith("The quarantine is full (3 MiB of 10.0 GiB): messages that must be held get 452.")
    (disk,) = store(disk_full=True)
    assert disk.sentence.startswith("The disk of the store is full (1 MiB free; less than 100 MiB counts as full): ")
    (server,) = store(disk_full=True, disk_free_bytes=None)
    assert server.sentence.startswith("The disk of the store is full: ")
    (own,) = of_disk(99, 100)
    assert (own.kind, own.subject) == ("disk_full", "data_dir")
    assert list(of_disk(100, 100)) == []


@pytest.mark.parametrize(("age", "stuck"), [(STUCK_OUTBOX, False), (STUCK_OUTBOX + SECOND, True)])
def test_a_stuck_outbox(age: timedelta, stuck: bool) -> None:
    found = store(oldest_outbox_at=NOW - age)
    assert [one.kind for one in found] == (["outbox"] if stuck else [])
    assert all("4 messages and notices wait, the oldest since 2 hours" in one.sentence for one in found)


def test_a_warning_of_several_processes_is_said_once() -> None:
    """The line names all processes that have the warning."""
    running = [
        {"name": "worker 1", "warnings": {"virus": "It is away."}},
        {"name": "worker 2", "warnings": {"virus": "It is away."}},
        {"name": "keeper", "trouble": "it doesn't answer", "warnings": {}},
    ]
    assert list(of_processes({"processes": running})) == [
        Condition("service", "virus", "worker 1, worker 2: virus: It is away."),
        Condition("process", "keeper", "keeper: it doesn't answer"),
    ]
    assert list(of_processes(None)) == []


def test_next_hops() -> None:
    """The effect depends on the others of the list; one that no list has any more is no trouble."""
    chains = {"in": ["smtp://a:25", "smtp://b:25"], "out": ["smtp://c:25"]}
    (one,) = of_next_hops({"smtp://a:25": "refused"}, chains)
    assert "The next hop smtp://a:25 (in) gives no service: refused; mail goes to the next one" in one.sentence
    found = list(of_next_hops({"smtp://a:25": "refused", "smtp://b:25": "silent", "smtp://gone:25": "x"}, chains))
    assert [one.subject for one in found] == ["smtp://a:25", "smtp://b:25"]
    assert all("gets 451, or waits in the outbox. Start it" in one.sentence for one in found)


@pytest.mark.parametrize(("age", "old"), [(OLD_SIGNATURES, False), (OLD_SIGNATURES + SECOND, True)])
def test_old_signatures(age: timedelta, old: bool) -> None:
    found = list(of_signatures({"/run/clamd.ctl": (NOW - age).timestamp()}, NOW))
    assert [one.kind for one in found] == (["signatures"] if old else [])
    assert all("are 7 days old" in one.sentence and "freshclam" in one.sentence for one in found)


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (CERTIFICATE_NOTICE + SECOND, ""),
        (CERTIFICATE_NOTICE, "ends in 14 days. Renew it, and reload."),
        (-SECOND, "ended on 2026-05-31. Renew it, and reload."),
    ],
)
def test_a_certificate(left: timedelta, said: str) -> None:
    found = list(of_certificates({"in": Certificate(Path("/tls.pem"), NOW + left, NOW + left)}, NOW))
    assert [one.sentence for one in found] == ([f"The certificate of in (/tls.pem) {said}"] if said else [])


def test_a_certificate_that_is_renewed_and_not_in_use() -> None:
    renewed = Certificate(Path("/tls.pem"), NOW + SECOND, NOW + timedelta(days=90))
    (found,) = of_certificates({"in": renewed}, NOW)
    assert "`mailwarden reload` takes it over" in found.sentence


def test_keys() -> None:
    assert list(of_keys({"secret.key": "it is gone."})) == [
        Condition("key", "secret.key", "Key secret.key: it is gone.")
    ]
    assert conditions._size(None) == "no limit"
