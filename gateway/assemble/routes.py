"""The routes to next hops, which mail takes and filters ask about."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.act.relay.next_hop import NextHop
from gateway.act.relay.routes import Hops, Routes
from gateway.directory.lookup import KnownDirectory
from gateway.settings.hops import NextHopSettings
from gateway.settings.models import Settings


def next_hop(s: NextHopSettings) -> NextHop:
    return NextHop(s.scheme, s.host, s.port, s.path, s.tls, s.login, str(s.password_file or ""))


def hops(several: Sequence[NextHopSettings]) -> Hops:
    return tuple(map(next_hop, several))


def build_routes(settings: Settings, ours: KnownDirectory) -> Routes:
    by_listener = {listener.name: hops(listener.next_hop) for listener in settings.listeners}
    home = next((s for s in settings.listeners if s.direction == "inbound"), settings.listeners[0])
    by_domain = {domain: hops(several) for domain, several in settings.routes.items()}
    return Routes(by_domain, by_listener, by_listener[home.name], ours.domains)
