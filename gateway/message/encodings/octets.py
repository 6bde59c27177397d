"""The results of decoders: octets, and the problem with their encoding. Nothing here raises on content."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Octets:
    """Octets without their transfer encoding; `problem` is a defect's code, "" when nothing was wrong."""

    octets: bytes
    problem: str = ""
    what: str = ""


@dataclass(frozen=True, slots=True)
class EncodedFile:
    """A file that stood in text, with the name that its encoding gives it; `what` says what is missing from it."""

    name: str
    octets: bytes
    what: str = ""
