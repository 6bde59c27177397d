"""`tenant` of a listener, and the networks that all customers of a mail service share."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from gateway.settings.models import Settings
from gateway.settings.tenant import SharedNetworks
from gateway.settings.yaml.file_search import SHIPPED
from tests.support.servers.receiver import self_signed

Load = Callable[..., Settings]
Problems = Callable[..., list[str]]

ID = "72f988bf-86f1-41af-91ab-2d7cd011db47"
LISTENER = """\
organisation: {name: Example Ltd, domains: [example.co.uk]}
listeners:
  - name: cloud
    address: 127.0.0.1:2525
    next_hop: smtp://127.0.0.1:25
"""


def written(*keys: str) -> str:
    return LISTENER + "".join(f"    {key}\n" for key in keys)


@pytest.fixture
def certificate(folder: Path) -> str:
    self_signed(folder)
    return "{certificate: certificate.pem, key: key.pem}"[1:-1].replace(", ", "\n    ")


# --- what is understood ----------------------------------------------------------------------------------------------


def test_an_outbound_listener_trusts_the_networks_of_its_service(load: Load, certificate: str) -> None:
    """The shipped ones, unless it names others; an inbound listener trusts nobody."""
    google = load(whole=written("direction: outbound", "tenant: {google: {}}")).listeners[0]
    assert ipaddress.ip_network("209.85.128.0/17") in google.trusted_networks
    own = load(whole=written("direction: outbound", "tenant: {google: {}}", "trusted_networks: [209.85.220.0/24]"))
    assert own.listeners[0].trusted_networks == (ipaddress.ip_network("209.85.220.0/24"),)
    tenant = f"tenant: {{microsoft365: {{id: {ID.upper()}, domains: [example.onmicrosoft.com]}}}}"
    outbound = load(whole=written("direction: outbound", certificate, tenant)).listeners[0]
    assert ipaddress.ip_network("40.92.0.0/15") in outbound.trusted_networks
    assert outbound.tenant
    assert outbound.tenant.microsoft365
    assert outbound.tenant.microsoft365.id == ID
    assert load(whole=written("direction: inbound", certificate, tenant)).listeners[0].trusted_networks == ()


def test_a_copy_of_the_list_takes_the_place_of_the_shipped_one(load: Load, folder: Path) -> None:
    text = "as_of: 2026-11-01\nnetworks: {google: [192.0.2.0/24]}\n"
    (folder / "shared_networks.yaml").write_text(text)
    found = load(whole=written("direction: outbound", "tenant: {google: {}}")).listeners[0]
    assert found.trusted_networks == (ipaddress.ip_network("192.0.2.0/24"),)


def test_proxies_and_logins(load: Load) -> None:
    keys = ("direction: outbound", "proxies: [10.0.0.1]", "proxy_protocol: true", "trust_proxy_logins: true")
    found = load(whole=written(*keys)).listeners[0]
    assert (found.proxy_protocol, found.trust_proxy_logins, found.trusted_networks) == (True, True, ())


# --- what is wrong ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        (("direction: outbound", "tenant: {}"),
         "listeners[0].tenant: one service is expected: `microsoft365: {id: …}` or `google: {}`"),
        (("direction: outbound", f"tenant: {{google: {{}}, microsoft365: {{id: {ID}}}}}"),
         "listeners[0].tenant: one service is expected"),
        (("direction: outbound", "tenant: {gogle: {}}"),
         "listeners[0].tenant.gogle: unknown key (did you mean google?)"),
        (("direction: outbound", "tenant: google"), "listeners[0].tenant: keys and values are expected"),
        (("direction: outbound", "tenant: {microsoft365: {}}"), "listeners[0].tenant.microsoft365.id: is missing"),
        (("direction: outbound", "tenant: {microsoft365: {id: contoso.com}}"),
         "listeners[0].tenant.microsoft365.id: a tenant's id is expected such as"),
        (("direction: outbound", f"tenant: {{microsoft365: {{id: {ID}}}}}"),
         "listeners[0].tenant: microsoft365 shows its certificate in TLS: the listener needs a `certificate` too"),
        (("direction: outbound", f"tenant: {{microsoft365: {{id: {ID}, authorities: gateway.yaml}}}}"),
         "listeners[0].tenant.microsoft365.authorities: no certificate in PEM can be read from the file"),
        (("direction: auto", "tenant: {google: {}}"),
         "listeners[0].direction: the service sends mail of our people and mail from outside"),
        (("direction: inbound", "tenant: {google: {}}"),
         "listeners[0].tenant: google is proven by our own DKIM signature, which mail from outside hasn't"),
        (("direction: outbound", "trusted_networks: [40.107.3.0/24]"),
         "listeners[0].trusted_networks[0]: all customers of microsoft365 send from 40.107.3.0/24: every one of them "
         "could send through this gateway; with `tenant: {microsoft365: …}` mail must prove that it is yours"),
        (("direction: auto", "trusted_networks: [10.0.0.0/8, 209.0.0.0/8]"),
         "listeners[0].trusted_networks[1]: all customers of google send from 209.0.0.0/8"),
        (("direction: outbound", 'trusted_networks: ["2a00:1450:4000::/44"]', "tenant: {google: {}}",
          "proxies: [40.92.0.1]"),
         "listeners[0].proxies[0]: all customers of microsoft365 send from 40.92.0.1/32: every one of them could name"),
        (("direction: outbound", "trusted_networks: [40.92.0.0/16]", "tenant: {google: {}}"),
         "listeners[0].trusted_networks[0]: all customers of microsoft365 send from"),
        (("direction: inbound", "proxy_protocol: true"),
         "listeners[0].proxy_protocol: `proxies` must say which clients are believed"),
        (("direction: outbound", "trust_proxy_logins: true"),
         "listeners[0].trust_proxy_logins: `proxies` must say which clients are believed"),
        (("direction: inbound", "trust_proxy_logins: true", "proxies: [10.0.0.1]"),
         "listeners[0].trust_proxy_logins: an inbound listener takes mail for our own domains only"),
    ],
)  # fmt: skip
def test_a_mistake_is_told(problems: Problems, keys: tuple[str, ...], sentence: str) -> None:
    """One line, with the place and what to do."""
    (line,) = problems(whole=written(*keys))
    assert sentence in line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "networks: {google: [192.0.2.0/33]}\n",
            "shared_networks.yaml:1:21: networks.google[0]: 192.0.2.0/33 is not a network",
        ),
        ("netwroks: {}\n", "shared_networks.yaml:1:1: netwroks: unknown key (did you mean networks?)"),
    ],
)
def test_a_mistake_in_the_list_is_told(problems: Problems, text: str, line: str) -> None:
    assert problems(whole=written("direction: outbound", "tenant: {google: {}}"), shared_networks_yaml=text) == [line]


# --- the shipped list ------------------------------------------------------------------------------------------------


def test_the_shipped_list() -> None:
    """It is dated; no network of one service is another's, or a private one."""
    data = yaml.safe_load((SHIPPED / "shared_networks.yaml").read_text("utf-8"))
    found = SharedNetworks.model_validate({**data, "networks": {k: tuple(v) for k, v in data["networks"].items()}})
    assert found.as_of.year >= 2025
    assert set(found.networks) == {"microsoft365", "google"}
    for service, networks in found.networks.items():
        for one in networks:
            assert found.service_at(one) == service
            assert not one.is_private


@pytest.mark.parametrize(
    ("network", "service"),
    [
        ("40.92.0.0/32", "microsoft365"),
        ("40.93.255.255/32", "microsoft365"),
        ("40.91.255.255/32", ""),
        ("40.94.0.0/32", ""),
        ("0.0.0.0/1", "microsoft365"),
        ("::ffff:0:0/96", ""),
        ("2a01:111:f403:c000::1/128", "microsoft365"),
        ("10.0.0.0/8", ""),
    ],
)
def test_a_part_is_enough(network: str, service: str) -> None:
    """First and last address of a network, one within it, one around it."""
    shared = SharedNetworks(
        networks={"microsoft365": (ipaddress.ip_network("40.92.0.0/15"), ipaddress.ip_network("2a01:111:f403::/48"))}
    )
    assert shared.service_at(ipaddress.ip_network(network)) == service
