"""Edits in words: one line each."""

from __future__ import annotations

import pytest

from gateway.cli.local.edits import in_words
from gateway.message.edits import (
    AddHeader,
    AddText,
    Edit,
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


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (AddHeader("X-Tag", "external.sender"), "add the field X-Tag: external.sender"),
        (RemoveHeader("X-Tag"), "remove the field X-Tag"),
        (RenameHeader("X-Tag", "X-Other", 1200), "rename the field X-Tag at octet 1,200 to X-Other"),
        (SetSubject("[External] Hello"), "set the subject to [External] Hello"),
        (
            InsertText("1.1", "top", "a\n" * 206, "b" * 1203),
            "insert text at the top of part 1.1: 412 characters of text, 1,203 of HTML",
        ),
        (InsertText("1", 12, "a", ""), "insert text at character 12 of part 1: 1 character of text, 0 of HTML"),
        (AddText("a\n"), "add a part with text in front: 2 characters"),
        (RemoveText("1", 1000, 1500), "remove text from part 1: 500 characters from character 1,000 on"),
        (ReplacePart("1.2", "gone", "a.txt"), "put text named a.txt in the place of part 1.2: 4 characters"),
        (RemovePart("1.2"), "remove part 1.2"),
        (Wrap("a", "bc"), "put the message as an attachment behind text: 1 character of text, 2 of HTML"),
    ],
)
def test_in_words(edit: Edit, said: str) -> None:
    """Inserted text is told by its length: a repr of a page of HTML tells nobody anything."""
    assert in_words(describe(edit)) == said
