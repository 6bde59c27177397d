"""The policy: findings and the configuration make a decision for each recipient."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.contract import Authentication, Author, Client, Mail, Spf
from gateway.judge.chain import Found
from gateway.judge.codes import CONFLICT, ERROR, TIMEOUT
from gateway.judge.describe import action_of, action_of_message, codes_of, describe_finding
from gateway.judge.policy import TAG_HEADER, Excuse, Judged, Terms, Verdict, decide
from gateway.message.edits import AddHeader, SetSubject
from gateway.settings.chain.entries import Exemption
from gateway.understand.entry import NEWLINES
from tests.support.builders.judgement import Policy, finding, mail
from tests.unit.judge.conftest import MakePolicy

BOB, ANN, OUT, US = "in:bob@example.co.uk", "in:ann@example.co.uk", "out:joe@outside.example", "us:ann@example.co.uk"
AMENDED = AddHeader("X-Note", "1")
HOLDS = "quarantine"
DKIM: frozenset[Any] = frozenset({"dkim"})


def actions(verdict: Verdict) -> list[str]:
    return [action_of(decision, verdict) for decision in verdict.decisions]


def action(verdict: Verdict) -> str:
    return actions(verdict)[0]


# --- which action ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filters", "code", "expected"),
    [
        ("- probe", "probe.hold", "quarantine"),
        ("- probe", "probe.log", "relay"),
        ("- probe: {action: reject}", "probe.hold", "reject"),
        ("- probe: {action: reject, actions: {probe.hold: log}}", "probe.hold", "relay"),
        ("- probe: {actions: {probe.hold: {inbound: discard, outbound: log}}}", "probe.hold", "discard"),
        ("- probe: {actions: {probe.hold: {outbound: log}}}", "probe.hold", "quarantine"),
        ("- probe: {action: {do: reject}}", "probe.log", "reject"),
        ("- probe: {action: log}", "probe.away", "defer"),
        ("- probe: {on_error: quarantine}", "probe.away", "quarantine"),
        ("- probe: {on_error: accept}", "probe.away", "relay"),
    ],
)
def test_the_first_that_is_set_is_the_action(policy: MakePolicy, filters: str, code: str, expected: str) -> None:
    """`actions`, then `action`, then what ships; what a retry can cure goes by `on_error`."""
    assert action(policy(filters).decide(mail(), finding(code))) == expected


def test_each_recipient_has_the_action_of_its_direction(policy: MakePolicy) -> None:
    """One message to three kinds of recipients."""
    chain = policy("- probe: {action: {inbound: quarantine, outbound: log, internal: discard}}")
    assert actions(chain.decide(mail(BOB, OUT, US), finding("probe.log"))) == [HOLDS, "relay", "discard"]


def test_a_filter_acts_in_its_directions_only(policy: MakePolicy) -> None:
    """The finding of an outbound filter does nothing to the inbound copy."""
    chain = policy("- probe: {directions: [outbound]}")
    assert actions(chain.decide(mail(BOB, OUT), finding("probe.hold"))) == ["relay", HOLDS]


def test_a_finding_for_some_recipients_acts_on_those(policy: MakePolicy) -> None:
    """`recipients` of the finding."""
    found = finding("probe.hold", recipients=frozenset({"ann@example.co.uk"}))
    assert actions(policy().decide(mail(BOB, ANN), found)) == ["relay", HOLDS]


def test_no_finding_relays(policy: MakePolicy) -> None:
    """Mail without a finding is relayed."""
    assert action_of_message(policy().decide(mail())) == "relay"


# --- accumulation and dispositions -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (["probe.discard", "probe.hold"], HOLDS),
        (["probe.hold", "probe.reject", "probe.discard"], "reject"),
        (["probe.log", "probe.discard"], "discard"),
        (["probe.tag", "probe.discard"], "discard"),
        (["probe.tag", "probe.log"], "amend"),
        (["probe.log"], "relay"),
    ],
)
def test_the_strictest_disposition_wins(policy: MakePolicy, codes: list[str], expected: str) -> None:
    """reject, quarantine, discard; `discard` only where nothing else disposes."""
    for order in (codes, codes[::-1]):
        assert action(policy().decide(mail(), *map(finding, order))) == expected


def test_the_findings_that_chose_the_disposition_are_named(policy: MakePolicy) -> None:
    """The findings are named in the list's order, and no others are."""
    codes = ["probe.discard", "probe.hold", "probe.tag", "virus.found"]
    verdict = policy().decide(mail(), *map(finding, codes))
    assert [j.code for j in verdict.decisions[0].holding] == ["probe.hold", "virus.found"]
    assert codes_of(verdict) == tuple(codes)


def test_findings_of_one_kind_share_what_is_done(policy: MakePolicy) -> None:
    """A thousand parts with the same code: each is on record and amends, the first of each kind stands for them."""
    notes = [AddHeader("X-Note", str(number)) for number in range(3)]
    chain = policy("- probe: {actions: {probe.hold: {inbound: quarantine, outbound: amend}}}")
    for_ann = finding("probe.hold", recipients=frozenset({"ann@example.co.uk"}))
    verdict = chain.decide(mail(BOB, ANN, OUT), *(finding("probe.hold", edits=(note,)) for note in notes), for_ann)
    bob, ann, out = verdict.decisions
    assert [len(d.holding) for d in (bob, ann, out)] == [1, 2, 0]
    assert (bob.holding[0].found.finding.edits, ann.holding[1].found.finding) == ((notes[0],), for_ann)
    assert out.edits == tuple(notes)
    assert len(verdict.judged) == 4
    assert all(one.specs is verdict.judged[0].specs for one in verdict.judged[:3])


def test_amendments_add_up_in_the_lists_order(policy: MakePolicy) -> None:
    """Two filters amend, one tags; an equal edit is made once."""
    other = AddHeader("X-Other", "2")
    chain = policy("- probe\n- probe: {name: second}")
    verdict = chain.decide(
        mail(),
        finding("probe.amend", edits=(AMENDED,)),
        finding("probe.tag"),
        (1, finding("probe.amend", edits=(other, AMENDED))),
    )
    assert verdict.decisions[0].edits == (AMENDED, AddHeader(TAG_HEADER, "probe.tag; clause=email.conduct"), other)


def test_edits_of_a_finding_that_only_logs_are_not_made(policy: MakePolicy) -> None:
    """The filter offers, the policy decides."""
    assert policy().decide(mail(), finding("probe.log", edits=(AMENDED,))).decisions[0].edits == ()


# --- tags ------------------------------------------------------------------------------------------------------------


def test_a_tag_never_leaves(policy: MakePolicy) -> None:
    """Copies for the outside carry neither our header nor a label."""
    chain = policy("- probe: {action: {do: tag, label: '[Probe]'}}")
    inside, outside = chain.decide(mail(US, OUT), finding("probe.log")).decisions
    assert inside.edits == (
        AddHeader(TAG_HEADER, "probe.log; clause=monitoring.automated"),
        SetSubject("[Probe] Hello"),
    )
    assert outside.edits == ()
    assert outside.disposition == "relay"


def test_a_label_is_put_once(policy: MakePolicy) -> None:
    """Two findings with the same label, a third with another."""
    chain = policy("- probe: {action: {do: tag, label: '[A]'}, actions: {probe.hold: {do: tag, label: '[B]'}}}")
    codes = ["probe.log", "probe.tag", "probe.hold"]
    edits = chain.decide(mail(), *map(finding, codes)).decisions[0].edits
    assert edits[-1] == SetSubject("[A] [B] Hello")


def test_a_label_that_is_there_is_not_put_again(policy: MakePolicy) -> None:
    """A message that comes through twice."""
    chain = policy("- probe: {action: {do: tag, label: '[A]'}}")
    labelled = mail(raw=b"Subject: [A] Hello\r\n\r\nx\r\n")
    assert not any(isinstance(e, SetSubject) for e in chain.decide(labelled, finding("probe.tag")).decisions[0].edits)


# --- modes -----------------------------------------------------------------------------------------------------------


def test_monitor_records_and_does_nothing(policy: MakePolicy) -> None:
    """The finding keeps its action on record; the message is relayed as it is."""
    verdict = policy("- probe: {mode: monitor}").decide(mail(), finding("probe.hold"), finding("probe.tag"))
    assert action(verdict) == "relay"
    described = describe_finding(verdict.judged[0])
    assert (described["action"], described["mode"]) == ("quarantine", "monitor")


def test_a_filter_in_monitor_never_defers(policy: MakePolicy) -> None:
    """Neither for its own code nor when it breaks."""
    chain = policy("- probe: {mode: monitor}")
    verdict = chain.decide(mail(), finding("probe.away"), finding(ERROR), finding(TIMEOUT))
    assert verdict.deferred_by == ()
    assert action(verdict) == "relay"


# --- defer -----------------------------------------------------------------------------------------------------------


def test_defer_beats_quarantine(policy: MakePolicy) -> None:
    """A message that can't be judged whole isn't held yet: the retry decides."""
    verdict = policy().decide(mail(BOB, ANN), finding("probe.hold"), finding("probe.away"))
    assert verdict.deferred_by == ("probe",)
    assert action_of_message(verdict) == "defer"


def test_defer_loses_to_a_reject_of_every_recipient(policy: MakePolicy) -> None:
    """A retry would change nothing."""
    verdict = policy().decide(mail(BOB, ANN), finding("probe.reject"), finding("probe.away"))
    assert verdict.deferred_by == ()
    assert actions(verdict) == ["reject", "reject"]


def test_defer_beats_a_reject_of_some(policy: MakePolicy) -> None:
    """DATA has one reply."""
    some = finding("probe.reject", recipients=frozenset({"bob@example.co.uk"}))
    assert policy().decide(mail(BOB, ANN), some, finding("probe.away")).deferred_by == ("probe",)


def test_defer_for_one_direction_holds_for_the_whole_message(policy: MakePolicy) -> None:
    """The other recipient's copy would go out twice."""
    chain = policy("- probe: {directions: [outbound]}")
    assert actions(chain.decide(mail(US, OUT), finding("probe.away"))) == ["defer", "defer"]


@pytest.mark.parametrize(("on_error", "expected"), [("defer", "defer"), ("quarantine", HOLDS), ("accept", "relay")])
@pytest.mark.parametrize("code", [ERROR, TIMEOUT])
def test_a_filter_that_failed_goes_by_on_error(policy: MakePolicy, on_error: str, expected: str, code: str) -> None:
    """Law 2: never a pass unless the administrator wrote so."""
    chain = policy(f"- probe: {{on_error: {on_error}, action: log}}")
    assert action(chain.decide(mail(), finding(code))) == expected


def test_the_gateways_own_finding_holds(policy: MakePolicy) -> None:
    """`edit.conflict` has no entry in the configuration."""
    verdict = decide(mail(), [Found(finding(CONFLICT))], Terms(lambda _: frozenset()))
    assert action(verdict) == HOLDS
    described = describe_finding(verdict.judged[0])
    assert (described["filter"], described["clause"], described["mode"]) == ("gateway", "security.viruses", "enforce")
    verdict = decide(mail(), [Found(finding(NEWLINES))], Terms(lambda _: frozenset()))
    assert describe_finding(verdict.judged[0])["clause"] == "monitoring.automated"  # no danger


# --- after the queue -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filters", "temporary", "expected"),
    [
        ("- probe: {action: reject}", True, "defer"),
        ("- probe: {action: discard}", True, "defer"),
        ("- probe: {action: quarantine}", True, HOLDS),
        ("- probe: {action: log}", True, "relay"),
        ("- probe: {mode: monitor, action: reject}", True, "relay"),
        ("- probe: {action: reject}", False, "reject"),
    ],
)
def test_nothing_is_refused_for_good_for_a_temporary_reason(
    policy: MakePolicy, filters: str, temporary: bool, expected: str
) -> None:
    """A finding behind which a look-up failed: the client asks again, and the look-up may have an answer then."""
    found = finding("probe.hold", temporary=temporary)
    assert action(policy(filters).decide(mail(), found)) == expected
    assert action(policy(filters).decide(mail(), found, after_queue=True)) in (expected, HOLDS)


def test_a_certain_finding_of_the_same_kind_refuses(policy: MakePolicy) -> None:
    """Each is judged by itself."""
    some, others = frozenset({"bob@example.co.uk"}), frozenset({"ann@example.co.uk"})
    found = [finding("probe.reject", temporary=True, recipients=some), finding("probe.reject", recipients=others)]
    verdict = policy().decide(mail(BOB, ANN), *found)
    assert [j.action for j in verdict.judged] == ["defer", "reject"]


def test_after_the_queue_an_inbound_reject_is_a_quarantine(policy: MakePolicy) -> None:
    """Our 5xx would make the upstream bounce to a forged sender; our own senders may be told."""
    verdict = policy().decide(mail(BOB, OUT), finding("probe.reject"), after_queue=True)
    assert actions(verdict) == [HOLDS, "reject"]
    assert actions(policy().decide(mail(BOB), finding("probe.reject"))) == ["reject"]


# --- exemptions ------------------------------------------------------------------------------------------------------

FROM_LAB = Client(address="192.0.2.7")


def exempted(policy: MakePolicy, exempt: str, about: Mail, code: str = "probe.hold") -> bool:
    verdict = policy(f"- probe: {{exempt: [{exempt}]}}").decide(about, finding(code))
    assert actions(verdict)[0] in (HOLDS, "relay")
    return actions(verdict)[0] == "relay"


@pytest.mark.parametrize(
    ("exempt", "expected"),
    [
        ("{codes: [probe.hold], recipients: [bob@example.co.uk]}", True),
        ("{codes: [probe.hold], recipients: [BOB@Example.co.uk]}", True),
        ("{codes: ['probe.*'], recipients: ['*@example.co.uk']}", True),
        ("{codes: [probe.log], recipients: [bob@example.co.uk]}", False),
        ("{codes: [probe.hold], recipients: [ann@example.co.uk]}", False),
        ("{codes: [probe.log, probe.hold], recipients: [ann@example.co.uk, 'b?b@*']}", True),
        ("{codes: [probe.hold], recipients: [bob@example.co.uk], networks: [192.0.2.0/24]}", True),
        ("{codes: [probe.hold], recipients: [bob@example.co.uk], networks: [198.51.100.0/24]}", False),
        ("{codes: [probe.hold], networks: [198.51.100.0/24, 192.0.2.7]}", True),
        ("{codes: [probe.hold], networks: ['2001:db8::/32']}", False),
        ("{codes: [probe.hold], senders: [eve@outside.example], networks: [192.0.2.0/24]}", True),
        ("{codes: [probe.hold], senders: [joe@outside.example], networks: [192.0.2.0/24]}", False),
        ("{codes: [probe.hold], groups: [staff]}", True),
        ("{codes: [probe.hold], groups: [lab]}", False),
    ],
)
def test_keys_are_anded_and_values_ored(policy: MakePolicy, exempt: str, expected: bool) -> None:
    """Globs and case folding included."""
    assert exempted(policy, exempt, mail(BOB)) is expected


@pytest.mark.parametrize("address", ["", "unknown", "::ffff:198.51.100.1"])
def test_a_client_without_a_plain_address_is_in_no_network(policy: MakePolicy, address: str) -> None:
    """A client address that a proxy didn't give is not taken for granted."""
    about = mail(BOB, client=Client(address=address))
    assert not exempted(policy, "{codes: [probe.hold], networks: [192.0.2.0/24]}", about)


def test_an_ipv4_address_written_as_ipv6_is_the_same_client(policy: MakePolicy) -> None:
    """RFC 4291 2.5.5.2."""
    about = mail(BOB, client=Client(address="::ffff:192.0.2.7"))
    assert exempted(policy, "{codes: [probe.hold], networks: [192.0.2.0/24]}", about)


@pytest.mark.parametrize("exempt", ["senders: [eve@outside.example]", "groups: [lab]"])
def test_an_inbound_exemption_by_sender_counts_for_authenticated_mail_only(policy: MakePolicy, exempt: str) -> None:
    """Anyone can write anyone's address into MAIL FROM, a group member's too."""
    sender = "eve@outside.example" if "eve" in exempt else "friend@outside.example"
    rule = f"{{codes: [probe.hold], {exempt}}}"
    assert not exempted(policy, rule, mail(BOB, sender=sender))
    proven = Authentication(verified=True, spf=Spf("pass", "outside.example"))
    assert exempted(policy, rule, mail(BOB, sender=sender, authentication=proven))
    failed = Authentication(verified=True, spf=Spf("fail", "outside.example"))
    assert not exempted(policy, rule, mail(BOB, sender=sender, authentication=failed))


@pytest.mark.parametrize(
    ("spf", "authors", "expected"),
    [
        (Spf("pass", "outside.example", "mailfrom"), (), True),
        (Spf("pass", "mx.outside.example", "helo"), (), False),
        (Spf("temperror", "outside.example"), (), False),
        (Spf("fail", "outside.example"), (Author("Eve@outside.example", "outside.example", DKIM),), True),
        (Spf("fail", "outside.example"), (Author("eve@outside.example", "outside.example"),), False),
        (Spf(), (Author("eve@outside.example", "outside.example", DKIM), Author("a@b.example", "b.example")), True),
    ],
)
def test_a_reverse_path_is_proven_by_spf_or_as_an_authenticated_author(
    policy: MakePolicy, spf: Spf, authors: tuple[Author, ...], expected: bool
) -> None:
    """SPF of HELO says nothing of it, and trouble with the DNS proves nothing."""
    about = mail(BOB, authentication=Authentication(True, spf, authors=authors))
    assert exempted(policy, "{codes: [probe.hold], senders: [eve@outside.example]}", about) is expected


def test_an_author_counts_as_the_sender_where_all_authors_are_proven(policy: MakePolicy) -> None:
    """A newsletter's reverse-path is its sending house's; a forged author beside a true one spoils both."""
    rule = "{codes: [probe.hold], senders: ['*@shop.example']}"
    true = Author("news@shop.example", "shop.example", DKIM)
    forged = Author("boss@bank.example", "bank.example")
    assert exempted(policy, rule, mail(BOB, authentication=Authentication(True, authors=(true,))))
    assert not exempted(policy, rule, mail(BOB, authentication=Authentication(True, authors=(true, forged))))


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        ("eve@Fa\u00df.example", True),
        ("eve@xn--fa-hia.example", True),
        ("eve@fass.example", False),
    ],
)
def test_an_exemption_means_one_domain_however_it_is_written(policy: MakePolicy, author: str, expected: bool) -> None:
    """Unicode and ASCII forms are the same domain; the form by IDNA2003 is somebody else's."""
    proven = Authentication(True, authors=(Author(author, "", frozenset({"dkim"})),))
    rule = '{codes: [probe.hold], senders: ["*@fa\u00df.example"]}'
    assert exempted(policy, rule, mail(BOB, authentication=proven)) is expected


def test_an_exemption_by_sender_counts_for_our_own(policy: MakePolicy) -> None:
    """The client identifies a sender of outgoing mail."""
    for rule in ("senders: [lab@example.co.uk]", "groups: [lab]"):
        about = mail(OUT, sender="lab@example.co.uk")
        assert exempted(policy, f"{{codes: [probe.hold], {rule}}}", about)


def test_an_exemption_is_for_its_recipient(policy: MakePolicy) -> None:
    """The other copy is held."""
    chain = policy("- probe: {exempt: [{codes: ['probe.*'], recipients: [ann@example.co.uk]}]}")
    verdict = chain.decide(mail(BOB, ANN), finding("probe.hold"))
    assert actions(verdict) == [HOLDS, "relay"]
    assert {address: e.why for address, e in verdict.judged[0].excused.items()} == {"ann@example.co.uk": "exempt"}


def test_a_virus_is_never_exempt(policy: MakePolicy) -> None:
    """The settings refuse such an exemption, and the policy would not follow one."""
    (entry,) = policy().entries
    chain = Policy((replace(entry, exempt=(Exemption(codes=("*",), recipients=("*",)),)),))
    assert action(chain.decide(mail(BOB), finding("probe.hold"))) == "relay"
    assert action(chain.decide(mail(BOB), finding("virus.found"))) == HOLDS


def test_an_exempt_finding_stays_on_record(policy: MakePolicy) -> None:
    """The finding is exempt on record, with the line of the exemption."""
    chain = policy("- probe:\n    exempt:\n      - {codes: ['probe.*'], recipients: ['*']}")
    described = describe_finding(chain.decide(mail(BOB), finding("probe.hold")).judged[0])
    assert described["action"] == "exempt"
    assert described["config"] == chain.entries[0].exempt[0].where != chain.entries[0].shown


# --- waived ----------------------------------------------------------------------------------------------------------


def test_what_is_waived_is_waived_for_that_recipient(policy: MakePolicy) -> None:
    """A release overrides what held a copy, not what amends another."""
    chain = policy("- probe: {actions: {probe.hold: {inbound: quarantine, internal: tag}}}")
    waived = {"bob@example.co.uk": {"probe.hold"}}
    verdict = chain.decide(mail(BOB, US), finding("probe.hold"), finding("probe.tag"), waived=waived)
    assert actions(verdict) == ["amend", "amend"]
    assert [len(d.edits) for d in verdict.decisions] == [1, 2]
    assert verdict.judged[0].excused == {"bob@example.co.uk": Excuse("waived")}


# --- the record ------------------------------------------------------------------------------------------------------


def test_a_finding_is_described_with_the_line_that_chose(policy: MakePolicy) -> None:
    """`explain --json` prints the finding so."""
    chain = policy("- probe:\n    actions:\n      probe.log: quarantine\n")
    found = finding("probe.log", part="1.2", recipients=frozenset({"bob@example.co.uk"}))
    described = describe_finding(chain.decide(mail(BOB), found).judged[0])
    assert described.pop("config").endswith("gateway.yaml:16")
    assert described == {
        "filter": "probe",
        "code": "probe.log",
        "summary": "It has probe.log.",
        "evidence": [],
        "part": "1.2",
        "recipients": ["bob@example.co.uk"],
        "action": "quarantine",
        "mode": "enforce",
        "clause": "monitoring.automated",
    }


def test_a_findings_action_is_the_gravest_among_its_recipients(policy: MakePolicy) -> None:
    """The finding has the line of the gravest action."""
    chain = policy("- probe:\n    action:\n      inbound: log\n      outbound: reject\n")
    judged: Judged = chain.decide(mail(BOB, OUT), finding("probe.log")).judged[0]
    assert judged.action == "reject"
    assert judged.where.endswith("gateway.yaml:17")
