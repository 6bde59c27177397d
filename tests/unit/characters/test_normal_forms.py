"""Normal forms: as Unicode has them for any text that people write, and bounded for the rest."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from gateway.characters.normal_forms import MOST_MARKS, normal_form


@pytest.mark.parametrize("text", ["", "plain", "Zoe\u0308 a\u0301\u0323", "\ufb01n", "e" + "\u0301" * MOST_MARKS])
def test_text_of_people(text: str) -> None:
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert normal_form(form, text) == unicodedata.normalize(form, text)


def test_a_long_run_of_marks_is_cut() -> None:
    """40,000 marks would take seconds to order."""
    pair = "\u0323\u0301"
    assert normal_form("NFD", f"a{pair * 20_000}b") == unicodedata.normalize("NFD", f"a{pair * (MOST_MARKS // 2)}b")


def test_all_marks_are_known() -> None:
    for code in range(sys.maxunicode + 1):
        if unicodedata.combining(mark := chr(code)):
            assert normal_form("NFC", mark * 100) == unicodedata.normalize("NFC", mark * MOST_MARKS), f"U+{code:04X}"
