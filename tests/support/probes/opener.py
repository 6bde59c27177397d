"""An opener at work: its members and codes, in the form that tests compare."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.message.defect import Defect
from gateway.understand.budget import Allowance, Budget
from gateway.understand.member import Declared, Member, Opener


@dataclass(frozen=True, slots=True)
class Opened:
    members: tuple[Member, ...]
    codes: tuple[str, ...]

    @property
    def contents(self) -> tuple[bytes | None, ...]:
        return tuple(member.content for member in self.members)

    @property
    def names(self) -> tuple[tuple[str, ...], ...]:
        return tuple(member.names for member in self.members)


def budget(octets: bytes = b"", **allowance: float) -> Budget:
    return Budget(Allowance(**allowance), len(octets))  # type: ignore[arg-type]


def fits(opener: Opener, content: bytes, name: str = "", media_type: str = "") -> bool:
    return opener.fits(content, Declared((name,) if name else (), media_type))


def opened(opener: Opener, content: bytes, name: str = "", media_type: str = "", **allowance: float) -> Opened:
    """Open octets; nothing comes out of octets that don't fit. Raises what the opener raises."""
    declared = Declared((name,) if name else (), media_type)
    found = list(opener.open(content, declared, budget(content, **allowance))) if opener.fits(content, declared) else []
    return Opened(
        tuple(one for one in found if isinstance(one, Member)),
        tuple(one.code for one in found if isinstance(one, Defect)),
    )
