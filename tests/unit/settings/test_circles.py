"""A next hop that is a listener of ours is a mistake: mail would go in a circle."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gateway.settings.models import Settings

MAIN = """\
organisation: {{name: Example Ltd, domains: [example.co.uk]}}
hostname: gw.example.co.uk
listeners:
  - {{name: first, address: "{address}", direction: inbound, next_hop: "{hop}"}}
"""


@pytest.mark.parametrize(
    ("address", "hop"),
    [
        ("127.0.0.1:2525", "smtp://127.0.0.1:2525"),
        ("127.0.0.1:2525", "lmtp://localhost:2525"),
        ("[::1]:25", "smtp://localhost"),
        ("0.0.0.0:2525", "smtp://127.0.0.1:2525"),
        ("[::]:2525", "smtp://[::1]:2525"),
        ("0.0.0.0:25", "smtp://GW.example.co.uk"),
        ("10.0.0.7:25", "smtp://10.0.0.7"),
    ],
)
def test_a_next_hop_of_our_own(problems: Callable[..., list[str]], address: str, hop: str) -> None:
    (said,) = problems(whole=MAIN.format(address=address, hop=hop))
    assert said.startswith("gateway.yaml:4:")
    assert f"listeners[0].next_hop: this is our own listener first, at {address}: mail would go in a circle" in said


@pytest.mark.parametrize(
    ("address", "hop"),
    [
        ("127.0.0.1:2525", "smtp://127.0.0.1:2526"),
        ("127.0.0.1:2525", "smtp://127.0.0.2:2525"),
        ("10.0.0.7:25", "smtp://localhost"),
        ("0.0.0.0:25", "smtp://10.0.0.8"),
        ("0.0.0.0:25", "smtp://mail.example.co.uk"),
        ("mail.example.co.uk:25", "smtp://localhost"),
        ("127.0.0.1:2525", "maildir:2525"),
    ],
)
def test_a_next_hop_elsewhere(load: Callable[..., Settings], address: str, hop: str) -> None:
    """Another port or another address is another server, as far as the text tells."""
    assert load(whole=MAIN.format(address=address, hop=hop))


def test_routes_and_lists_of_next_hops(problems: Callable[..., list[str]]) -> None:
    """Each has its own place."""
    hop = '["smtp://10.0.0.1", "smtp://127.0.0.1:2525"]'
    text = MAIN.format(address="127.0.0.1:2525", hop="smtp://10.0.0.1").replace('"smtp://10.0.0.1"', hop)
    first, second = problems(whole=f'{text}routes: {{a.example: "smtp://127.0.0.1:2525"}}\n')
    assert "listeners[0].next_hop[1]: this is our own listener" in first
    assert "gateway.yaml:5:" in second
    assert "routes" in second
