"""Copies that will never be delivered: a report for our own sender, an entry in the quarantine for any other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.act.notices.undelivered import FollowUps, Undelivered
from gateway.act.records import outbox_item, own_item
from gateway.contract import Recipient
from gateway.directory.domains import Domains
from gateway.remember.records import OutboxKind
from gateway.smtp.reply import Reply
from tests.support.builders.judgement import NOW, PLAIN, FakeClock, mail, recipient

NO = Reply(550, "5.1.1", "No such mailbox")
UNDELIVERED = Undelivered(
    Domains(("example.co.uk",)), "postmaster@example.co.uk", "gw.example.co.uk", FakeClock(), lambda: "new1"
)


def record(*failed: str, sender: str = "ann@example.co.uk", **parts: Any) -> FollowUps:
    about = mail(*failed, sender=sender, **parts)
    item = outbox_item("o1", about, about.envelope.recipients, NOW, "")
    return UNDELIVERED.record(item, dict.fromkeys(about.envelope.recipients, NO), PLAIN)


@pytest.mark.parametrize(
    ("failed", "sender", "reported"),
    [
        ("out:joe@outside.example", "ann@example.co.uk", True),
        ("us:bob@example.co.uk", "ann@example.co.uk", True),
        ("out:joe@outside.example FAILURE", "ann@example.co.uk", True),
        ("out:joe@outside.example NEVER", "ann@example.co.uk", False),
        ("out:joe@outside.example SUCCESS", "ann@example.co.uk", False),
        ("out:joe@outside.example", "", False),
        ("out:joe@outside.example", "guest@outside.example", False),
        ("in:bob@example.co.uk", "eve@outside.example", False),
        ("in:bob@example.co.uk", "ann@example.co.uk", False),
    ],
)
def test_a_report_is_for_our_own_sender_only(failed: str, sender: str, reported: bool) -> None:
    """Law 5, by the client and not by the address; without a report the copy is held, never lost."""
    follow = record(failed, sender=sender)
    assert (follow.report is not None, follow.entry is None) == (reported, reported)


def test_the_report_goes_to_the_sender() -> None:
    """The report comes from the null sender, goes the route of the listener, and is about the message's id."""
    report = record("out:joe@outside.example").report
    assert report is not None
    item, content = report
    assert (item.kind, item.mail_from, item.mail_id, item.route) == ("report", "", "m1", "inbound")
    assert [r.address for r in item.recipients] == ["ann@example.co.uk"]
    assert b"rfc822; joe@outside.example" in content


def test_the_entry_can_be_sent_again() -> None:
    """A new id, the content as it was sent, the envelope; no retry key, since no client sent it so."""
    entry = record("in:bob@example.co.uk NEVER", sender="eve@outside.example", envelope={"envid": "Q1"}).entry
    assert entry is not None
    held, content = entry
    assert (held.id, held.codes, content) == ("new1", ("delivery.failed",), PLAIN)
    assert (held.mail_from, held.subject, held.envelope["envid"]) == ("eve@outside.example", "Hello", "Q1")
    (copy,) = held.copies
    assert (copy.address, copy.key, copy.notify, copy.codes) == ("bob@example.co.uk", b"", "NEVER", held.codes)
    assert held.findings[0]["summary"] == "The next mail server refused the message: 550 5.1.1 No such mailbox"
    assert (held.findings[0]["clause"], held.findings[0]["recipients"]) == ("security.viruses", ["bob@example.co.uk"])


def test_each_refused_copy_is_settled_once() -> None:
    """Two that are reported, one that is held."""
    joe, jim, ned = "out:joe@outside.example", "out:jim@outside.example NEVER", "out:ned@outside.example"
    follow = record(joe, jim, ned)
    assert follow.entry is not None
    assert follow.report is not None
    assert [c.address for c in follow.entry[0].copies] == ["jim@outside.example"]
    assert [a in follow.report[1] for a in (b"joe@", b"jim@", b"ned@")] == [True, False, True]


@pytest.mark.parametrize("kind", ["notice", "report"])
def test_nothing_answers_mail_of_our_own(kind: OutboxKind) -> None:
    """A notice that bounces would be answered for ever."""
    item = own_item("o1", kind, "ann@example.co.uk", "m1", "", NOW)
    assert UNDELIVERED.record(item, {item.recipients[0]: NO}, PLAIN) == FollowUps()


def test_nothing_refused_is_nothing_to_do() -> None:
    """All were taken, or wait."""
    about = mail()
    item = outbox_item("o1", about, about.envelope.recipients, NOW, "")
    assert UNDELIVERED.record(replace(item), {}, PLAIN) == FollowUps()


def test_the_direction_is_the_recipients() -> None:
    """The entry has the direction of the first held recipient."""
    entry = record("out:joe@outside.example NEVER").entry
    assert entry is not None
    assert entry[0].direction == recipient("out:x").direction == Recipient("x", "outbound").direction
