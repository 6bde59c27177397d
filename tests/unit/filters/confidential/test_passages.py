"""The choice of the texts that are searched, and what counts below a letter."""

from __future__ import annotations

import pytest

from filters.confidential.passages import letter_first, naming, searched
from gateway.matching import MAX_CHARACTERS, within_limit
from gateway.message.mime.parse import parse
from gateway.message.passage import CUT_CHARACTERS
from tests.unit.filters.confidential.conftest import passage


@pytest.mark.parametrize(("is_forwarded", "is_answer"), [(True, True), (True, False), (False, True), (False, False)])
def test_an_answers_quotation_is_not_searched(is_forwarded: bool, is_answer: bool) -> None:
    message = parse(b"Subject: x\r\n\r\nSee below.\r\n\r\n> Their words\r\n")
    chosen = searched(message, is_forwarded=is_forwarded, is_answer=is_answer)
    for passages in (chosen.markings, chosen.data):
        assert ("quoted" in {one.kind for one in passages}) is (is_forwarded or not is_answer)


def test_what_stands_below_a_letter_is_searched() -> None:
    """A footer has no marking."""
    footer = b"This e-mail is confidential. If you are not the intended recipient, please delete it.\r\n"
    message = parse(b"Subject: x\r\n\r\nSee below.\r\n\r\n-- \r\nKim Clark\r\n\r\n" + footer)
    chosen = searched(message, is_forwarded=False, is_answer=False)
    assert [one.kind for one in chosen.markings] == ["subject", "new", "signature"]
    assert [one.kind for one in chosen.data] == ["subject", "new", "signature", "footer"]


def test_names_below_a_letter_count_beside_an_identifier() -> None:
    kinds = ("subject", "new", "quoted", "signature", "footer", "attachment")
    several = [passage("x", kind) for kind in kinds]
    found = naming(several, lambda one: one.kind == "footer")
    assert [one.kind for one in found] == ["new", "footer", "attachment"]


def test_the_letter_is_read_before_the_attachments_up_to_the_limit() -> None:
    texts = [passage("a" * 50_000, "attachment"), passage("b" * 10_000), passage("c", "attachment")]
    found = within_limit(letter_first(texts))
    assert [(one.kind, one.text[:1], len(one.text)) for one in found] == [
        ("new", "b", 10_000),
        ("attachment", "a", MAX_CHARACTERS - 10_000 - CUT_CHARACTERS),
    ]


def test_short_texts_are_read_as_they_are() -> None:
    texts = [passage("a"), passage("b", "attachment")]
    assert within_limit(letter_first(texts)) == texts
