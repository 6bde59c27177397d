"""Splices over octets."""

from __future__ import annotations

import pytest

from gateway.message.edits import AddHeader, EditConflict
from gateway.message.edits.splices import Splice, splice

ONE, OTHER = AddHeader("X", "1"), AddHeader("X", "2")


def test_what_is_between_stays() -> None:
    """The octets between splices stay, in any order of the splices; splices may touch."""
    splices = [Splice(4, 6, b"", ONE), Splice(1, 2, b"XX", ONE), Splice(6, 6, b"Y", OTHER)]
    assert splice(b"01234567", splices) == b"0XX23Y67"
    assert splice(b"01", []) == b"01"


def test_insertions_at_one_offset_keep_their_order() -> None:
    """And come before what replaces the octets there."""
    splices = [Splice(1, 2, b"c", ONE), Splice(1, 1, b"a", ONE), Splice(1, 1, b"b", OTHER)]
    assert splice(b"012", splices) == b"0abc2"


@pytest.mark.parametrize("second", [Splice(2, 5, b"", OTHER), Splice(1, 2, b"", OTHER), Splice(2, 2, b"", OTHER)])
def test_an_overlap_is_a_conflict_of_the_two(second: Splice) -> None:
    """Nothing is rendered."""
    with pytest.raises(EditConflict) as conflict:
        splice(b"01234567", [second, Splice(1, 4, b"", ONE)])
    assert {conflict.value.first, conflict.value.second} == {ONE, OTHER}
