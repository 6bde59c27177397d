"""Mail from outside with an address of ours in From."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from filters.impersonation.own_domain import OwnDomain
from gateway.contract import Arc, Authentication, AuthResult, Client, Dmarc
from tests.unit.filters.impersonation.facts import DIRECTORY, facts, verified

OWN = OwnDomain(DIRECTORY)
ANN = "ann@example.co.uk"
LISTED = "List-Id: <dev.lists.example>"


def found(*fields: str, sender: str = ANN, **parts: Any) -> bool:
    return bool(OWN.evidence(facts(sender, *fields, **parts)))


def test_an_address_of_ours_needs_proof() -> None:
    assert found(authentication=verified(unproven=[ANN]))
    assert not found(authentication=verified(ANN))
    assert not found(sender="eve@outside.example", authentication=verified(unproven=["eve@outside.example"]))


def test_addresses_below_our_domains_are_ours() -> None:
    assert OWN.claimed([ANN, "x@mail.example.co.uk", "x@notexample.co.uk", "x@example.co.uk.test"]) == [
        ANN,
        "x@mail.example.co.uk",
    ]


def test_nothing_is_said_where_nobody_verifies_or_a_host_of_ours_sends() -> None:
    assert not found(authentication=Authentication())
    assert not found(authentication=verified(unproven=[ANN]), client=Client("192.0.2.1", trusted=True))


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ((LISTED,), "dev-bounces@lists.example"),
        (("X-Forwarded-To: x@y.example",), "x@y.example"),
        ((), "SRS0=a=b=c=ann@f.example"),
    ],
)
@pytest.mark.parametrize(
    ("result", "policy", "held"),
    [("fail", "none", False), ("fail", "quarantine", True), ("fail", "reject", True), ("none", "", False)],
)
def test_our_own_policy_decides_where_a_list_or_forwarder_passed_it_on(
    fields: tuple[str, ...], path: str, result: AuthResult, policy: str, held: bool
) -> None:
    authentication = verified(unproven=[ANN], dmarc=Dmarc(result, policy, "example.co.uk"))
    about = facts(ANN, *fields, authentication=authentication)
    envelope = replace(about.mail.envelope, mail_from=path)
    assert bool(OWN.evidence(replace(about, mail=replace(about.mail, envelope=envelope)))) is held


def test_a_sealed_message_was_passed_on() -> None:
    sealed = Authentication(verified=True, authors=verified(unproven=[ANN]).authors, arc=Arc("pass", "lists.example"))
    assert not found(authentication=sealed)
