"""Lines of base64."""

from __future__ import annotations

import base64

import pytest

from gateway.message.encodings import base64_text


@pytest.mark.parametrize("line_break", [b"\r\n", b"\n"])
@pytest.mark.parametrize("width", [4, 60, 76])
@pytest.mark.parametrize("octets", [0, 1, 2, 3, 56, 57, 58, 114, 115])
def test_even_lines_go_the_quick_way(octets: int, width: int, line_break: bytes) -> None:
    letters = base64.b64encode(b"x" * octets)
    body = b"".join(letters[at : at + width] + line_break for at in range(0, len(letters), width))
    assert base64_text._decode_even(body) == b"x" * octets


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_the_limit_of_lines_of_base64(more: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Past it, lines between others are no longer picked out."""
    monkeypatch.setattr(base64_text, "MAX_LINES", 10)
    found = dict(base64_text.other_base64(b"QUJD\r\n!\r\n" * (10 + more)))["base64 of whole lines"]
    assert found == b"ABC" * min(10 + more, 10)
