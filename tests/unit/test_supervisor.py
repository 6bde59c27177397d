"""What the supervisor says when it can't start."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from gateway.settings.network import ListenAddress
from gateway.supervisor import ALLOCATION, _no_port
from tests.gateway import Gateway


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


@pytest.mark.parametrize("threshold", ["", "1048576"])
def test_processes_keep_their_memory(tmp_path: Path, threshold: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They take it from the kernel once, not for each message; an administrator's own word goes first."""
    (first, *_) = ALLOCATION
    monkeypatch.delenv(first, raising=False)
    if threshold:
        monkeypatch.setenv(first, threshold)
    expected = {**ALLOCATION, **({first: threshold} if threshold else {})}
    with Gateway(tmp_path, workers=1) as gateway:
        for pid in gateway.children():
            environment = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
            assert {f"{name}={value}" for name, value in expected.items()} <= set(environment)
