"""Domains that could be taken for ours or for a correspondent's."""

from __future__ import annotations

import pytest

from filters.impersonation.lookalikes import Lookalikes
from gateway.contract import ANYONE
from gateway.matching import ADDED_WORDS, kept_forms
from tests.unit.filters.impersonation.facts import DIRECTORY, OURS, facts, known, verified

ALIKE = Lookalikes(DIRECTORY, OURS, ADDED_WORDS, ["example-group.com"], 30)
MILL = {**known([(ANYONE, form) for form in kept_forms("millworks.test")])}


@pytest.mark.parametrize(
    ("sender", "found"),
    [
        ("eve@examp1e.com", True),
        ("eve@exampel.com", True),
        ("eve@example.co.uk.outside.test", True),
        ("eve@example-invoices.com", True),
        ("eve@example.net", True),
        ("eve@example-group.com", False),
        ("eve@sample.test", False),
        ("ann@example.co.uk", False),
        ("eve@rnillworks.test", True),
        ("eve@millworks.org", False),  # shares the name alone
        ("eve@millworks-group.test", False),
    ],
)
def test_which_domains_are_look_alikes(sender: str, found: bool) -> None:
    assert bool(ALIKE.evidence(facts(sender, remembered=MILL), doubted=False)) is found


@pytest.mark.parametrize("sender", ["eve@millworks.org", "eve@millworks-group.test"])
def test_a_shared_name_counts_beside_another_doubt(sender: str) -> None:
    assert ALIKE.evidence(facts(sender, remembered=MILL), doubted=True)


def test_somebody_whom_we_have_written_to_is_no_look_alike() -> None:
    sender = "eve@examp1e.com"
    assert not ALIKE.evidence(facts(sender, remembered=known([(ANYONE, sender)], sent=1)), doubted=True)
    assert ALIKE.evidence(facts(sender, remembered=known([(ANYONE, sender)], sent=0)), doubted=True)


@pytest.mark.parametrize(("days", "found"), [(29, True), (30, False)])
def test_a_domain_that_shares_our_name_becomes_known(days: int, found: bool) -> None:
    """A domain that looks the same never does, and a message that nothing proves gains nothing."""
    remembered = known([(ANYONE, "@example.net"), (ANYONE, "@examp1e.com")], days, sent=0)
    assert bool(ALIKE.evidence(facts("eve@example.net", remembered=remembered), doubted=False)) is found
    assert ALIKE.evidence(facts("eve@examp1e.com", remembered=remembered), doubted=False)
    forged = facts("eve@example.net", remembered=remembered, authentication=verified(unproven=["eve@example.net"]))
    assert ALIKE.evidence(forged, doubted=False)
