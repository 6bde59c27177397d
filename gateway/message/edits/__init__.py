"""Amendments of a message: the kinds of edits, and `render`, which makes octets of them."""

from __future__ import annotations

from gateway.message.edits.render import render
from gateway.message.edits.types import (
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
