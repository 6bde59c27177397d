"""An opener of documents at work: its members and defects."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.message.defect import Defect
from gateway.understand.budget import Allowance, Budget
from gateway.understand.member import Declared, Member, Opener


def opened(
    opener: Opener, content: bytes, declared: Declared | None = None, budget: Budget | None = None
) -> list[Member | Defect]:
    """Open octets that fit, and return all that comes out."""
    declared = declared or Declared()
    assert opener.fits(content, declared)
    return list(opener.open(content, declared, budget or Budget(Allowance(), len(content))))


def codes(found: Sequence[Member | Defect]) -> list[str]:
    return [one.code for one in found if isinstance(one, Defect)]


def members(found: Sequence[Member | Defect]) -> list[tuple[tuple[str, ...], bytes | None]]:
    return [(one.names, one.content) for one in found if isinstance(one, Member)]
