"""Digests: at the hour, in each person's zone, once, with what is still held and nothing of personal mail."""

from __future__ import annotations

import base64
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.act.notices import digests
from gateway.assemble.act import build_digests
from gateway.directory.lookup import ConfiguredDirectory
from tests.support.builders.confirmations import CONTROL, ONE, THREE, TWO
from tests.support.builders.judgement import finding
from tests.support.builders.requests import BOB, asking_address, hold, last_text, told, writes
from tests.support.servers.embedded_gateway import EmbeddedGateway
from tests.unit.act.notices.test_notices import read

ANN, DESK = "ann@example.co.uk", "it@example.co.uk"
HOURS = "digest: {recipients: [10]}\n"
QUIET = "digest: {recipients: [10], notices_a_day: 1}\n"  # digests alone


def a_gateway(folder: Path, more: str = HOURS + CONTROL, **parts: Any) -> EmbeddedGateway:
    return EmbeddedGateway(folder, more=more, **parts)


async def at_ten(gateway: EmbeddedGateway, **more: float) -> None:
    """Move from half past nine to ten, and let the keeper work."""
    gateway.clock.move(**({"minutes": 30} | more))
    await gateway.tidy()


# --- recipients ------------------------------------------------------------------------------------------------------


async def test_a_recipient_reads_what_is_held(tmp_path: Path) -> None:
    """Why, from whom, until when, and how to ask for it."""
    async with a_gateway(tmp_path) as gateway:
        await hold(gateway)
        gateway.clock.move(minutes=29, seconds=59)
        await gateway.tidy()
        assert len(told(gateway)) == 1  # the notice that goes at once
        await at_ten(gateway, minutes=0, seconds=1)
        assert len(told(gateway)) == 2
        said = last_text(gateway)
        for part in (
            "1 message to you is held",
            "It has probe.hold. From: Eve <eve@outside.example> Subject: Hello",
            "Received: Monday 02 March 2026, 09:30 GMT Expires: Wednesday 01 April 2026, 10:30 BST",
            "reply to this digest, and say in a few words why",
        ):
            assert part in said
        header = read(told(gateway)[-1].content)
        assert header["Auto-Submitted"] == "auto-generated"
        assert (await writes(gateway, asking_address(gateway))).text.startswith(f"A reviewer is asked about {ONE}")


async def test_of_several_the_reply_names_one(tmp_path: Path) -> None:
    """Its key is in the digest, whose address is for all of them; newest first."""
    async with a_gateway(tmp_path, QUIET + CONTROL) as gateway:
        for number, id in enumerate((ONE, TWO, THREE)):
            await hold(gateway, id=id, raw=b"Subject: number %d\r\n\r\nx\r\n" % number)
        assert told(gateway) == []
        await at_ten(gateway)
        assert len(told(gateway)) == 1
        said = last_text(gateway)
        assert said.startswith("3 messages to you are held")
        assert said.index("number 2") < said.index("number 1") < said.index("number 0")
        assert (await writes(gateway, asking_address(gateway), text="000002")).text.startswith(
            f"A reviewer is asked about {TWO}"
        )


async def test_once_an_hour_and_a_message_once(tmp_path: Path) -> None:
    """Neither a restart nor a second gateway sends it again; the next has only what is new."""
    async with a_gateway(tmp_path, "digest: {recipients: [10, 11], notices_a_day: 2}\n" + CONTROL) as gateway:
        await hold(gateway)
        await at_ten(gateway)
        directory = ConfiguredDirectory((), {}, ["example.co.uk"], ())
        again = build_digests(
            gateway.settings, gateway.store, directory, gateway.clock, gateway.asking, gateway.notices.templates
        )
        await again.send_due()
        await at_ten(gateway, minutes=20)
        assert len(told(gateway)) == 1
        await hold(gateway, id=TWO, raw=b"Subject: later\r\n\r\nx\r\n")
        await at_ten(gateway, minutes=40)
        assert len(told(gateway)) == 2
        assert "Subject: later" in last_text(gateway)
        assert "Subject: Hello" not in last_text(gateway)


async def test_what_comes_within_the_hour_waits_for_the_next(tmp_path: Path) -> None:
    """A digest is no notice."""
    async with a_gateway(tmp_path, QUIET) as gateway:
        await at_ten(gateway, seconds=1)
        await hold(gateway)
        await at_ten(gateway, minutes=20)
        assert told(gateway) == []
        await at_ten(gateway, days=1, minutes=0)
        assert len(told(gateway)) == 1


async def test_what_is_settled_is_not_in_it(tmp_path: Path) -> None:
    """Released or deleted, by whomever; and a refused request doesn't make it stand twice."""
    async with a_gateway(tmp_path) as gateway:
        for number, id in enumerate((ONE, TWO, THREE)):
            await hold(gateway, id=id, raw=b"Subject: number %d\r\n\r\nx\r\n" % number)
        await gateway.release.release(ONE, actor="alice", reason="fine")
        await gateway.release.delete(TWO, actor="alice", reason="no")
        await writes(gateway, gateway.asking.reply_to(BOB, {THREE: gateway.clock.now() + timedelta(days=1)}))
        await gateway.store.quarantine.refuse(THREE, actor="alice", answer="No.", at=gateway.clock.now())
        await gateway.tidy()
        await at_ten(gateway)
        assert "1 message to you is held" in last_text(gateway)
        assert "number 2" in last_text(gateway)
        assert "Asked: you have asked for it, and a reviewer has not released it" in last_text(gateway)


async def test_only_what_can_still_be_asked_for_invites_a_reply(tmp_path: Path) -> None:
    """A second request is refused, unless a reviewer has deleted the message and taken it back."""
    async with a_gateway(tmp_path, "digest: {recipients: [10, 11, 12]}\n" + CONTROL) as gateway:
        until = gateway.clock.now() + timedelta(days=1)
        for id, subject in ((ONE, b"one"), (TWO, b"two")):
            await hold(gateway, id=id, raw=b"Subject: %s\r\n\r\nx\r\n" % subject)
            await writes(gateway, gateway.asking.reply_to(BOB, {id: until}))
        await gateway.store.quarantine.refuse(ONE, actor="alice", answer="No.", at=gateway.clock.now())
        await gateway.release.delete(TWO, actor="alice", reason="no")
        await gateway.store.quarantine.restore(TWO, actor="alice", reason="a mistake", at=gateway.clock.now())
        await gateway.tidy()  # the answers
        await at_ten(gateway)
        said = last_text(gateway)
        assert "Asked: you have asked for it, and a reviewer has not released it" in said
        assert "if you expected the one that you have not asked for, reply" in said
        assert "Key:" not in said
        assert (await writes(gateway, asking_address(gateway))).text.startswith(f"A reviewer is asked about {TWO}")

        gateway.clock.move(minutes=1)
        await hold(gateway, id=THREE, raw=b"Subject: three\r\n\r\nx\r\n")
        await at_ten(gateway, minutes=59)
        assert "if you expected it, reply to this digest" in last_text(gateway)
        assert (await writes(gateway, asking_address(gateway))).text.startswith(f"A reviewer is asked about {THREE}")


async def test_the_one_that_can_be_asked_for_needs_no_key(tmp_path: Path) -> None:
    """The reply's address names it, though the digest names another."""
    async with a_gateway(tmp_path, QUIET + CONTROL) as gateway:
        for id, subject in ((ONE, b"one"), (TWO, b"two")):
            await hold(gateway, id=id, raw=b"Subject: %s\r\n\r\nx\r\n" % subject)
        await writes(gateway, gateway.asking.reply_to(BOB, {ONE: gateway.clock.now() + timedelta(days=1)}))
        await at_ten(gateway)
        assert "if you expected the one that you have not asked for, reply" in last_text(gateway)
        assert (await writes(gateway, asking_address(gateway))).text.startswith(f"A reviewer is asked about {TWO}")


async def test_all_that_held_it_is_named(tmp_path: Path) -> None:
    """In the notice at once, and in both digests."""
    more = f"{REVIEWERS}digest: {{recipients: [10], reviewers: [10]}}\n"
    async with a_gateway(tmp_path, more) as gateway:
        gateway.probe.finds = [
            finding("probe.hold", summary="A timesheet has a macro."),
            finding("probe.account", summary="A program lies in it."),
            finding("probe.hold", summary="A timesheet has a macro."),
        ]
        await gateway.accept(f"in:{BOB}", id=ONE)
        await gateway.tidy()
        both = "A timesheet has a macro. A program lies in it. From:"
        assert both in last_text(gateway)
        await at_ten(gateway)
        assert [both in last_text(gateway, person) for person in (BOB, DESK)] == [True, True]


@pytest.mark.parametrize("control", [CONTROL, ""])
async def test_a_change_of_payment_details_is_warned_of(tmp_path: Path, control: str) -> None:
    """The digest may be the only mail about it; other messages have no such warning."""
    async with a_gateway(tmp_path, QUIET + control) as gateway:
        await hold(gateway, code="probe.payment", raw=b"Subject: New account\r\n\r\nx\r\n")
        await hold(gateway, id=TWO)
        await at_ten(gateway)
        warning = (
            "Change no payment details, and pay nothing to a new account, because of it; telephone the sender on a"
        )
        for kind in ("plain", "html"):
            body = read(told(gateway)[-1].content).get_body((kind,))
            assert body is not None
            said = " ".join(body.get_content().split())
            assert said.count(f"{warning} number that you already have, never one from the message.") == 1
            assert ("write whom you spoke to, and which number you called" in said) == bool(control)
            assert max(map(len, body.get_content().splitlines())) < 160 or kind == "html"


async def test_of_personal_mail_only_the_number_is_told(tmp_path: Path) -> None:
    """Neither subject nor sender."""
    async with a_gateway(tmp_path, QUIET + CONTROL) as gateway:
        await hold(gateway, raw=b"From: Eve <eve@outside.example>\r\nSubject: Personal: kittens\r\n\r\nx\r\n")
        await at_ten(gateway)
        said = last_text(gateway)
        assert "1 message labelled personal is held: ask IT Service Desk" in said
        for word in ("kittens", "eve@", ONE):
            assert word.encode() not in told(gateway)[-1].content
        assert asking_address(gateway) == DESK


async def test_each_in_their_own_zone(tmp_path: Path) -> None:
    """Ten o'clock in Berlin is nine in London."""
    async with a_gateway(tmp_path, QUIET) as gateway:
        gateway.clock.move(hours=-1)
        gateway.digests._zone_of = lambda address: "Europe/Berlin" if address == ANN else ""
        await hold(gateway, "in:ann@example.co.uk", f"in:{BOB}")
        await at_ten(gateway)
        assert [len(told(gateway, one)) for one in (ANN, BOB)] == [1, 0]
        assert "Received: Monday 02 March 2026, 09:30 CET" in last_text(gateway, ANN)
        await at_ten(gateway, minutes=60)
        assert [len(told(gateway, one)) for one in (ANN, BOB)] == [1, 1]


async def test_many_recipients_have_their_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A round of the keeper makes so many digests; the outbox need not wait for all."""
    monkeypatch.setattr(digests, "BATCH", 2)
    people = [f"p{number}@example.co.uk" for number in range(5)]
    async with a_gateway(tmp_path, QUIET) as gateway:
        await hold(gateway, *(f"in:{one}" for one in people))
        for _ in range(3):  # the look of half past nine
            await gateway.tidy()
        await at_ten(gateway)
        assert [len(told(gateway, one)) for one in people] == [1, 1, 0, 0, 0]
        for _ in range(4):
            await gateway.tidy()
        assert [len(told(gateway, one)) for one in people] == [1] * 5


async def test_without_hours_there_are_none(tmp_path: Path) -> None:
    """As shipped."""
    async with a_gateway(tmp_path, CONTROL) as gateway:
        await hold(gateway)
        for _ in range(24):
            await at_ten(gateway)
        assert len(told(gateway)) == 1


# --- at most so many a day -------------------------------------------------------------------------------------------


async def test_the_limit_of_a_day(tmp_path: Path) -> None:
    """The messages that are left over are in the digest, and told once."""
    async with a_gateway(tmp_path, "digest: {recipients: [22], notices_a_day: 3}\n" + CONTROL) as gateway:
        for number in range(6):
            await hold(
                gateway, id=f"0199d0aa-5b1c-7c3e-9d55-00000000001{number}", raw=b"Subject: %d\r\n\r\nx\r\n" % number
            )
            gateway.clock.move(hours=2)
            await gateway.tidy()
        gateway.clock.move(hours=1)
        await gateway.tidy()
        subjects = [str(read(got.content)["Subject"]) for got in told(gateway)]
        assert subjects == ["A message to you was held"] * 2 + ["6 messages to you are held"]


async def test_reviewers_have_no_limit(tmp_path: Path) -> None:
    """It is their work: each hour's notice goes."""
    async with a_gateway(tmp_path, QUIET, filters="- probe: {notify: [reviewers]}") as gateway:
        for number in range(3):
            await hold(gateway, id=f"m{number}", raw=b"Subject: %d\r\n\r\nx\r\n" % number)
            gateway.clock.move(hours=1)
        assert len(told(gateway, DESK)) == 3


# --- reviewers -------------------------------------------------------------------------------------------------------

REVIEWERS = "reviewers: {alice: [reviewer], bob: [approver], carol: [administrator]}\n"
ADDRESSES = "reviewer_addresses: {alice: alice.r@example.co.uk}\n"


async def test_reviewers_read_what_waits(tmp_path: Path) -> None:
    """Numbers, requests with the person's words, and what is new; each address once, at the desk without one."""
    more = f"{CONTROL}{REVIEWERS}{ADDRESSES}digest: {{reviewers: [10]}}\n"
    async with a_gateway(tmp_path, more) as gateway:
        await hold(gateway)
        await writes(gateway, asking_address(gateway), text="I wait for it.")
        await hold(gateway, id=TWO, raw=b"Subject: Personal: kittens\r\n\r\nx\r\n")
        await at_ten(gateway)
        for person in ("alice.r@example.co.uk", DESK):
            assert len(told(gateway, person)) == 1
            said = last_text(gateway, person)
            for part in (
                "2 held, 2 new, 1 asked for",
                f"Asked by: {BOB}, Monday 02 March 2026, 09:30 GMT Words: I wait for it.",
                "New: It has probe.hold. From: Eve <eve@outside.example>",
                "1 of the newest is labelled personal, and not named here.",
                "mailwarden quarantine release ID --asked",
            ):
                assert part in said
            assert "kittens" not in said
            assert "`" not in said
            html = read(told(gateway, person)[-1].content).get_body(("html",))
            assert html is not None
            assert "<code>mailwarden quarantine list</code>" in html.get_content()
        await at_ten(gateway, minutes=1)
        assert len(told(gateway, DESK)) == 1


@pytest.mark.parametrize("others", [(), (TWO,)])
async def test_no_command_is_given_that_a_change_of_payment_details_refuses(
    tmp_path: Path, others: tuple[str, ...]
) -> None:
    """Its release needs somebody who has verified it; for other requests the command stays."""
    async with a_gateway(tmp_path, f"{CONTROL}{REVIEWERS}digest: {{reviewers: [10]}}\n") as gateway:
        for id, code in ((ONE, "probe.payment"), *((other, "probe.hold") for other in others)):
            await hold(gateway, id=id, code=code, raw=b"Subject: %s\r\n\r\nx\r\n" % code.encode())
            await writes(gateway, gateway.asking.reply_to(BOB, {id: gateway.clock.now() + timedelta(days=1)}))
        await at_ten(gateway)
        said = last_text(gateway, DESK)
        assert said.count("Release: only once somebody has verified it, by telephone or in person") == 1
        assert "--verified-by, --how and --contact" in said
        command = "Grant a request that needs no verification with mailwarden quarantine release ID --asked."
        assert (command in said) == bool(others)
        assert ("--asked" in said) == bool(others)


async def test_a_reviewer_gets_the_recipients_digest_too(tmp_path: Path) -> None:
    """Both of the same hour, to one address."""
    more = f"{CONTROL}{REVIEWERS}{ADDRESSES}digest: {{recipients: [10], reviewers: [10], notices_a_day: 1}}\n"
    async with a_gateway(tmp_path, more) as gateway:
        await hold(gateway, "in:alice.r@example.co.uk")
        await at_ten(gateway)
        subjects = [str(read(got.content)["Subject"]) for got in told(gateway, "alice.r@example.co.uk")]
        assert sorted(subjects) == ["1 held, 1 new", "1 message to you is held"]


async def test_all_is_new_in_the_first_digest(tmp_path: Path) -> None:
    """Also what has come within the hour; the next one begins behind it."""
    async with a_gateway(tmp_path, f"{REVIEWERS}digest: {{reviewers: [10, 11]}}\n") as gateway:
        await at_ten(gateway, minutes=31)
        await hold(gateway)
        await at_ten(gateway, minutes=14)
        assert last_text(gateway, DESK).startswith(
            "1 held, 1 new 1 message is held by Example Ltd's mail gateway, and no digest has told you of it yet. "
            "The oldest came on Monday 02 March 2026, 10:01 GMT."
        )
        gateway.clock.move(minutes=1)
        await hold(gateway, id=TWO, raw=b"Subject: later\r\n\r\nx\r\n")
        await at_ten(gateway, minutes=45)
        said = last_text(gateway, DESK)
        assert said.startswith("2 held, 1 new 2 messages are held by Example Ltd's mail gateway, 1 of them since")
        assert "Subject: later" in said
        assert "Subject: Hello" not in said


async def test_words_of_several_lines_stand_on_one(tmp_path: Path) -> None:
    """No line end is shown as a sign of its own."""
    async with a_gateway(tmp_path, f"{CONTROL}{REVIEWERS}digest: {{reviewers: [10]}}\n") as gateway:
        await hold(gateway)
        await writes(gateway, asking_address(gateway), text="I wait for it.\r\nIt is an invoice.")
        await at_ten(gateway)
        assert "Words: I wait for it. It is an invoice." in last_text(gateway, DESK)


async def test_where_nothing_is_held_reviewers_hear_nothing(tmp_path: Path) -> None:
    """An empty list is no news."""
    async with a_gateway(tmp_path, f"{REVIEWERS}digest: {{reviewers: [10]}}\n") as gateway:
        await at_ten(gateway)
        assert told(gateway, DESK) == []


# --- faults ----------------------------------------------------------------------------------------------------------


async def test_a_digest_that_fails_stops_no_other(tmp_path: Path) -> None:
    """Recipients and reviewers alike; the next look tries it again."""
    more = f"{CONTROL}{REVIEWERS}{ADDRESSES}digest: {{recipients: [10], reviewers: [10], notices_a_day: 1}}\n"
    faulty = {ANN, "alice.r@example.co.uk"}
    async with a_gateway(tmp_path, more) as gateway:
        await hold(gateway, f"in:{ANN}", f"in:{BOB}")

        def zone_of(person: str) -> str:
            if person in faulty:
                raise ValueError("no zone")
            return ""

        gateway.digests._zone_of = zone_of
        with capture_logs() as logs:
            await at_ten(gateway)
        assert [len(told(gateway, one)) for one in (BOB, DESK, ANN, "alice.r@example.co.uk")] == [1, 1, 0, 0]
        assert {one["person"] for one in logs if one["event"] == "digest.not_made"} == faulty
        faulty.clear()
        await at_ten(gateway, minutes=15)
        assert [len(told(gateway, one)) for one in (BOB, DESK, ANN, "alice.r@example.co.uk")] == [1, 1, 1, 1]


# --- hostile mail ----------------------------------------------------------------------------------------------------


async def test_hostile_words_are_harmless(tmp_path: Path) -> None:
    """No element of their own, nothing to load, to run or to follow, in text and HTML."""
    hostile = "<img src=http://evil.example/x onerror=alert(1)>\u202e</td><script>\x1b[2J" + "<" * 100_000
    subject = b"Subject: =?utf-8?b?" + base64.b64encode(hostile.encode()) + b"?=\r\n"
    more = f"{REVIEWERS}digest: {{recipients: [10], reviewers: [10], notices_a_day: 1}}\n"
    async with a_gateway(tmp_path, more) as gateway:
        gateway.probe.finds = [finding("probe.hold", summary=f"A file {hostile}")]
        await gateway.accept(f"in:{BOB}", id=ONE, raw=subject + b'From: "<a href=x>" <eve@x.example>\r\n\r\nx\r\n')
        await at_ten(gateway)
        for person in (BOB, DESK):
            message = read(told(gateway, person)[-1].content)
            html = message.get_body(("html",))
            assert html is not None
            parser = Elements()
            parser.feed(html.get_content())
            assert parser.found <= {
                "html",
                "head",
                "meta",
                "title",
                "body",
                "h1",
                "p",
                "table",
                "tr",
                "td",
                "bdi",
                "br",
                "code",
                "ul",
                "li",
            }
            assert parser.attributes <= {"lang", "charset", "style"}
            assert "\u202e" not in html.get_content()
            assert len(told(gateway, person)[-1].content) < 20_000


class Elements(HTMLParser):
    """The elements and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        self.attributes |= {name for name, _ in attrs}
