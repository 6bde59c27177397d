"""Settings of glibc's memory allocation for our processes and their sandboxes (mallopt(3))."""

from __future__ import annotations

import ctypes
import os

#: Values that are set unless the environment has them. Blocks up to the first number of octets come from glibc's own
#: pool, which keeps twice as much of free memory. Otherwise glibc returns memory to the kernel and takes it anew,
#: cleared, for every large message: 3 ms of processor time for one megabyte. All threads share one pool, as they share
#: Python's lock: a thread can use memory that another freed.
ALLOCATION = {
    "MALLOC_MMAP_THRESHOLD_": str(8 * 1024 * 1024),
    "MALLOC_TRIM_THRESHOLD_": str(16 * 1024 * 1024),
    "MALLOC_ARENA_MAX": "1",
}

#: M_MMAP_THRESHOLD, M_TRIM_THRESHOLD and M_ARENA_MAX of malloc.h.
_PARAMETERS = {"MALLOC_MMAP_THRESHOLD_": -3, "MALLOC_TRIM_THRESHOLD_": -1, "MALLOC_ARENA_MAX": -8}


def set_allocation() -> None:
    """Set the values for this process and its copies, and, by the environment, for programs that they start."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # a C library without it takes memory in its own way
    for name, value in ALLOCATION.items():
        if name not in os.environ:  # else glibc has read the value
            os.environ[name] = value
            if mallopt is not None:
                mallopt(_PARAMETERS[name], int(value))
