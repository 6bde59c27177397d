"""Routes, as the settings want them."""

from __future__ import annotations

from pathlib import Path

from gateway.assemble.routes import build_routes, next_hop
from gateway.assemble.services import build_directory
from tests.support.builders.judgement import settings


def test_our_mail_goes_home_and_other_mail_on(tmp_path: Path) -> None:
    """A domain with a route of its own takes it."""
    loaded = settings(
        tmp_path, "- probe", more='routes: {branch.example.co.uk: "lmtp://127.0.0.1:24", example.net: "maildir:net"}\n'
    )
    routes = build_routes(loaded, build_directory(loaded))
    home = next_hop(loaded.listeners[0].next_hop[0])
    assert routes.to("bob@example.co.uk", "outbound") == (home,)
    assert [str(hop) for hop in routes.to("bob@branch.example.co.uk", "inbound")] == ["lmtp://127.0.0.1:24"]
    assert [hop.scheme for hop in routes.to("joe@example.net", "outbound")] == ["maildir"]
