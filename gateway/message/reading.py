"""Another plausible reading of a part: what a mail program that reads it otherwise would show or save."""

from __future__ import annotations

from dataclasses import dataclass, field

#: Label of the readings of a text that only looks divided into parts: programs show it as a text.
QUOTED = "as parts"

#: How a reading's label stands in paths (`gateway.understand.paths`); no name of a file may begin so there.
MARK = "/("


@dataclass(frozen=True, slots=True)
class Reading:
    """Its octets: an entity (header and body) that is to be parsed, or a bare file with the part's own names."""

    label: str  # "as base64", "preamble": unique within the part, stands in paths
    octets: bytes = field(repr=False)
    is_entity: bool
    why: str  # one sentence for a reviewer
