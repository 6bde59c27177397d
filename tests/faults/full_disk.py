"""A disk on which no file may grow, by RLIMIT_FSIZE: a write of the gateway fails as it would on a full disk."""

from __future__ import annotations

import resource
from contextlib import suppress

from tests.support.servers.gateway import Gateway


def largest_file(gateway: Gateway) -> int:
    return max(file.stat().st_size for file in (*gateway.data_dir.glob("mailwarden.db*"), gateway.log))


def limit_files(gateway: Gateway, octets: int) -> None:
    for pid in gateway.children():
        with suppress(ProcessLookupError):  # it has ended meanwhile
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (octets, resource.RLIM_INFINITY))
