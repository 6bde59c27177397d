"""What octets are, by libmagic, whatever a name or a header says.

libmagic runs in a few worker threads of its own, one libmagic object in each: an object can't be shared, and ctypes
lets go of the interpreter meanwhile. It never guesses: where libmagic fails, so does `of`.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import magic

#: Octets that libmagic is shown. Its tests look near the start (an ISO image's mark stands at 32,769); past that its
#: guesses at text only cost time: 60 ms for 8 MiB of numbers, 10 ms for one.
HEAD_BYTES = 1024 * 1024

#: Octets of an OLE compound file (.msi, .doc) that libmagic is shown: more than a message holds, since its directory,
#: which tells an installer from a document, may lie anywhere. Cheap: libmagic follows its chains. (libmagic's own limit
#: for all content is 7 MiB; it is raised to this.)
COMPOUND_BYTES = 64 * 1024 * 1024

#: Threads of one worker process: a second file need not wait for a slow one, and a worker has about one core.
THREADS = 2

_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class TypeUnknown(ValueError):
    """libmagic failed on this content: a retry would fail again."""


class LibMagic:
    """The contract's `TrueType`."""

    def __init__(self, threads: int = THREADS) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="magic")
        self._local = threading.local()

    async def of(self, content: bytes) -> str:
        """The media type in lower case, "application/x-empty" for no octets. Raises TypeUnknown."""
        head = content[: COMPOUND_BYTES if content.startswith(_COMPOUND) else HEAD_BYTES]
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._look, head)

    async def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _look(self, head: bytes) -> str:
        try:
            found: str = self._magic().from_buffer(head)
        except (magic.MagicException, UnicodeDecodeError) as error:
            raise TypeUnknown(f"libmagic can't tell what it is: {error}") from error
        return found.lower()

    def _magic(self) -> magic.Magic:
        """This thread's own object."""
        own: magic.Magic | None = getattr(self._local, "magic", None)
        if own is None:
            own = self._local.magic = magic.Magic(mime=True)
            own.setparam(magic.MAGIC_PARAM_BYTES_MAX, COMPOUND_BYTES)
        return own
