"""Results of opening a message: one for each part that was looked at, and for each that came out of one.

They hold only facts and octets. The walk makes them in the sandbox; the tree is built from them outside. `as_header`
and `of_header` convert them for the way between. An answer of the sandbox is checked, since hostile content ran there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gateway.message.defect import Defect
from gateway.message.passage import Passage

#: Largest offset that is accepted, in octets: no content is so long.
MAX_OFFSET = 2**40


class InvalidReply(ValueError):
    """An answer of the sandbox that breaks the rules of what it may say."""


@dataclass(frozen=True, slots=True)
class InspectedPart:
    """One part: of the message itself (`container` is ""), or out of another part."""

    path: str
    container: str = ""  # path of the part that it came out of
    names: tuple[str, ...] = ()
    media_type: str = ""  # as its container declares it
    true_type: str = ""
    defects: tuple[Defect, ...] = ()
    is_entity: bool = False  # its octets are an entity (header and body), whose parts follow
    content: bytes = field(default=b"", repr=False)  # of unpacked parts only
    passages: tuple[Passage, ...] = field(
        default=(), repr=False
    )  # what a person reads of it; on the way, frames before

    def as_header(self) -> dict[str, Any]:
        """Return everything except content and passages, for JSON."""
        return {
            "path": self.path,
            "container": self.container,
            "names": self.names,
            "media_type": self.media_type,
            "true_type": self.true_type,
            "defects": [(d.code, d.what, d.offset) for d in self.defects],
            "is_entity": self.is_entity,
        }


def of_header(header: dict[str, Any], content: bytes) -> InspectedPart:
    """Read the header that the sandbox sent. Raises InvalidReply."""
    try:
        texts = [header[key] for key in ("path", "container", "media_type", "true_type")]
        defects = tuple(Defect(_text(code), _text(what), _offset(offset)) for code, what, offset in header["defects"])
        path, container, media_type, true_type = map(_text, texts)
        names = tuple(map(_text, header["names"]))
        return InspectedPart(
            path, container, names, media_type, true_type, defects, header["is_entity"] is True, content
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidReply(f"the sandbox's answer can't be understood: {error!r}") from error


def _text(value: Any) -> str:
    """Return the text without lone surrogates, which JSON can spell and no encoding can write."""
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} instead of text")
    return value if value.isascii() else value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _offset(value: Any) -> int:
    if not isinstance(value, int) or not 0 <= value <= MAX_OFFSET:
        raise ValueError("an offset that is no place")
    return value
