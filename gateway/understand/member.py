"""What an opener gives: the members of a container, and what was wrong with it. Openers are functions of octets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gateway.message.model import Defect
from gateway.understand.budget import Budget


class Unreadable(ValueError):
    """A container is broken, or of a kind that can't be opened: the sentence says which. Raised by openers."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file in a container."""

    names: tuple[str, ...]  # every name that the container gives it, the one that is shown first; may be empty
    content: bytes | None = None  # None = there is nothing to look into: a folder, a link, or it could not be read
    media_type: str = ""  # as the container declares it, lower case
    defects: tuple[Defect, ...] = ()  # "container.encrypted", …; `offset` counts in the container
    #: It is no file inside, but the container itself read otherwise: "decrypted", "from octet 24 on". `names` are then
    #: those by which openers may know it.
    reading: str = ""


@dataclass(frozen=True, slots=True)
class Declared:
    """What is claimed about the octets that an opener is shown."""

    names: tuple[str, ...] = ()
    media_type: str = ""
    is_cut_out: bool = False  # of a larger file: other content stands before it, and may follow


@dataclass(frozen=True, slots=True)
class Opener:
    """One kind of container. `fits` is cheap and looks at the octets first; `open` raises Unreadable and Exhausted."""

    name: str  # "zip": in the evidence
    fits: Callable[[bytes, Declared], bool]
    open: Callable[[bytes, Declared, Budget], Iterator[Member | Defect]]
