"""An opener of archives at work: its members and defects, and the exception that ends it."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.message.defect import Defect
from gateway.understand.budget import Allowance, Budget, Exhausted
from gateway.understand.member import Declared, Member, Opener, Unreadable


@dataclass(frozen=True, slots=True)
class Unpacking:
    """Everything that came out until it ended."""

    found: tuple[Member | Defect, ...]
    ended: str = ""  # the exception's sentence

    @property
    def members(self) -> list[tuple[tuple[str, ...], bytes | None]]:
        return [(one.names, one.content) for one in self.found if isinstance(one, Member)]

    @property
    def names(self) -> list[tuple[str, ...]]:
        return [names for names, _ in self.members]

    @property
    def codes(self) -> set[str]:
        """Return the codes of the container and of its members."""
        codes = {one.code for one in self.found if isinstance(one, Defect)}
        codes |= {defect.code for one in self.found if isinstance(one, Member) for defect in one.defects}
        return codes


def unpacked(opener: Opener, content: bytes, name: str = "", budget: Budget | None = None) -> Unpacking:
    """Open octets that fit. An exception counts as a code: container.unreadable or container.limit."""
    declared = Declared((name,) if name else ())
    assert opener.fits(content, declared)
    found: list[Member | Defect] = []
    try:
        for one in opener.open(content, declared, budget or Budget(Allowance(), len(content))):
            found.append(one)  # noqa: PERF402 -- what came before an exception counts
    except Unreadable as error:
        return Unpacking((*found, Defect("container.unreadable", str(error), 0)), str(error))
    except Exhausted as error:
        return Unpacking((*found, Defect("container.limit", str(error), 0)), str(error))
    return Unpacking(tuple(found))
