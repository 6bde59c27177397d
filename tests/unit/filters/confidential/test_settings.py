"""Settings of `confidential`: mistakes in agreements and accounts."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from filters.confidential.filter import Confidential
from filters.confidential.settings import ConfidentialSettings
from tests.unit.filters.confidential.conftest import shipped

AGREED = {"recipients": ["*@lawyer.example"], "date": "2026-01-31", "recorded_by": "Jo Day"}


def made(**keys: Any) -> ConfidentialSettings:
    return ConfidentialSettings.model_validate({"rules": shipped().rules, **keys})


def test_an_agreement_needs_recipients_date_and_recorder() -> None:
    assert made(agreed=[AGREED]).agreed[0].recorded_by == "Jo Day"
    for key in AGREED:
        with pytest.raises(ValidationError):
            made(agreed=[{name: value for name, value in AGREED.items() if name != key}])


def test_an_agreement_of_the_future_is_remarked_on() -> None:
    settings = made(agreed=[AGREED])
    (found,) = Confidential.remarks(settings, ["example.co.uk"], date(2026, 1, 30))
    assert (found.at, found.sentence[:23]) == (("agreed", 0, "date"), "2026-01-31 is to come: ")
    assert not list(Confidential.remarks(settings, ["example.co.uk"], date(2026, 1, 31)))


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("client.example", "no address is client.example: write a whole address, or *@client.example for a domain"),
        ("ann@example.co.uk", "ann@example.co.uk is your own: only mail to outside is looked through"),
        ("*@post.example.com", "*@post.example.com is your own: only mail to outside is looked through"),
        ("*@lawyer.example", ""),
        ("*.lawyer.example", ""),
    ],
)
def test_patterns_that_no_recipient_outside_has_are_remarked_on(pattern: str, said: str) -> None:
    settings = made(agreed=[{**AGREED, "recipients": ["jo@lawyer.example", pattern]}])
    found = list(Confidential.remarks(settings, ["example.co.uk", ".example.com"], date(2026, 1, 31)))
    assert [(one.at, one.sentence) for one in found] == ([(("agreed", 0, "recipients", 1), said)] if said else [])


def test_agreements_may_count_on_tls() -> None:
    assert Confidential.counts_on_tls(made(agreed=[AGREED]))
    assert not Confidential.counts_on_tls(made(agreed=[AGREED], agreed_tls="any"))
    assert not Confidential.counts_on_tls(made())


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("*@openai.com", "one of ai_services"),
        ("x@claude.ai", "one of ai_services"),
        ("*", "nobody agrees in everybody's name"),
        ("*@*", "nobody agrees in everybody's name"),
        ("", "an address is expected"),
        ("bob@", "an address is expected"),
    ],
)
def test_nobody_agrees_for_everybody_or_for_a_service(pattern: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        made(agreed=[{**AGREED, "recipients": [pattern]}])


def test_our_own_accounts_are_ibans() -> None:
    assert made(own_accounts=["gb33 bukb 2020 1555 5555 55"]).own_accounts == ("GB33BUKB20201555555555",)
    with pytest.raises(ValidationError, match="an IBAN is expected"):
        made(own_accounts=["GB34BUKB20201555555555"])
