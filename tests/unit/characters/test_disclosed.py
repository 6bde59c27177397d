"""Characters that mislead are written out; honest text in any script stays as it is."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.characters.disclosed import disclosed


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Plain text\n\twith a tab", "Plain text\n\twith a tab"),
        ("a\u200bb", "a⟨U+200B⟩b"),
        ("\u202egnp.exe", "⟨U+202E⟩gnp.exe"),
        ("\x1b[31m\x00", "⟨U+001B⟩[31m⟨U+0000⟩"),
        ("p\u0430ypal", "p\u0430ypal⟨looks like paypal⟩"),
        (
            "visit \u0440\u0430\u0443\u0440\u04301 now please",
            "visit \u0440\u0430\u0443\u0440\u04301⟨looks like paypa1⟩ now please",
        ),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("\u2800\u3164", "⟨U+2800⟩⟨U+3164⟩"),
    ],
)
def test_what_misleads_is_written_out(text: str, shown: str) -> None:
    assert disclosed(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Caf\u00e9 Z\u00fcrich, \u0141\u00f3d\u017a, na\u00efve",
        "\u0423\u0445\u043e \u0438 \u043d\u043e\u0441",
        "\u039a\u03b1\u03bb\u03b7\u03bc\u03ad\u03c1\u03b1",
        "\u4f60\u597d",
        "5 \u00b5m \u2013 \u201cquoted\u201d",
    ],
)
def test_honest_text_stays(text: str) -> None:
    assert disclosed(text) == text


@given(st.text())
def test_nothing_invisible_is_left(text: str) -> None:
    """Law 6: a terminal is moved by nothing."""
    assert {unicodedata.category(one) for one in disclosed(text) if one not in "\n\t"}.isdisjoint({"Cc", "Cf", "Cs"})


def test_other_blanks_are_blanks() -> None:
    """A terminal would show none of them as one."""
    assert disclosed("Bonjour\u00a0! a\u3000b") == "Bonjour ! a b"


def test_variation_selectors_are_written_out() -> None:
    assert disclosed("pay\ufe00pal \U000e0101") == "pay⟨U+FE00⟩pal ⟨U+E0101⟩"
    assert disclosed("\u2764\ufe0f") == "\u2764\ufe0f"
