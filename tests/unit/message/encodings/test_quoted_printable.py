"""Mended escapes of quoted-printable."""

from __future__ import annotations

import pytest

from gateway.message.encodings import quoted_printable


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_the_limit_of_mended_escapes(more: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those behind it are decoded as they come: the first of two "=" hides the second."""
    monkeypatch.setattr(quoted_printable, "MENDED", 10)
    found = quoted_printable.decode_quoted_printable(b"==41" * (10 + more)).octets
    assert found == b"=A" * min(10 + more, 10) + b"=41" * max(0, more)
