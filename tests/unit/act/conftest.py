"""Fixtures for the outgoing side: scripted next hops, relays that are closed again, and a certificate of our own."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvloop

from gateway.act.relay.next_hop import NextHop
from gateway.act.relay.relay import Relay, Timeouts
from tests.support.builders.judgement import Policy, settings
from tests.support.servers.scripted_hop import ScriptedHop

#: Modules whose tests run on both loops: the gateway runs on uvloop, whose transports differ from asyncio's.
ON_BOTH_LOOPS = {"test_handshake", "test_relay", "test_transaction"}


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    loops: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"asyncio": asyncio.new_event_loop}
    if item.path.stem in ON_BOTH_LOOPS:
        loops["uvloop"] = uvloop.new_event_loop
    return loops


@dataclass(frozen=True)
class Certificate:
    """A certificate for "localhost" only: 127.0.0.1 is the wrong name, so that verification can succeed and fail."""

    server: ssl.SSLContext
    client: ssl.SSLContext  # trusts it


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", folder / "key.pem", "-out", folder / "cert.pem"),
        ],
        check=True,
        capture_output=True,
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return Certificate(server, ssl.create_default_context(cafile=str(folder / "cert.pem")))


StartHop = Callable[..., Awaitable[tuple[ScriptedHop, NextHop]]]
MakeRelay = Callable[..., Relay]


@pytest.fixture
async def start_hop() -> AsyncIterator[StartHop]:
    """Start scripted next hops; they are stopped after the test."""
    hops: list[ScriptedHop] = []

    async def start(**script: Any) -> tuple[ScriptedHop, NextHop]:
        hop = ScriptedHop(**script)
        where = await hop.start()
        hops.append(hop)
        return hop, where

    yield start
    for hop in hops:
        async with asyncio.timeout(10):
            await hop.stop()


@pytest.fixture
async def make_relay() -> AsyncIterator[MakeRelay]:
    """Relays with time-outs of half a second, closed after the test."""
    relays: list[Relay] = []

    def make(**parts: Any) -> Relay:
        parts.setdefault("timeouts", Timeouts(*[0.5] * 7))
        relays.append(Relay("gw.test", **parts))
        return relays[-1]

    yield make
    for relay in relays:
        await relay.close()


@pytest.fixture
def secret(tmp_path: Path) -> str:
    """Return a password file, with a line end as editors leave it."""
    path = tmp_path / "password"
    path.write_text("geheim\n")
    return str(path)


MakePolicy = Callable[..., Policy]


@pytest.fixture
def policy(tmp_path: Path) -> MakePolicy:
    """Return the decisions of a list of filters (YAML) about findings."""
    return lambda filters="- probe": Policy(settings(tmp_path, filters).filters)
