"""Selectors of long attributes."""

from __future__ import annotations

import pytest

from gateway.message.text.html.selectors import MAX_VALUE_CHARACTERS, Attribute


@pytest.mark.parametrize(("length", "fits"), [(-1, False), (0, False), (1, True)])
def test_long_attributes(length: int, fits: bool) -> None:
    """A value that is too long to be compared is taken to fit."""
    value = "x" * (MAX_VALUE_CHARACTERS + length)
    assert Attribute("a", "$=", "y", False).fits({"a": value}) == fits
