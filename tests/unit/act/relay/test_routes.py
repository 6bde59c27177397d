"""Routes: where each recipient's mail goes."""

from __future__ import annotations

import pytest

from gateway.act.relay.next_hop import NextHop
from gateway.act.relay.routes import Routes
from gateway.directory.domains import Domains

HOME, WORLD, BRANCH, SPARE = (NextHop("smtp", name, 25) for name in ("home", "world", "branch", "spare"))
ROUTES = Routes(
    {"Branch.Example": (BRANCH, SPARE), "xn--fa-hia.example": (SPARE,)},
    {"inbound": (HOME,), "outbound": (WORLD,)},
    (HOME,),
    Domains(("example.co.uk", "branch.example")),
)


@pytest.mark.parametrize(
    ("recipient", "listener", "expected"),
    [
        ("bob@example.co.uk", "inbound", (HOME,)),
        ("bob@example.co.uk", "outbound", (HOME,)),
        ("bob@Example.CO.UK", "outbound", (HOME,)),
        ("joe@outside.example", "outbound", (WORLD,)),
        ("ann@branch.example", "inbound", (BRANCH, SPARE)),
        ("ann@BRANCH.example", "outbound", (BRANCH, SPARE)),
        ("ann@Fa\u00df.example", "inbound", (SPARE,)),
        ("ann@fass.example", "outbound", (WORLD,)),
        ("joe@outside.example", "gone", (HOME,)),
        ("it@example.co.uk", "", (HOME,)),
        ("postmaster", "outbound", (WORLD,)),
    ],
)
def test_a_recipients_next_hops(recipient: str, listener: str, expected: tuple[NextHop, ...]) -> None:
    """Its domain's route, else ours go home, else the listener's own; an unknown listener's mail goes home."""
    assert ROUTES.to(recipient, listener) == expected


@pytest.mark.parametrize(
    ("hops", "required"),
    [
        ((NextHop("smtp", "a", 25, tls="required"),), True),
        ((NextHop("smtps", "a", 465),), True),
        ((NextHop("smtp", "a", 25),), False),
        ((NextHop("smtp", "a", 25, tls="off"),), False),
        ((NextHop("smtp", "a", 25, tls="required"), NextHop("smtp", "b", 25)), False),  # whichever answers is taken
        ((NextHop("maildir", path="m", tls="required"),), False),
    ],
)
def test_routes_that_require_tls(hops: tuple[NextHop, ...], required: bool) -> None:
    routes = Routes({"lawyer.example": hops}, {"outbound": (WORLD,)}, (HOME,), Domains(("example.co.uk",)))
    assert routes.require_tls("jo@Lawyer.example", "outbound") is required
    assert not routes.require_tls("joe@outside.example", "outbound")


def test_what_is_behind_a_listener() -> None:
    """Every next hop that its mail can reach: what all of them offer may be offered."""
    assert set(ROUTES.behind("outbound")) == {WORLD, HOME, BRANCH, SPARE}
    assert set(ROUTES.behind("inbound")) == {HOME, BRANCH, SPARE}
    assert len(ROUTES.all) == 4


def test_the_chains_of_listeners_and_domains() -> None:
    assert ROUTES.chains == {
        **{"inbound": (HOME,), "outbound": (WORLD,)},
        **{"@branch.example": (BRANCH, SPARE), "@xn--fa-hia.example": (SPARE,)},
    }
