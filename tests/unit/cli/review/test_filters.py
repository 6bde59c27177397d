"""The filter that a reviewer types on the screen."""

from __future__ import annotations

import pytest

from gateway.cli.review.filters import FilterError, as_filters, as_text


def test_fields_and_words_of_the_subject() -> None:
    typed = "code:virus.* from:*@acme.example assigned:nobody new invoice"
    found = as_filters(typed)
    assert found == {"code": "virus.*", "sender": "*@acme.example", "assigned_to": "", "subject": "new invoice"}
    assert as_text(found) == typed
    assert as_filters("") == {}


@pytest.mark.parametrize("typed", ["kode:x", "code:", "since:yesterday"])
def test_a_slip_is_told(typed: str) -> None:
    with pytest.raises(FilterError, match=typed):
        as_filters(typed)
