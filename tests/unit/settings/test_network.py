"""Listening addresses and trusted networks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from gateway.settings import network


def judged(annotation: Any, value: object, folder: Path | None = None) -> Any:
    return TypeAdapter(annotation).validate_python(value, strict=True, context=folder)


def refused(annotation: Any, value: object, folder: Path | None = None) -> str:
    with pytest.raises(ValidationError) as caught:
        judged(annotation, value, folder)
    return str(caught.value.errors()[0]["msg"])


@pytest.mark.parametrize(
    ("written", "host", "port"),
    [
        ("0.0.0.0:25", "0.0.0.0", 25),
        ("[::1]:2525", "::1", 2525),
        ("gw.example:1", "gw.example", 1),
        ("a:65535", "a", 65535),
    ],
)
def test_a_listening_address_is_host_and_port(written: str, host: str, port: int) -> None:
    """IPv6 addresses stand in brackets."""
    got = judged(network.Listen, written)
    assert (got.host, got.port, str(got)) == (host, port, written)


@pytest.mark.parametrize("written", ["127.0.0.1", ":25", "::1:25", "[::g]:25", "a:0", "a:65536", "a b:25", 25, ["::1"]])
def test_what_is_no_listening_address_is_refused(written: object) -> None:
    """A port from 1 to 65535 is needed."""
    assert refused(network.Listen, written)


@pytest.mark.parametrize("written", ["0.0.0.0/0", "::/0"])
def test_nobody_trusts_the_whole_internet(written: str) -> None:
    """An exemption may name all networks; who may relay may not be everybody."""
    assert judged(network.AnyNetwork, written)
    assert "open relay" in refused(network.SomeNetwork, written)


def test_the_address_for_monitoring() -> None:
    """An address as for a listener, or `off`."""
    assert network.http_address("127.0.0.1:8025") == network.ListenAddress("127.0.0.1", 8025)
    assert network.http_address("off") == "off"
    with pytest.raises(ValueError, match="an address is expected"):
        network.http_address("on")
