"""Locks the process that calls it: no new privileges, limits on memory and files, and a seccomp filter (seccomp(2)).

A locked process can read, write to open files, and compute. It can't use sockets, start programs or threads, or open
files for writing. There is no way back. This module opens nothing and knows nothing of messages.
"""

from __future__ import annotations

import ctypes
import os
import resource
from typing import Literal

Isolation = Literal["confined", "limits_only"]

#: System calls of Python, libmagic, libarchive and the decompressors once they are loaded. Every other call is EPERM.
ALLOWED = (
    *("read", "readv", "pread64", "write", "writev", "close", "lseek", "dup", "fcntl", "ioctl", "poll", "ppoll"),
    *("fstat", "stat", "lstat", "newfstatat", "statx", "access", "faccessat", "faccessat2", "readlink", "readlinkat"),
    *("getdents64", "getcwd", "mmap", "munmap", "mremap", "mprotect", "madvise", "brk", "futex", "membarrier", "rseq"),
    *("rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall", "exit", "exit_group"),
    *("clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time", "times", "getrandom"),
    *("getpid", "gettid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getrusage", "getrlimit", "uname"),
    *("sched_yield", "sched_getaffinity", "sysinfo", "set_robust_list", "get_robust_list"),
)

#: Flags of open(2): with any of them a file can be changed or made.
_CHANGES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | getattr(os, "O_TMPFILE", 0)

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_SIGKILL = 9
_SCMP_ACT_ALLOW = 0x7FFF0000
_SCMP_ACT_EPERM = 0x00050000 | 1
_SCMP_CMP_MASKED_EQ = 7
_SCMP_FLTATR_CTL_TSYNC = 4


class Refused(OSError):
    """The kernel or its library can't lock the process: the sentence says what is missing."""


class _Comparison(ctypes.Structure):
    """`struct scmp_arg_cmp`: argument number, operator, and its two operands (here mask and value)."""

    _fields_ = (("arg", ctypes.c_uint), ("op", ctypes.c_int), ("mask", ctypes.c_uint64), ("value", ctypes.c_uint64))


def confine(isolation: Isolation, memory_bytes: int, *, loads_modules: bool = False) -> None:
    """Lock this process for good. Raises Refused; the process must then read no hostile content.

    `loads_modules`: it may list folders, as Python does for a module that isn't loaded yet.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise Refused(ctypes.get_errno(), "the kernel refuses no_new_privs")
    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    if isolation == "confined":
        _load_filter(_CHANGES & ~os.O_DIRECTORY if loads_modules else _CHANGES)


def _load_filter(changes: int) -> None:
    """Load the filter: all threads have it, and no file can be opened with one of the flags. Raises Refused."""
    try:
        library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    except OSError as error:
        raise Refused(0, "libseccomp is not installed (Debian: libseccomp2)") from error
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(_SCMP_ACT_EPERM))
    library.seccomp_attr_set(context, _SCMP_FLTATR_CTL_TSYNC, ctypes.c_uint32(1))
    for name in ALLOWED:
        _allow(library, context, name)
    read_only = _Comparison(1, _SCMP_CMP_MASKED_EQ, changes, 0)
    _allow(library, context, "open", read_only)
    read_only = _Comparison(2, _SCMP_CMP_MASKED_EQ, changes, 0)
    _allow(library, context, "openat", read_only)
    failed = library.seccomp_load(context)
    library.seccomp_release(context)
    if failed:
        raise Refused(-failed, f"the kernel refuses the seccomp filter: {os.strerror(-failed)}")


def _allow(library: ctypes.CDLL, context: ctypes.c_void_p, name: str, *conditions: _Comparison) -> None:
    """Allow a system call; names that this machine's architecture lacks are skipped. Raises Refused."""
    number = library.seccomp_syscall_resolve_name(name.encode())
    if number < 0:
        return
    array = (_Comparison * len(conditions))(*conditions)
    failed = library.seccomp_rule_add_array(context, _SCMP_ACT_ALLOW, number, len(conditions), array)
    if failed:
        raise Refused(-failed, f"no seccomp rule can be made for {name}")
