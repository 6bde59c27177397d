"""The lines of a text."""

from __future__ import annotations

import pytest

from filters.confidential.lines import lines_of, unwrapped


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        (f"{'x' * 60}\nand on", f"{'x' * 60} and on"),
        (f"{'x' * 47}\nand on", f"{'x' * 47}\nand on"),
        (f"{'x' * 81}\nand on", f"{'x' * 81}\nand on"),
        (f"{'x' * 60}\n\nand on", f"{'x' * 60}\n\nand on"),
        (f"{'x' * 60}\t4\nand on", f"{'x' * 60}\t4\nand on"),
        (f"- {'x' * 60}\nand on", f"- {'x' * 60}\nand on"),
        ("", ""),
    ],
)
def test_wrapped_lines_are_one_again(text: str, joined: str) -> None:
    assert unwrapped(text) == joined


def test_a_long_line_comes_in_pieces() -> None:
    assert list(lines_of("abcde\n\nf", 2)) == [(0, "ab"), (2, "cd"), (4, "e"), (6, ""), (7, "f")]
