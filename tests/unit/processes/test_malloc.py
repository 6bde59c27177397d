"""Memory of a process as seen in /proc: from its own pool, or from the kernel for each block."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

from gateway.processes.malloc import ALLOCATION

FOUR_MIB = textwrap.dedent("""
    import asyncio, ctypes, os, sys
    from gateway.processes import fork, malloc

    def where():
        libc = ctypes.CDLL(None)
        libc.malloc.restype = ctypes.c_void_p
        block = libc.malloc(4 * 1024 * 1024)
        for line in open("/proc/self/maps"):
            low, high = (int(end, 16) for end in line.split()[0].split("-"))
            if low <= block < high:
                return "pool" if line.rstrip().endswith("[heap]") else "kernel"

    {before}
    asyncio.run(fork.fork(lambda: print(where(), os.environ.get("MALLOC_MMAP_THRESHOLD_"))).wait())
""")


@pytest.mark.parametrize(
    ("before", "environment", "found"),
    [
        ("", {}, "kernel None"),
        ("malloc.set_allocation()", {}, f"pool {ALLOCATION['MALLOC_MMAP_THRESHOLD_']}"),
        ("malloc.set_allocation()", {"MALLOC_MMAP_THRESHOLD_": "1048576"}, "kernel 1048576"),
    ],
)
def test_where_a_block_comes_from(before: str, environment: dict[str, str], found: str) -> None:
    """A copy has its maker's ways; an administrator's own word goes first."""
    clean = {name: value for name, value in os.environ.items() if name not in ALLOCATION}
    program = [sys.executable, "-c", FOUR_MIB.format(before=before)]
    done = subprocess.run(program, capture_output=True, text=True, check=True, env={**clean, **environment})
    assert done.stdout.strip() == found
