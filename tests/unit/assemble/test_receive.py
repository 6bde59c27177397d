"""The listeners as configured, and a worker's share of the limits that hold for the whole gateway."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from gateway import app
from gateway.assemble.receive import build_listeners, capacity, worker_count
from gateway.assemble.services import build_directory
from gateway.settings.models import Settings
from tests.support.servers.receiver import self_signed


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "gateway.yaml").write_text(
        "organisation: {name: Example Ltd, domains: [example.com]}\n"
        "listeners:\n"
        '  - {name: in, address: "127.0.0.1:2525", direction: inbound, next_hop: "maildir:mail"}\n'
        '  - {name: out, address: "127.0.0.1:2587", direction: outbound, trusted_networks: [127.0.0.0/8],\n'
        '     next_hop: "maildir:mail", bare_newline: refuse}\n'
        "limits: {connections: 1000, connections_per_client: 50, bytes_in_flight: 512MiB, recipients: 7}\n"
    )
    return app.read_settings(tmp_path / "gateway.yaml")


# --- listeners -------------------------------------------------------------------------------------------------------


def test_every_listener_has_its_own_access_and_the_common_limits(settings: Settings) -> None:
    """Without a certificate none of them offers TLS."""
    listeners = build_listeners(settings, build_directory(settings))
    assert {name: one.access.direction for name, one in listeners.items()} == {"in": "inbound", "out": "outbound"}
    assert [one.refuse_bare_newline for one in listeners.values()] == [False, True]
    assert {one.limits.recipients for one in listeners.values()} == {7}
    assert {one.access.home_domain for one in listeners.values()} == {"example.com"}
    assert {one.tls for one in listeners.values()} == {None}


def test_a_listener_for_a_tenant_asks_for_a_certificate(tmp_path: Path) -> None:
    """One that is shown is verified; other listeners ask for none."""
    self_signed(tmp_path)
    (tmp_path / "gateway.yaml").write_text(
        "organisation: {name: Example Ltd, domains: [example.com]}\n"
        "listeners:\n"
        '  - {name: cloud, address: "127.0.0.1:2525", direction: outbound, next_hop: "maildir:mail",\n'
        "     certificate: certificate.pem, key: key.pem,\n"
        "     tenant: {microsoft365: {id: 72f988bf-86f1-41af-91ab-2d7cd011db47, authorities: certificate.pem}}}\n"
        '  - {name: out, address: "127.0.0.1:2587", direction: outbound, next_hop: "maildir:mail",\n'
        "     implicit_tls: true, certificate: certificate.pem, key: key.pem, proxies: [10.0.0.1],\n"
        "     proxy_protocol: true, trust_proxy_logins: true}\n"
    )
    settings = app.read_settings(tmp_path / "gateway.yaml")
    cloud, out = build_listeners(settings, build_directory(settings)).values()
    assert cloud.tls
    assert out.tls
    assert (cloud.tls.verify_mode, out.tls.verify_mode) == (ssl.CERT_OPTIONAL, ssl.CERT_NONE)
    assert [one["subject"] for one in cloud.tls.get_ca_certs()] == [((("commonName", "localhost"),),)]
    assert (cloud.shared, cloud.implicit_tls, cloud.proxy_protocol, cloud.access.trusts_logins) == (True, *[False] * 3)
    assert (out.shared, out.implicit_tls, out.proxy_protocol, out.access.trusts_logins) == (False, *[True] * 3)


# --- the share of a worker -------------------------------------------------------------------------------------------


def test_a_single_worker_has_the_limits_as_they_are(settings: Settings) -> None:
    """There is nothing to share."""
    share = capacity(settings, 1)
    assert (share.connections, share.connections_per_client, share.bytes_in_flight) == (1000, 50, 512 * 2**20)


@pytest.mark.parametrize(("workers", "connections", "per_client"), [(2, 590, 45), (4, 314, 27), (16, 95, 11)])
def test_several_workers_leave_room_for_an_uneven_spread(
    settings: Settings, workers: int, connections: int, per_client: int
) -> None:
    """The kernel gives each connection to a worker by chance: a client below the limit must not be turned away."""
    share = capacity(settings, workers)
    assert (share.connections, share.connections_per_client) == (connections, per_client)


def test_every_worker_has_room_for_the_largest_message(settings: Settings) -> None:
    """However many there are."""
    assert capacity(settings, 64).bytes_in_flight == settings.limits.message_bytes


def test_the_command_line_says_how_many_workers_there_are(settings: Settings) -> None:
    """Then the setting, then the cores."""
    assert worker_count(settings, 3) == 3
    assert worker_count(settings.model_copy(update={"workers": 5}), None) == 5
    assert worker_count(settings.model_copy(update={"workers": None}), None) >= 1
