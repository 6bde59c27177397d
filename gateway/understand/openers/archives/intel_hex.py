"""Intel HEX: a file written as lines of hexadecimal digits, which 7-Zip extracts under any name."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

from gateway.message.defect import Defect
from gateway.understand.budget import Budget
from gateway.understand.member import Declared, Member, Opener

_FIRST = re.compile(rb"\s*+:[0-9A-Fa-f]{10,522}\s")
_DATA = re.compile(rb"^:[0-9A-Fa-f]{2}[0-9A-Fa-f]{4}00([0-9A-Fa-f]{2,510})[0-9A-Fa-f]{2}\s*$", re.M)


def fits(content: bytes, declared: Declared) -> bool:
    """Return whether the first line is a record."""
    return _FIRST.match(content) is not None


def open_hex(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    """Yield the data of all records as one member, in the order of the lines. Raises Exhausted."""
    budget.take(len(content) // 2)
    budget.take_entry()
    digits = (found[1] for found in _DATA.finditer(content))
    yield Member((), b"".join(binascii.unhexlify(one[: len(one) // 2 * 2]) for one in digits))


OPENER = Opener("Intel HEX", fits, open_hex)
