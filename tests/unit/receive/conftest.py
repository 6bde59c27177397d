"""The receiving side's tests run on both loops: the gateway runs on uvloop, whose transports differ from asyncio's."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping

import pytest
import uvloop

from tests.support.servers.receiver import self_signed

ON_BOTH_LOOPS = {
    *("test_server", "test_session", "test_login_session", "test_session_proxy_header", "test_session_starttls"),
}


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    if item.path.stem in ON_BOTH_LOOPS:
        return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return the server's context and the client's."""
    return self_signed(tmp_path_factory.mktemp("tls"))
