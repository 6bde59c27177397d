"""The settings of `virus`."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from gateway.contract import Settings

MEBIBYTE = 1024 * 1024


def _address(value: str) -> str:
    """Raise ValueError for a value that is neither HOST:PORT nor the absolute path of a socket."""
    path = value.removeprefix("unix:")
    host, _, port = value.rpartition(":")
    if not path.startswith("/") and not (host and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError("must be HOST:PORT or the absolute path of a socket")
    return value


class VirusSettings(Settings):
    """Settings of `virus`."""

    #: Address of clamd: host:port, or the path of a unix socket.
    clamd: Annotated[str, AfterValidator(_address)] = "127.0.0.1:3310"
    #: Octets that clamd takes in one stream; at most its StreamMaxLength. The largest message (50 MiB) and headroom for
    #: a header line. More is `virus.too_large`.
    max_stream_bytes: int = Field(default=51 * MEBIBYTE, ge=1024)
    #: Seconds for one scan, waiting for a free slot included; under the 60 that all filters have together.
    timeout_seconds: float = Field(default=45, gt=0, le=600)
    #: Scans at a time in each worker. One client has at most half of them, contents of 256 KiB and more have half in
    #: all. Those of all workers together should be no more than clamd's MaxThreads.
    concurrency: int = Field(default=8, ge=1, le=1000)
    #: Clean verdicts that are kept for all workers, of single parts: 48 octets each, in `data_dir`. 0 = none.
    cache_entries: int = Field(default=100_000, ge=0, le=10_000_000)
    #: Seconds for which a clean verdict is kept. Another VERSION of clamd ends it within 10 s. Signatures that others
    #: publish, and changes in clamd.conf, don't show in VERSION: they affect a known part after this time. 0 = none.
    cache_seconds: int = Field(default=3600, ge=0, le=86_400)
