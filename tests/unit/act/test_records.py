"""Facts of a message as the store's records, and back."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from gateway.act.records import (
    OUTBOX_LIFE,
    audit_row,
    direction_of,
    envelope_of,
    held_message,
    item_transaction,
    next_attempt,
    outbox_item,
    own_item,
    relay_outcomes,
    transaction,
)
from gateway.contract import Client, Recipient
from gateway.message.edits import AddHeader, InsertText
from gateway.message.retry_key import retry_key
from gateway.remember.records import KEPT_CHARACTERS
from gateway.smtp.reply import Reply
from tests.support.builders.judgement import NOW, finding, mail, recipient
from tests.unit.act.conftest import MakePolicy

BOB, ANN, JOE = "in:bob@example.co.uk", "in:ann@example.co.uk", "out:joe@outside.example"
FULL = {"body": "8BITMIME", "smtputf8": True, "ret": "HDRS", "envid": "Q1", "auth": "<>"}
DIGEST = b"d" * 32


def test_a_held_message_has_all_that_is_needed_to_send_it(policy: MakePolicy) -> None:
    """Envelope, client and the DSN parameters of each copy come back as they were."""
    about = mail(BOB + " NEVER", ANN, envelope=FULL, client=Client("192.0.2.7", "h", "n", 25, tls="TLSv1.3"))
    verdict = policy().decide(about, finding("probe.hold"))
    held = held_message(about, verdict.decisions, verdict.judged, DIGEST)
    assert envelope_of(held, held.copies) == about.envelope
    assert envelope_of(held, held.copies[:1]).recipients == (recipient(BOB + " NEVER"),)
    assert Client(**held.client) == about.client


def test_a_held_message_says_why(policy: MakePolicy) -> None:
    """Each copy with what held it, the entry with all of it, in JSON's terms."""
    about = mail(BOB, ANN)
    edits = (AddHeader("X", "1"), InsertText("1", "end", "t", "h"))
    ann = frozenset({"ann@example.co.uk"})
    verdict = policy().decide(
        about,
        finding("probe.hold"),
        finding("virus.found", recipients=ann),
        finding("probe.amend", edits=edits),
        finding("probe.log"),
    )
    held = held_message(about, verdict.decisions, verdict.judged, DIGEST)
    assert held.codes == ("probe.hold", "virus.found")
    assert [c.codes for c in held.copies] == [("probe.hold",), ("probe.hold", "virus.found")]
    assert [f["code"] for f in held.findings] == ["probe.hold", "virus.found", "probe.amend", "probe.log"]
    assert [e["edit"] for e in held.edits] == ["add_header", "insert_text"]
    assert json.loads(json.dumps([held.findings, held.edits, held.client, held.envelope]))
    assert (held.subject, held.message_id, held.bytes) == ("Hello", "<1@outside.example>", len(about.message.raw))


@pytest.mark.parametrize("length", [KEPT_CHARACTERS - 1, KEPT_CHARACTERS, KEPT_CHARACTERS + 1])
def test_a_long_subject_and_message_id_are_cut(policy: MakePolicy, length: int) -> None:
    """A sender may make them as long as a message, and each stands in the audit trail, in its index and in lists."""
    text = "a" * length
    about = mail(BOB, raw=f"Subject: {text}\r\nMessage-ID: {text}\r\n\r\nHello\r\n".encode())
    verdict = policy().decide(about, finding("probe.hold"))
    held = held_message(about, verdict.decisions, verdict.judged, DIGEST)
    row = audit_row(about, verdict, {}, Reply(250, "2.0.0", "taken"), {})
    assert [held.subject, held.message_id, row.message_id] == [text[:KEPT_CHARACTERS]] * 3


def test_each_copy_has_its_retry_key(policy: MakePolicy) -> None:
    """The key depends on content, sender and recipient."""
    about = mail(BOB, ANN)
    verdict = policy().decide(about, finding("probe.hold"))
    held = held_message(about, verdict.decisions, verdict.judged, DIGEST, id="other")
    assert [c.key for c in held.copies] == [retry_key(DIGEST, "eve@outside.example", c.address) for c in held.copies]
    assert held.id == "other"


@pytest.mark.parametrize(
    ("recipients", "direction"),
    [([BOB, ANN], "inbound"), ([JOE], "outbound"), ([JOE, "us:ann@example.co.uk"], "mixed")],
)
def test_the_direction_of_several_recipients(recipients: list[str], direction: str) -> None:
    """One, or mixed."""
    assert direction_of(map(recipient, recipients)) == direction


def test_an_outbox_row_tells_the_next_hop_the_same() -> None:
    """The outbox's attempt sends the same commands as the first attempt."""
    about = mail(BOB + " NEVER", ANN, envelope=FULL)
    to = about.envelope.recipients
    item = outbox_item("o1", about, to, NOW, "450 busy")
    assert item_transaction(item, to) == transaction(about.envelope, to, about.client, about.id)
    assert (item.kind, item.route, item.mail_id, item.last_reply) == ("relay", "inbound", "m1", "450 busy")
    assert (item.queued_at, item.expires_at) == (NOW, NOW + OUTBOX_LIFE)


def test_the_first_retry_counts_the_attempt_that_was_made() -> None:
    """Five minutes, then ten; a released row is tried at once."""
    about = mail()
    queued = outbox_item("o1", about, about.envelope.recipients, NOW, "")
    assert (queued.attempts, queued.next_attempt_at) == (1, NOW + timedelta(minutes=5))
    released = outbox_item("o1", about, about.envelope.recipients, NOW, "", at_once=True)
    assert (released.attempts, released.next_attempt_at) == (0, NOW)


@pytest.mark.parametrize(("attempts", "minutes"), [(0, 5), (1, 10), (2, 20), (3, 40), (4, 60), (5, 60), (99, 60)])
def test_the_intervals(attempts: int, minutes: int) -> None:
    """The last one repeats."""
    assert next_attempt(NOW, attempts) == NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize(("to", "smtputf8"), [("ann@example.co.uk", False), ("jörg@example.co.uk", True)])
def test_mail_of_our_own_can_bounce_to_nobody(to: str, smtputf8: bool) -> None:
    """Null sender, NOTIFY=NEVER, no client to forward."""
    item = own_item("o1", "notice", to, "m1", "", NOW)
    assert (item.mail_from, item.recipients) == ("", (Recipient(to, "internal", notify="NEVER"),))
    assert item.smtputf8 is smtputf8
    assert item_transaction(item, item.recipients).client is None


def test_the_audit_row_has_codes_and_actions_only(policy: MakePolicy) -> None:
    """A recipient about whom nothing is known has `none`; each code once."""
    about = mail(BOB, ANN)
    verdict = policy().decide(about, finding("probe.log"), finding("probe.hold"), finding("probe.log"))
    row = audit_row(about, verdict, {"bob@example.co.uk": "relay"}, Reply(250, "2.0.0", "ok"), {"judge": 1.0})
    assert row.codes == ("probe.log", "probe.hold")
    assert row.recipients == (("bob@example.co.uk", "inbound", "relay"), ("ann@example.co.uk", "inbound", "none"))
    assert "Hello" not in repr(row)
    assert (row.monitored, audit_row(about, None, {}, Reply(250, "", ""), {}).codes) == ({}, ())


def test_the_audit_row_says_what_monitor_would_have_done(policy: MakePolicy) -> None:
    """The gravest action of each code; what is enforced stands in the actions."""
    about = mail(BOB, ANN)
    found = (finding("probe.hold", recipients=frozenset({"bob@example.co.uk"})), finding("probe.log"))
    verdict = policy("- probe: {mode: monitor}").decide(about, *found, finding("probe.hold"))
    row = audit_row(about, verdict, {}, Reply(250, "2.0.0", "ok"), {})
    assert (row.codes, row.monitored) == (
        ("probe.hold", "probe.log"),
        {"probe.hold": "quarantine", "probe.log": "log"},
    )


def test_outcomes_are_told_by_reply(policy: MakePolicy) -> None:
    """A copy that was given up names its entry; our own notices have no outcome."""
    bob, ann, joe, jim = (recipient(one) for one in (BOB, ANN, JOE, "out:jim@outside.example"))
    about = mail(BOB, JOE)
    item = outbox_item("o1", about, [bob, ann, joe, jim], NOW, "")
    no, ok = Reply(550, "5.1.1", "no such mailbox"), Reply(250, "2.0.0", "ok")
    verdict = policy().decide(about, finding("probe.hold"))
    entry = held_message(about, verdict.decisions, verdict.judged, DIGEST, id="m9")
    outcomes = relay_outcomes(item, {bob: ok, joe: no, ann: ok, jim: no}, NOW, entry)
    assert [(one.mail_id, one.outcome, one.reply, one.addresses, one.held_as) for one in outcomes] == [
        ("m1", "relayed", "250 2.0.0 ok", ("bob@example.co.uk", "ann@example.co.uk"), ""),
        ("m1", "failed", "550 5.1.1 no such mailbox", ("joe@outside.example",), "m9"),
        ("m1", "failed", "550 5.1.1 no such mailbox", ("jim@outside.example",), ""),
    ]
    assert relay_outcomes(own_item("o2", "notice", "bob@example.co.uk", "m1", "", NOW), {bob: ok}, NOW) == []
