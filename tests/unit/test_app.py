"""A worker's share of the limits that hold for the whole gateway."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway import app
from gateway.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "gateway.yaml").write_text(
        "organisation: {name: Example Ltd, domains: [example.com]}\n"
        'listeners: [{name: in, address: "127.0.0.1:2525", direction: inbound, next_hop: "maildir:mail"}]\n'
        "limits: {connections: 1000, connections_per_client: 50, bytes_in_flight: 512MiB}\n"
    )
    return app.read_settings(tmp_path / "gateway.yaml")


def test_a_single_worker_has_the_limits_as_they_are(settings: Settings) -> None:
    """There is nothing to share."""
    share = app.capacity(settings, 1)
    assert (share.connections, share.connections_per_client, share.bytes_in_flight) == (1000, 50, 512 * 2**20)


@pytest.mark.parametrize(("workers", "connections", "per_client"), [(2, 590, 45), (4, 314, 27), (16, 95, 11)])
def test_several_workers_leave_room_for_an_uneven_spread(
    settings: Settings, workers: int, connections: int, per_client: int
) -> None:
    """The kernel gives each connection to a worker by chance: a client below the limit must not be turned away."""
    share = app.capacity(settings, workers)
    assert (share.connections, share.connections_per_client) == (connections, per_client)


def test_waiting_for_the_sandbox_leaves_the_filters_their_time(settings: Settings) -> None:
    """A quarter of what there is for judging, however long a message has waited."""
    unfolder = app.build_unfolder(settings, app.build_pool(settings))
    assert unfolder._wait_seconds == 45
    assert settings.limits.judge_seconds == 60


def test_every_worker_has_room_for_the_largest_message(settings: Settings) -> None:
    """However many there are."""
    assert app.capacity(settings, 64).bytes_in_flight == settings.limits.message_bytes
