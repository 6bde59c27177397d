"""Mail that may carry confidential content."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from filters.confidential.identifiers import identifiers
from filters.confidential.leave import (
    ListedAgreements,
    Named,
    concerns_alone,
    is_named_like_ai,
    is_only_about,
    name_words,
)
from filters.confidential.limits import Limits
from filters.confidential.people import People, PersonRow
from filters.confidential.settings import AI_SERVICES, Agreement
from tests.unit.filters.confidential.conftest import passage

FROM = date(2026, 1, 31)


def test_agreements() -> None:
    agreed = Agreement(recipients=("*@lawyer.example", "jo@doctor.example"), date=FROM, recorded_by="Jo Day")
    agreements = ListedAgreements([agreed], AI_SERVICES)
    assert agreements.covering("Sue@Lawyer.example", FROM) == "*@lawyer.example"
    assert agreements.covering("jo@doctor.example", FROM) == "jo@doctor.example"
    assert not agreements.covering("al@doctor.example", FROM)
    assert not agreements.covering("sue@lawyer.example.org", FROM)
    assert not ListedAgreements([], AI_SERVICES).covering("jo@doctor.example", FROM)
    assert not agreements.covering("jo@doctor.example", FROM - timedelta(days=1))
    both = [agreed.model_copy(update={"date": FROM + timedelta(days=9)}), agreed]
    assert ListedAgreements(both, AI_SERVICES).covering("jo@doctor.example", FROM)


def test_services_of_artificial_intelligence() -> None:
    agreements = ListedAgreements([], AI_SERVICES)
    assert agreements.is_service("import@openai.com")
    assert agreements.is_service("x@mail.claude.ai")
    assert not agreements.is_service("x@outside.example")
    assert is_named_like_ai("ask@openchat-ai.example")
    assert is_named_like_ai("ask@lawgpt.example")
    assert not is_named_like_ai("ask@aidan.example")


@pytest.mark.parametrize(
    ("address", "shown", "text", "alone"),
    [
        ("f.petrescu@mail.example", "", "Dear Mr Petrescu, NI NR 60 15 92 C, born 3/9/1990", True),
        ("office@firm.example", "Florin Petrescu", "Dear Mr Petrescu, NI NR 60 15 92 C", True),
        ("office@firm.example", "", "the office has NI NR 60 15 92 C", False),
        ("colin@bureau.example", "", "Dear Colin, Florin Petrescu has NI NR 60 15 92 C", False),
        ("colin@bureau.example", "", "Dear Colin, please charge card 5555 5555 5555 4444", False),
        ("f.petrescu@mail.example", "", "Dear Mr Petrescu, NI NR 60 15 92 C\n\nKath Braithwaite", True),
        ("joe@outside.example", "", "Mr Petrescu: NI NR 60 15 92 C", False),
        ("f.petrescu@mail.example", "", "Petrescu NI NR 60 15 92 C, Fell NI JK 48 21 73 B", False),
    ],
)
def test_numbers_of_the_recipient(address: str, shown: str, text: str, alone: bool) -> None:
    texts = [passage(text)]
    assert concerns_alone(address, shown, "Kath Braithwaite", Named.of(texts), identifiers(texts, Limits())) is alone


def test_a_table_about_the_recipient() -> None:
    mine = PersonRow("amy cole", frozenset({"pay"}), "1")
    assert is_only_about("amy.cole@mail.example", "", People((mine,)))
    assert not is_only_about("bo.dean@mail.example", "", People((mine,)))
    assert not is_only_about("amy.cole@mail.example", "", People((mine, PersonRow("bo dean", frozenset({"pay"}), "1"))))


def test_words_of_names() -> None:
    assert name_words("jo.van-dyke71@mail.example") == {"van", "dyke"}
    assert name_words("info@mail.example") == frozenset()
