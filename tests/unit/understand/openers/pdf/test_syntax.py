"""Values of PDF, nested and broken."""

from __future__ import annotations

import pytest

from gateway.understand.openers.pdf.syntax import read_values


def test_values_are_read_however_deep_they_nest() -> None:
    """The reader doesn't recurse; values deeper than the limit are read as if they stood side by side."""
    assert len(read_values(b"[" * 100_000 + b"/A" + b"]" * 100_000)) == 1


@pytest.mark.parametrize(
    "text", [b"<< /A", b"(", b"<4", b">>", b"]", b"/", b"#", b"<< 1 2 >>", b"\\", b"{}", b"12 0 R"]
)
def test_broken_values_end_with_their_text(text: bytes) -> None:
    """Nothing is raised."""
    assert isinstance(read_values(text), list)
