"""The persons told of what the gateway itself holds."""

from __future__ import annotations

import pytest

from gateway.act.notices.addressees import to_be_told
from gateway.contract import Finding
from gateway.judge.chain import Found
from gateway.judge.codes import BLOCKED, POISON
from gateway.judge.policy import Terms, decide
from tests.support.builders.judgement import mail


@pytest.mark.parametrize(("codes", "told"), [([BLOCKED], set()), ([POISON], {"recipient"}), ([POISON, BLOCKED], set())])
def test_of_a_blocked_sender_nobody_is_told(codes: list[str], told: set[str]) -> None:
    """Nobody wants a notice for each message of a sender whom a reviewer has blocked."""
    (decision,) = decide(mail(), [Found(Finding(code, "x")) for code in codes], Terms(lambda _: frozenset())).decisions
    assert decision.disposition == "quarantine"
    assert to_be_told(decision) == told


def test_a_block_cites_a_clause_of_its_own() -> None:
    """Viruses have nothing to do with it."""
    (judged,) = decide(mail(), [Found(Finding(BLOCKED, "x"))], Terms(lambda _: frozenset())).judged
    assert judged.clause == "security.phishing"
