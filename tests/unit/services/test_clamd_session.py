"""Addresses of clamd."""

from __future__ import annotations

import pytest

from gateway.services.clamd_session import Address, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:3310", Address(host="127.0.0.1", port=3310)),
        ("clamav:1", Address(host="clamav", port=1)),
        ("[::1]:65535", Address(host="::1", port=65535)),
        ("/run/clamav/clamd.ctl", Address(path="/run/clamav/clamd.ctl")),
        ("unix:/run/clamd", Address(path="/run/clamd")),
    ],
)
def test_address_is_read(text: str, address: Address) -> None:
    """Host and port, IPv6 in brackets, or the path of a socket."""
    assert parse_address(text) == address


@pytest.mark.parametrize("text", ["", "localhost", ":3310", "host:0", "host:65536", "host:port", "run/clamd", "h:-1"])
def test_address_that_is_none(text: str) -> None:
    """Anything else is refused with a sentence."""
    with pytest.raises(ValueError, match="neither HOST:PORT nor"):
        parse_address(text)
