"""What the supervisor says when it can't start."""

from __future__ import annotations

import errno

import pytest

from gateway.settings.network import ListenAddress
from gateway.supervisor import _no_port


@pytest.mark.parametrize(
    ("number", "to_do"),
    [
        (errno.EADDRINUSE, "`ss -ltnp 'sport = :25'` by root names the program"),
        (errno.EACCES, "Permission denied: ports below 1024 need root or the capability CAP_NET_BIND_SERVICE"),
        (errno.EADDRNOTAVAIL, "this machine has no such address"),
        (errno.ENOBUFS, "can't have 127.0.0.1:25: No buffer space available"),
    ],
)
def test_a_port_that_it_cannot_have(number: int, to_do: str) -> None:
    """The sentence says what to do."""
    said = _no_port("inbound", ListenAddress("127.0.0.1", 25), OSError(number, "as the kernel says"))
    assert said.startswith("listener inbound can't have 127.0.0.1:25: ")
    assert to_do in said
