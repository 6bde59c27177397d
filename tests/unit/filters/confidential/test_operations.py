"""Operations on agreements by reply: each needs a reason, and nobody is asked who can't agree.

What they do is in tests/scenarios/confidential_agreements.yaml.
"""

from __future__ import annotations

from typing import Any

import pytest

from filters.confidential.operations import AgreementOperations
from gateway.contract import Actor, Refused
from tests.support.builders.judgement import FakeClock
from tests.unit.filters.confidential.conftest import shipped

ALICE = Actor("alice", frozenset({"reviewer"}), 1000)
JO = "jo@lawyer.example"


def made(*services: str, requests: Any = ()) -> AgreementOperations:
    settings = [shipped().model_copy(update={"ai_services": services})] if services else []
    return AgreementOperations(settings, FakeClock(), None, requests)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("operations", "address", "reason", "sentence"),
    [
        (made(), JO, " ", "--reason must say why"),
        (made(requests=None), JO, "our lawyer", "set control_address"),
        (made(), "x@openai.com", "why not", "one of ai_services"),
        (made("robot.example"), "x@robot.example", "why not", "one of ai_services"),
    ],
)
async def test_nobody_is_asked(operations: AgreementOperations, address: str, reason: str, sentence: str) -> None:
    """Without an entry of the chain the shipped services count."""
    with pytest.raises(Refused, match=sentence):
        await operations._ask(ALICE, address, reason)


async def test_a_reason_is_needed_to_revoke() -> None:
    with pytest.raises(Refused, match="must say why"):
        await made()._revoke(ALICE, JO, "\u200b")
