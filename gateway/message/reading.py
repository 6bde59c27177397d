"""Another plausible reading of a part: the octets that some other mail program would show or save."""

from __future__ import annotations

from dataclasses import dataclass, field

#: Label of the readings of a text that only looks divided into parts: programs show it as a text.
QUOTED = "as parts"

#: Beginning of a reading's label in paths (`gateway.understand.paths`); no name of a file may begin with it there.
MARK = "/("


@dataclass(frozen=True, slots=True)
class Reading:
    """The octets of one reading: an entity (header and body) that is to be parsed, or a file with the part's names."""

    label: str  # "as base64", "preamble": unique within the part, stands in paths
    octets: bytes = field(repr=False)
    is_entity: bool
    why: str  # one sentence for a reviewer
