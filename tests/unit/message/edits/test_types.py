"""The edits as values: what they refuse, and how they are described."""

from __future__ import annotations

import json
from typing import get_args

import pytest

from gateway.message.edits import (
    AddHeader,
    AddText,
    Edit,
    EditConflict,
    InsertText,
    RemoveHeader,
    RemovePart,
    RemoveText,
    RenameHeader,
    ReplacePart,
    SetSubject,
    Wrap,
    describe,
)

ONE_OF_EACH: list[Edit] = [
    AddHeader("X-A", "b"),
    RemoveHeader("X-A"),
    RenameHeader("X-A", "X-B", 7),
    SetSubject("s"),
    InsertText("1", "top", "t", "<p>t</p>"),
    AddText("t"),
    RemoveText("1", 0, 2),
    ReplacePart("1.2", "gone", "gone.txt"),
    RemovePart("1.2"),
    Wrap("t", "h"),
]


@pytest.mark.parametrize("name", ["", "X A", "X:A", "X\r\nA", "X\0", "\u00e9", "X" * 77])
def test_names_that_are_none_are_refused(name: str) -> None:
    """New names are checked where they are given."""
    with pytest.raises(ValueError, match="no name"):
        AddHeader(name, "v")
    with pytest.raises(ValueError, match="no name"):
        RenameHeader("X-A", name)


@pytest.mark.parametrize("edit", ONE_OF_EACH, ids=lambda edit: type(edit).__name__)
def test_a_description_is_json(edit: Edit) -> None:
    """It names the kind, and holds every field of the edit."""
    described = describe(edit)
    assert json.loads(json.dumps(described)) == described
    assert type(edit)(**{key: value for key, value in described.items() if key != "edit"}) == edit


def test_each_kind_has_its_own_name() -> None:
    """None is forgotten."""
    assert len({describe(edit)["edit"] for edit in ONE_OF_EACH}) == len(get_args(Edit))


def test_a_conflict_names_both_edits() -> None:
    """The conflict names them in a sentence, and as values."""
    conflict = EditConflict(ReplacePart("1.2", "a"), SetSubject("s"))
    assert str(conflict) == "replace_part (1.2) and set_subject can't be combined"
    assert (conflict.first, conflict.second) == (ReplacePart("1.2", "a"), SetSubject("s"))
