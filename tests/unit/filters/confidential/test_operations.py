"""Operations on agreements by reply: each needs a reason, and nobody is asked who can't agree.

What they do is in tests/scenarios/confidential_agreements.yaml.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from filters.confidential.operations import AgreementOperations
from filters.confidential.settings import AI_SERVICES, Agreement
from gateway.contract import Actor, Refused
from tests.support.builders.judgement import NOW, FakeClock
from tests.unit.filters.confidential.conftest import shipped

ALICE = Actor("alice", frozenset({"reviewer"}), 1000)
JO = "jo@lawyer.example"
ANN = "ann@example.co.uk"
LISTED = Agreement(recipients=("*@lawyer.example",), date=NOW.date(), recorded_by="Ann")


class Store:
    """One address that has agreed by a reply."""

    async def revoke(self, address: str, **_: Any) -> str | None:
        return "agreed" if address == JO else None


def made(*agreed: Agreement, services: tuple[str, ...] = AI_SERVICES, requests: Any = ()) -> AgreementOperations:
    settings = shipped().model_copy(update={"ai_services": services, "agreed": agreed})
    return AgreementOperations([settings], FakeClock(), Store(), requests)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("operations", "address", "reason", "sentence"),
    [
        (made(), JO, " ", "--reason must say why"),
        (made(), f"a@{JO}", "our lawyer", "is no address"),
        (AgreementOperations([], FakeClock(), Store(), ()), JO, "our lawyer", "no filter `confidential` is on"),  # type: ignore[arg-type]
        (made(requests=None), JO, "our lawyer", "set control_address"),
        (made(), "x@openai.com", "why not", "one of ai_services"),
        (made(LISTED), JO, "our lawyer", r"has agreed already.*\*@lawyer.example"),
        (made(services=("robot.example",)), "x@robot.example", "why not", "one of ai_services"),
    ],
)
async def test_nobody_is_asked(operations: AgreementOperations, address: str, reason: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        await operations._ask(ALICE, address, reason)


async def test_a_reason_is_needed_to_revoke() -> None:
    with pytest.raises(Refused, match="must say why"):
        await made()._revoke(ALICE, JO, "\u200b")


async def test_who_revokes_hears_of_an_agreement_in_the_configuration() -> None:
    """Mail goes on passing by it."""
    assert await made()._revoke(ALICE, JO, "has left") == {"state": "agreed", "listed": ""}
    assert await made(LISTED)._revoke(ALICE, JO, "has left") == {"state": "agreed", "listed": "*@lawyer.example"}
    with pytest.raises(Refused, match=r"`agreed` of the configuration.*\*@lawyer.example"):
        await made(LISTED)._revoke(ALICE, "al@lawyer.example", "has left")
    with pytest.raises(Refused, match="was not asked"):
        await made()._revoke(ALICE, "al@lawyer.example", "has left")


@pytest.mark.parametrize(("agreed_tls", "needed"), [("required", True), ("any", False)])
async def test_nobody_is_asked_whose_agreement_would_not_count(agreed_tls: str, needed: bool) -> None:
    """The question goes only where an agreement counts on the way."""

    class Requests:
        async def ask(self, address: str, *, actor: str, reason: str, needs_tls: bool, sender: str) -> datetime:
            assert (address, actor, reason, needs_tls, sender) == (JO, "alice", "our lawyer", needed, ANN)
            return NOW

    settings = shipped().model_copy(update={"agreed_tls": agreed_tls})
    operations = AgreementOperations([settings], FakeClock(), Store(), Requests())  # type: ignore[arg-type]
    assert await operations._ask(ALICE, JO, "our lawyer", ANN) == NOW.isoformat()
