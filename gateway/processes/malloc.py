"""How our processes and their sandboxes take memory from the kernel: what glibc is told (mallopt(3))."""

from __future__ import annotations

import ctypes
import os

#: Unless the environment says otherwise. Blocks of so many octets come from its own pool, which keeps twice as much
#: when they are free. It gives them back to the kernel else, and takes them anew, cleared, for every large message:
#: 3 ms of processor time for one megabyte. All threads share one pool, as they share Python's lock: what one of them
#: frees, another can have.
ALLOCATION = {
    "MALLOC_MMAP_THRESHOLD_": str(8 * 1024 * 1024),
    "MALLOC_TRIM_THRESHOLD_": str(16 * 1024 * 1024),
    "MALLOC_ARENA_MAX": "1",
}

#: M_MMAP_THRESHOLD, M_TRIM_THRESHOLD and M_ARENA_MAX of malloc.h.
_PARAMETERS = {"MALLOC_MMAP_THRESHOLD_": -3, "MALLOC_TRIM_THRESHOLD_": -1, "MALLOC_ARENA_MAX": -8}


def settle() -> None:
    """For this process, for its copies, and by their environment for the programs that they start."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # a C library without it takes memory in its own way
    for name, value in ALLOCATION.items():
        if name not in os.environ:  # else glibc has read it
            os.environ[name] = value
            if mallopt is not None:
                mallopt(_PARAMETERS[name], int(value))
