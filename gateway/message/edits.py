"""How a message is amended: the edits that there are, and `render`, which makes octets of them."""

from __future__ import annotations

from gateway.message.kinds import (
    AddHeader,
    AddText,
    Edit,
    EditConflict,
    EditInsideSealed,
    InsertText,
    NothingSeen,
    RemoveHeader,
    RemovePart,
    RemoveText,
    RenameHeader,
    ReplacePart,
    SetSubject,
    Wrap,
    describe,
)
from gateway.message.render import render

__all__ = [
    "AddHeader",
    "AddText",
    "Edit",
    "EditConflict",
    "EditInsideSealed",
    "InsertText",
    "NothingSeen",
    "RemoveHeader",
    "RemovePart",
    "RemoveText",
    "RenameHeader",
    "ReplacePart",
    "SetSubject",
    "Wrap",
    "describe",
    "render",
]
