"""Header fields of Exchange's invitations to share a folder ([MS-OXSHRMSG] 2.2.2), which Outlook opens on request.

They come from Exchange, inside a firm. Such fields from outside have named shares, to which Outlook then logged on.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.message.defect import Defect
from gateway.message.part import Part
from gateway.understand.openers.remote import starts_program

_PREFIX = "x-sharing-"


def may_name_sharing(octets: bytes) -> bool:
    """Return whether such a field's name occurs: a quick look that spares most messages the longer one."""
    return _PREFIX.encode() in octets.lower()


def names_sharing(part: Part) -> bool:
    """Return whether a part has any such field."""
    return any(header.key.startswith(_PREFIX) for header in part.headers)


def sharing_defects(part: Part) -> Iterator[Defect]:
    """Yield one defect where such a field leads to a share on another host, or to a program."""
    for header in part.headers:
        if header.key.startswith(_PREFIX) and any(map(starts_program, (header.value, *header.value.split()))):
            yield Defect("link.loaded", f"The field {header.key} names a file on another host", header.start)
            return
