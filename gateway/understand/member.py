"""Results of an opener: the members of a container, and its defects. Openers are functions of octets."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Set
from dataclasses import dataclass
from functools import cached_property

from gateway.message.defect import Defect
from gateway.message.header.name_forms import extension_of, last_segment, name_forms
from gateway.understand.budget import Budget


class Unreadable(ValueError):
    """A container that is broken, or of a kind that can't be opened: the sentence says which. Raised by openers."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file in a container."""

    names: tuple[str, ...]  # every name that the container gives it, the one that is shown first; may be empty
    content: bytes | None = None  # None = there is nothing to look into: a folder, a link, or it could not be read
    media_type: str = ""  # as the container declares it, lower case
    defects: tuple[Defect, ...] = ()  # "container.encrypted", …; `offset` counts in the container
    #: The member is no file inside, but the container itself read otherwise: "decrypted", "from octet 24 on". `names`
    #: are then those by which openers may recognise it.
    reading: str = ""


@dataclass(frozen=True)
class Declared:
    """Claims about the octets that an opener is shown: names, declared type, true type.

    Openers ask it for extensions and never compare a name as it is written: every name that any program could read
    counts, in every form (`gateway.message.header.name_forms`).
    """

    names: tuple[str, ...] = ()  # every one that any program could read
    media_type: str = ""
    true_type: str = ""  # by the octets; "" = not asked for
    is_cut_out: bool = False  # cut out of a larger file: other content stands before it, and may follow

    @cached_property
    def forms(self) -> frozenset[str]:
        """The file names without folders that the names may become, lower case."""
        return frozenset(last_segment(form) for name in self.names for form in name_forms(name))

    @cached_property
    def extensions(self) -> frozenset[str]:
        """The extensions of all forms, lower case without the dot; "" stands for a form that has none."""
        return frozenset(map(extension_of, self.forms))

    def says(self, types: Set[str], extensions: Set[str]) -> bool:
        """Return whether the declared type or any form of a name is in these sets."""
        return self.media_type in types or not self.extensions.isdisjoint(extensions)

    def names_inside(self, endings: Collection[str]) -> Iterator[tuple[str, str]]:
        """Yield each name without its packing extension, and that extension.

        `endings` are lower case without the dot. A form that differs in its case alone is given once, as it is written.
        """
        seen: set[str] = set()
        for name in self.names:
            for form in (name, *name_forms(name)):
                stem, dot, end = form.rpartition(".")
                if stem and dot and end.lower() in endings and form.lower() not in seen:
                    seen.add(form.lower())
                    yield stem, end.lower()


@dataclass(frozen=True, slots=True)
class Opener:
    """One kind of container. `fits` is cheap and looks at the octets first; `open` raises Unreadable and Exhausted."""

    name: str  # "zip": in the evidence
    fits: Callable[[bytes, Declared], bool]
    open: Callable[[bytes, Declared, Budget], Iterator[Member | Defect]]
