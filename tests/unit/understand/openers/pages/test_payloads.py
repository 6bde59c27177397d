"""Literals in scripts that are as big as a file."""

from __future__ import annotations

import pytest

from gateway.understand.openers.pages.payloads import BIG_LITERAL_BYTES, has_big_literal
from tests.corpus.wrapping import letters

PNG = b"\x89PNG\r\n\x1a\n" + bytes(3000)


@pytest.mark.parametrize("more", [-4, 0, 4])
def test_how_big_a_literal_is_a_file(more: int) -> None:
    """A literal is big if its letters encode 1 KB or more."""
    written = letters(bytes(range(256)) * 8)[: BIG_LITERAL_BYTES * 4 // 3 + more]
    assert has_big_literal(b"x='" + written + b"'") is (more >= 0)


def test_a_rule_is_no_literal() -> None:
    """Nor is a picture."""
    assert not has_big_literal(b"-" * 5000)
    assert not has_big_literal(letters(PNG))
