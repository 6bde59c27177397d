"""ActiveMime, in which Office's web pages keep their macros and objects ("editdata.mso"): a header, then Deflate.

Documents saved as web archives and named .doc hold it. The content is a compound file, which has its own opener.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.message.defect import Defect
from gateway.understand.budget import Budget
from gateway.understand.member import Declared, Member, Opener, Unreadable
from gateway.understand.openers.inflation import inflate

_MAGIC = b"ActiveMime"
#: zlib's header: Deflate with a window of 32 KiB, no preset dictionary (RFC 1950 2.2). Its place isn't fixed.
_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")

#: Octets of the header in which the data is looked for; places at which it is tried.
HEADER_BYTES = 4096
MAX_TRIES = 32


def _fits(content: bytes, declared: Declared) -> bool:
    return content.startswith(_MAGIC)


def _open(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    for number, place in enumerate(_ZLIB.finditer(content, 0, HEADER_BYTES)):
        if number == MAX_TRIES:
            break
        found = inflate(content, budget, start=place.start())
        if found.octets:
            budget.take_entry()
            yield Member((), found.octets)
            return
    raise Unreadable("the ActiveMime data can't be read")


ACTIVE_MIME = Opener("ActiveMime", _fits, _open)
