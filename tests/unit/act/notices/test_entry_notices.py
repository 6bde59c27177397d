"""Notices made from the entry in the quarantine: to whom they go, and what they leave out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateway.act.notices.entry_notices import EntryNotices, sent_by
from gateway.act.rules.release_rules import ReleaseRules
from gateway.remember.records import HeldCopy, HeldMessage, Signature
from tests.support.builders.judgement import NOW, settings

DESK = "it@example.co.uk"
FIRST = Signature("bob@example.co.uk", NOW, 1001, "alice", "asked Ann")


def entry(**values: object) -> HeldMessage:
    facts: dict[str, object] = {
        "id": "m1",
        "received_at": NOW,
        "listener": "inbound",
        "direction": "inbound",
        "mail_from": "bounce@mailer.example",
        "subject": "Invoice 1234567",
        "message_id": "",
        "codes": ("probe.hold",),
        "bytes": 1,
        "client": {},
        "envelope": {},
        "findings": [{"code": "probe.log", "summary": "x"}, {"code": "probe.hold", "summary": "Held.", "clause": "c"}],
        "edits": [],
        "copies": (HeldCopy("bob@example.co.uk", "inbound", codes=("probe.hold",)),),
        "author": "Eve <eve@outside.example>",
        "author_addresses": ("eve@outside.example",),
    }
    return HeldMessage(**facts | values)  # type: ignore[arg-type]


@pytest.fixture
def notices(tmp_path: Path) -> EntryNotices:
    rules = ReleaseRules(settings(tmp_path, "- probe").filters, ("alice", "bob", "carol"), timedelta(days=3))
    return EntryNotices(rules, ZoneInfo("Europe/London"), DESK, {"bob": "bob.r@example.co.uk"})


def test_the_approvers_are_told(notices: EntryNotices) -> None:
    """Each but the first person, at their own address or at the desk's, with author, reason and the end of the wait."""
    told = notices.approval(entry(), "waits", FIRST, ["bob@example.co.uk"])
    assert [one.person for one in told] == ["bob.r@example.co.uk", DESK]
    said = told[0].payload
    assert (said["author"], said["sent_by"]) == ("Eve <eve@outside.example>", "bounce@mailer.example")
    assert (said["reason"], said["summary"], said["until"]) == (
        "asked Ann",
        "Held.",
        "Thursday 05 March 2026, 09:30 GMT",
    )


@pytest.mark.parametrize(("actor", "person"), [("bob", "bob.r@example.co.uk"), ("alice", DESK)])
def test_the_first_person_hears_the_outcome(notices: EntryNotices, actor: str, person: str) -> None:
    (told,) = notices.approval(entry(), "approved", replace(FIRST, actor=actor), ["bob@example.co.uk"], "carol")
    assert (told.person, told.payload["by"]) == (person, "carol")


def test_where_nobody_has_an_address_nobody_is_told(notices: EntryNotices) -> None:
    """The contact may be a telephone number."""
    assert replace(notices, reviewers_at="", addresses={}).approval(entry(), "waits", FIRST, []) == []


def test_personal_and_payment_mail(notices: EntryNotices) -> None:
    """A reviewer gets no subject that is labelled personal; of payments numbers are left out."""
    (told, _) = notices.approval(entry(labels=("personal",)), "waits", FIRST, [])
    assert told.payload["subject"] == "[personal]"
    assert notices.answer(entry(), "bob@example.co.uk", ["bob@example.co.uk"])["subject"] == "Invoice 1234567"
    payment = entry(codes=("probe.payment",))
    assert "1234567" not in notices.answer(payment, "bob@example.co.uk", ["bob@example.co.uk"])["subject"]


def test_a_recipient_reads_of_no_other(notices: EntryNotices) -> None:
    """The sender reads all of them."""
    addresses = ["bob@example.co.uk", "ann@example.co.uk"]
    bob = notices.answer(entry(), "Bob@example.co.uk", addresses)
    assert (bob["role"], bob["recipient"]) == ("recipient", "Bob@example.co.uk")
    carol = notices.answer(entry(), "carol@example.co.uk", addresses)
    assert (carol["role"], carol["recipient"]) == ("sender", "bob@example.co.uk, ann@example.co.uk")


@pytest.mark.parametrize(
    ("mail_from", "authors", "expected"),
    [
        ("eve@x.example", ["Eve@X.example"], ""),
        ("b@m.example", ["eve@x.example"], "b@m.example"),
        ("", ["eve@x.example"], "<>"),
        ("b@m.example", [], ""),
    ],
)
def test_both_are_named_where_they_differ(mail_from: str, authors: list[str], expected: str) -> None:
    """Without a readable author there is one sender only."""
    assert sent_by(mail_from, authors) == expected
