"""Remarks of `check` on the chain: notices to nobody or the wrong people, exemptions, and settings without effect."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.unit.settings.conftest import exemption

Look = Callable[..., list[str]]

MANAGED = (
    "directory: {people: [{name: A, addresses: [a@example.co.uk], manager: b@example.co.uk},"
    " {name: B, addresses: [b@example.co.uk]}]}"
)
UNION = "directory: {{groups: {{{}: ['*@union.example']}}}}"

ODD = {
    "sender": (exemption("senders: [partner.example], networks: [192.0.2.0/24]"), "senders[0]: no address is partner"),
    "recipient": (exemption("recipients: [bob]"), "recipients[0]: no address is bob"),
    "not ours": (
        exemption('recipients: ["*@partner.example"]'),
        "recipients[0]: partner.example is none of our domains",
    ),
    "misdirected": ("filters: [audience]", "filters[0].audience: without `external` nobody's usual addresses"),
    "unproven": (exemption("senders: [a@partner.example]"), "senders: inbound senders are proven by nothing"),
    "no manager to tell": (
        "filters: [commitment: {notify: [sender, manager]}]",
        "filters[0].commitment: `notify` names the manager, and the directory names nobody's",
    ),
    "nobody to tell": (
        "filters: [language: {notify: [reviewers]}]",
        "names reviewers, and no action of this filter can tell them: as it is, manager and sender can be told",
    ),
    "an action for mail that is not looked at": (
        "filters: [commitment: {action: {inbound: quarantine, outbound: log}}]",
        "commitment.action.inbound: this action is never taken: the filter looks at outbound mail alone (`directions`)",
    ),
    "an action for findings that such mail never has": (
        "filters: [external: , impersonation: {actions: {impersonation.assumed: {inbound: quarantine}}}]",
        "impersonation.actions[impersonation.assumed].inbound: this action is never taken: "
        "impersonation.assumed is found in outbound and internal mail alone",
    ),
    "an action for people outside in mail from there": (
        "filters: [external: , audience: {actions: {audience.exposed: {inbound: quarantine}}}]",
        "audience.actions[audience.exposed].inbound: this action is never taken: "
        "audience.exposed is found in outbound mail alone",
    ),
    "an action for our announcement from outside": (
        "filters: [external: , payment_change: {actions: {payment_change.announcement: {inbound: reject}}}]",
        "payment_change.actions[payment_change.announcement].inbound: this action is never taken: "
        "payment_change.announcement is found in outbound mail alone",
    ),
    "an action for mail without findings": (
        "filters: [receipt: {mode: monitor, action: {inbound: quarantine, outbound: log}}]",
        "receipt.action.inbound: this action is never taken: the filter finds nothing in inbound mail",
    ),
    "an action for a code without mail": (
        "filters: [external: , impersonation: {directions: [outbound], actions: {impersonation.name: quarantine}}]",
        "impersonation.actions[impersonation.name]: this action is never taken: "
        "impersonation.name is found in inbound mail alone",
    ),
    "an action for what is not looked for": (
        "filters: [personal: {actions: {personal.unlabelled: {do: log, notify: [sender]}}}]",
        "personal.actions[personal.unlabelled]: this action is never taken: "
        "personal.unlabelled is found in no mail, as the filter is set",
    ),
    "a suspicion that is held alone": (
        "filters: [confidential: {actions: {confidential.words: log}}]",
        "filters[0].confidential: confidential.suspected is held for the language model's word alone, and "
        "confidential.words, where words are found too, is not: give confidential.suspected an action of its own",
    ),
    "nothing to find": (
        "filters: [confidential: {directions: [inbound, internal]}]",
        "confidential.directions: it finds nothing without outbound mail: only mail to outside is looked through",
    ),
    "no answers": (
        "filters: [receipt: {mode: monitor, directions: [outbound]}]",
        "receipt.directions: without inbound mail it sees no answer",
    ),
    "no counterparty": (
        "directory: {groups: {buyers: [ann@example.co.uk]}}\n"
        "filters: [commitment: {signatories: [{group: buyers, counterparties: [supplier.example]}]}]",
        "counterparties[0]: no address is supplier.example: write a whole address, or *@supplier.example",
    ),
    "our own counterparty": (
        "directory: {groups: {buyers: [ann@example.co.uk]}}\n"
        'filters: [commitment: {signatories: [{group: buyers, counterparties: ["*@x.example.com"]}]}]',
        "counterparties[0]: *@x.example.com is your own: only mail to outside is looked through",
    ),
    "an amount that may be misread": (
        "directory: {groups: {buyers: [ann@example.co.uk]}}\n"
        "filters: [commitment: {signatories: [{group: buyers, up_to: [10.000 GBP, '10,000 EUR', 10000 USD]}]}]",
        "signatories[0].up_to[0]: 10.000 GBP is read as 10,000 GBP",
    ),
    "nobody is protected": (
        f"{UNION.format('protected_correspondent')}\nfilters: [language: {{mode: enforce}}]",
        "nobody is in the group protected_correspondents, whose mail language would leave alone: "
        "is protected_correspondent meant?",
    ),
    "the manager alone": (
        f"{MANAGED}\nfilters: [commitment: {{action: {{outbound: {{do: log, notify: [manager]}}}}}}]",
        "commitment.made, commitment.limit: the manager is told, and the sender is not",
    ),
}


@pytest.mark.parametrize("more", ODD.values(), ids=ODD)
def test_what_has_no_effect_is_told(look: Look, more: tuple[str, str]) -> None:
    """Once, with file and line."""
    written, sentence = more
    (said,) = look(written)
    assert said.startswith("gateway.yaml:")
    assert sentence in said


FINE = {
    "told of one that is held": (
        "filters: [broadcast: {notify: [reviewers, sender], actions: {broadcast.joke: quarantine}}]"
    ),
    "an action where something is found": (
        "filters: [external: , impersonation: {action: {inbound: quarantine, outbound: log}}, "
        "personal: {unlabelled: true, actions: {personal.unlabelled: {do: log, notify: [sender]}}}]"
    ),
    "suspicions as gently as findings": (
        "filters: [confidential: {actions: {confidential.words: log, confidential.suspected: log}}]"
    ),
    "told of an error": "filters: [external: {notify: [reviewers], on_error: quarantine}]",
    "told with the sender": f"{MANAGED}\nfilters: [commitment: {{notify: [sender, manager]}}]",
    "protected": f"{UNION.format('protected_correspondents')}\nfilters: [language: {{mode: enforce}}]",
    "nobody to protect": ("directory: {groups: {protected_correspondents: []}}\nfilters: [language: {mode: enforce}]"),
    "patterns": exemption('recipients: [bob@example.co.uk, "*@a.example.com", "list-*"]'),
    "proven": "authentication: {verify: true}\n" + exemption("senders: [a@partner.example]"),
    "with networks": exemption("senders: [a@partner.example], networks: [192.0.2.0/24]"),
    "our own senders": exemption('senders: ["*@example.co.uk"]', "mode: enforce"),
    "off": exemption("recipients: [bob]", "mode: 'off', directions: [inbound]"),
}


@pytest.mark.parametrize("more", FINE.values(), ids=FINE)
def test_what_has_an_effect_is_not_told(look: Look, more: str) -> None:
    assert look(more) == []


HR = "reviewers: {root: [reviewer]}\nreviewer_addresses: {root: hr@example.co.uk}\n"
WRONG_PEOPLE = {
    "the threatener by default": (
        HR,
        "language.threat: quarantine",
        [
            "language.threat: held, and no reviewer is told: write `notify: [reviewers, recipient]`",
            "language.threat: the notice warns whoever threatens: write `{do: quarantine, notify: [reviewers]}`",
        ],
    ),
    "the threatener by a question": (
        "control_address: control@outside.example\n" + HR,
        "language.threat: {outbound: {do: quarantine, release: sender, notify: [reviewers]}}",
        ["control_address:", "language.threat: the notice warns"],
    ),
    "managers": (
        HR,
        "language.sexual: {outbound: {do: log, notify: [sender, manager]}}",
        ["the directory names nobody's", "language.sexual: the manager may be"],
    ),
    "the contact": (
        "reviewers: {root: [reviewer]}",
        "language.abuse: {do: quarantine, notify: [reviewers]}, language.threat: {do: quarantine, notify: [reviewers]}",
        ["language.abuse, language.threat: who said it to whom"],
    ),
    "the threatened alone": (
        HR,
        "language.threat: {inbound: quarantine}",
        ["language.threat: held, and no reviewer is told: write `notify: [reviewers, recipient]`"],
    ),
    "nobody about mail to outside": (
        HR,
        "language.threat: {outbound: {do: quarantine, notify: []}}, language.abuse: {do: quarantine, notify: []}",
        ["language.threat: held, and no reviewer is told: write `notify: [reviewers]`"],
    ),
    "those who can help": (HR, "language.threat: {do: quarantine, notify: [reviewers]}", []),
}


@pytest.mark.parametrize("case", WRONG_PEOPLE.values(), ids=WRONG_PEOPLE)
def test_notices_to_the_wrong_people_are_told(look: Look, case: tuple[str, str, list[str]]) -> None:
    """By the filter's own warnings."""
    more, actions, sentences = case
    said = look(f"{more}\nfilters: [language: {{actions: {{{actions}}}}}]")
    assert len(said) == len(sentences)
    assert all(sentence in one for sentence, one in zip(sentences, said, strict=True))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("", True),
        ('routes: {lawyer.example: {url: "smtp://mx.lawyer.example:25", tls: required}}\n', False),
        ('routes: {lawyer.example: "smtps://mx.lawyer.example"}\n', False),
        ('routes: {lawyer.example: ["smtps://mx.lawyer.example", "smtp://mx2.lawyer.example:25"]}\n', True),
        ('routes: {example.co.uk: "smtps://mx.example.co.uk"}\n', True),
    ],
)
def test_agreements_that_count_on_tls_where_no_next_hop_requires_it(look: Look, more: str, said: bool) -> None:
    agreed = "{recipients: [jo@lawyer.example], date: 2026-01-31, recorded_by: Ann}"
    found = look(f"{more}filters: [{{confidential: {{agreed: [{agreed}]}}}}]")
    assert any("filters[0].confidential.agreed: no next hop to outside requires TLS" in one for one in found) is said
