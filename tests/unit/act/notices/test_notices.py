"""Notices: who is told of a held message, once, and what they read, whatever the message holds."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.act.notices.quoting import QUOTE_CHARACTERS, SHOWN_RECIPIENTS, SUBJECT_CHARACTERS, SUMMARY_CHARACTERS
from gateway.contract import DistributionList
from gateway.remember.records import PendingNotice
from tests.support.builders.confirmations import CONTROL, FILTERS, send
from tests.support.builders.judgement import finding
from tests.support.servers.embedded_gateway import EmbeddedGateway
from tests.support.servers.sink import ReceivedMessage

pytestmark = pytest.mark.usefixtures("on_both_databases")

BOB, ANN = "in:bob@example.co.uk", "in:ann@example.co.uk"
JOE, OUR_ANN, OUR_BOB = "out:joe@outside.example", "us:ann@example.co.uk", "us:bob@example.co.uk"
CAROL_SENDS: dict[str, Any] = {"sender": "carol@example.co.uk"}


def read(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def text(got: ReceivedMessage | bytes) -> str:
    body = read(got if isinstance(got, bytes) else got.content).get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def notices(gateway: EmbeddedGateway) -> list[ReceivedMessage]:
    return [got for sink in (gateway.home, gateway.world) for got in sink.got if got.mail_from == ""]


async def told(gateway: EmbeddedGateway, *recipients: str, code: str = "probe.hold", **parts: Any) -> list[str]:
    """Return the addresses that get a notice of one held message."""
    gateway.probe.finds = [finding(code)]
    assert (await gateway.accept(*recipients, **parts)).ok
    await gateway.tidy()
    return sorted(address for got in notices(gateway) for address in got.recipients)


# --- who is told -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filters", "recipients", "sender", "expected"),
    [
        ("- probe", [BOB, ANN], "eve@outside.example", ["ann@example.co.uk", "bob@example.co.uk"]),
        ("- probe", [JOE], "carol@example.co.uk", ["carol@example.co.uk"]),
        ("- probe", [OUR_ANN, JOE], "carol@example.co.uk", ["carol@example.co.uk"]),
        ("- probe", [JOE], "", []),
        ("- probe", [JOE], "stranger@outside.example", []),
        ("- probe: {notify: []}", [BOB], "eve@outside.example", []),
        ("- probe: {notify: [sender]}", [BOB], "eve@outside.example", []),
        ("- probe: {notify: [sender]}", [BOB], "carol@example.co.uk", []),
        ("- probe: {notify: [recipient]}", [JOE], "carol@example.co.uk", []),
        ("- probe: {notify: [recipient]}", [OUR_ANN], "carol@example.co.uk", ["ann@example.co.uk"]),
        ("- probe: {notify: [sender, recipient]}", [OUR_ANN], "ann@example.co.uk", ["ann@example.co.uk"]),
        ("- probe: {notify: [reviewers]}", [BOB], "eve@outside.example", ["it@example.co.uk"]),
        ("- probe: {notify: [reviewers]}", [BOB, ANN], "eve@outside.example", ["it@example.co.uk"]),
        ("- probe: {mode: monitor}", [BOB], "eve@outside.example", []),
    ],
)
async def test_who_is_told(
    tmp_path: Path, filters: str, recipients: list[str], sender: str, expected: list[str]
) -> None:
    """Our own people only (law 5): by default our recipient of inbound mail, else our sender."""
    async with EmbeddedGateway(tmp_path, filters=filters) as gateway:
        assert await told(gateway, *recipients, sender=sender) == expected


@pytest.mark.parametrize(
    ("recipient", "sender"), [(JOE, "all@example.co.uk"), ("in:all@example.co.uk", "eve@x.example")]
)
async def test_no_list_is_told(tmp_path: Path, recipient: str, sender: str) -> None:
    """A notice there would be one to each of its members: neither as the recipient nor as the sender."""
    everybody = DistributionList("all@example.co.uk", size=30_000)
    async with EmbeddedGateway(
        tmp_path, filters="- probe: {notify: [sender, recipient]}", lists=(everybody,)
    ) as gateway:
        assert await told(gateway, recipient, sender=sender) == []


@pytest.mark.parametrize(
    ("filters", "recipient", "sender", "expected"),
    [
        ("- probe", BOB, "eve@outside.example", []),
        ("- probe: {action: quarantine}", BOB, "eve@outside.example", []),
        ("- probe: {notify: [recipient]}", BOB, "eve@outside.example", ["bob@example.co.uk"]),
        ("- probe", JOE, "carol@example.co.uk", ["carol@example.co.uk"]),
    ],
)
async def test_of_an_inbound_virus_nobody_is_told(
    tmp_path: Path, filters: str, recipient: str, sender: str, expected: list[str]
) -> None:
    """Unless it is asked for; our own infected sender is told."""
    async with EmbeddedGateway(tmp_path, filters=filters) as gateway:
        assert await told(gateway, recipient, code="virus.found", sender=sender) == expected


async def test_an_inbound_virus_keeps_another_finding_silent(tmp_path: Path) -> None:
    """Whichever filter stands first."""
    async with EmbeddedGateway(tmp_path) as gateway:
        gateway.probe.finds = [finding("probe.hold"), finding("virus.found")]
        await gateway.accept(BOB)
        await gateway.tidy()
        assert notices(gateway) == []


@pytest.mark.parametrize("code", ["probe.reject", "probe.away"])
async def test_whatever_held_it_the_default_is_told(tmp_path: Path, code: str) -> None:
    """Copies rejected for some recipients only, and what the gateway itself holds."""
    async with EmbeddedGateway(tmp_path) as gateway:
        gateway.probe.finds = [finding(code, recipients=frozenset({"ann@example.co.uk"}))]
        if code == "probe.away":
            assert (await gateway.accept(BOB, ANN)).temporary
            gateway.clock.move(hours=5)
        assert (await gateway.accept(BOB, ANN, id="m2")).ok
        await gateway.tidy()
        assert [got.recipients for got in notices(gateway)] == [("ann@example.co.uk",)]


async def test_no_notice_about_a_relayed_or_discarded_message(tmp_path: Path) -> None:
    """Only held ones."""
    async with EmbeddedGateway(tmp_path) as gateway:
        for code in ("probe.tag", "probe.discard", "probe.log"):
            gateway.probe.finds = [finding(code)]
            await gateway.accept(BOB)
        await gateway.tidy()
        assert notices(gateway) == []


# --- when ------------------------------------------------------------------------------------------------------------


async def test_the_first_goes_at_once_and_later_ones_within_the_hour_are_gathered(tmp_path: Path) -> None:
    """Every held message is named in exactly one notice."""
    async with EmbeddedGateway(tmp_path) as gateway:
        gateway.probe.finds = [finding("probe.hold")]
        for number in range(4):
            raw = b"Subject: number %d\r\n\r\nx\r\n" % number
            assert (await gateway.accept(BOB, raw=raw, id=f"m{number}")).ok
            await gateway.tidy()
            gateway.clock.move(minutes=10)
        assert [re.findall(r"Id: +(\w+)", text(got)) for got in notices(gateway)] == [["m0"]]
        gateway.clock.move(minutes=20)
        await gateway.tidy()
        assert [re.findall(r"Id: +(\w+)", text(got)) for got in notices(gateway)] == [["m0"], ["m1", "m2", "m3"]]
        assert read(notices(gateway)[1].content)["Subject"] == "3 messages to you were held"
        for got, this, they in zip(notices(gateway), ("this", "one of them"), ("it is", "they are"), strict=True):
            assert f"if you expected {this}, ask" in text(got)
            assert f"{they} deleted after 30 days" in text(got)
        gateway.clock.move(hours=2)
        await gateway.tidy()
        assert len(notices(gateway)) == 2


async def test_a_notice_that_fails_stops_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits for another gap, and is then tried again."""
    async with EmbeddedGateway(tmp_path) as gateway:
        gateway.probe.finds = [finding("probe.hold")]
        await gateway.accept("in:ann@example.co.uk", "in:bob@example.co.uk")
        compose = gateway.notices.compose

        def fail(person: str, notices: Any) -> bytes:
            if person.startswith("ann"):
                raise ValueError("odd")
            return compose(person, notices)

        with monkeypatch.context() as patch, capture_logs() as logs:
            patch.setattr(gateway.notices, "compose", fail)
            await gateway.tidy()
            await gateway.tidy()
        assert [got.recipients for got in notices(gateway)] == [("bob@example.co.uk",)]
        assert [one["person"] for one in logs if one["event"] == "notice.not_made"] == ["ann@example.co.uk"]
        gateway.clock.move(hours=1, seconds=1)
        await gateway.tidy()
        assert [got.recipients for got in notices(gateway)] == [("bob@example.co.uk",), ("ann@example.co.uk",)]


async def test_a_question_that_fails_is_asked_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It isn't taken for one that the sender had."""
    async with EmbeddedGateway(tmp_path, filters=FILTERS, more=CONTROL) as gateway:

        def fail(*_: Any) -> bytes:
            raise ValueError("odd")

        with monkeypatch.context() as patch, capture_logs() as logs:
            patch.setattr(gateway.notices, "compose", fail)
            await send(gateway)
            await gateway.tidy()
            await gateway.tidy()
        assert len([one for one in logs if one["event"] == "notice.not_made"]) == 1
        assert notices(gateway) == []
        gateway.clock.move(hours=1, seconds=1)
        await gateway.tidy()
        assert len(notices(gateway)) == 1


async def test_a_notice_that_the_next_hop_refuses_ends_there(tmp_path: Path) -> None:
    """Nothing answers a notice: no report, no held entry."""
    async with EmbeddedGateway(tmp_path) as gateway:
        gateway.home.rcpt_reply = lambda _: b"550 5.1.1 no"
        assert await told(gateway, BOB) == []
        assert await gateway.waiting() == {}
        assert [entry.codes for entry in await gateway.held()] == [("probe.hold",)]


# --- what they read --------------------------------------------------------------------------------------------------


async def test_a_notice_says_what_why_and_whom_to_ask(tmp_path: Path) -> None:
    """And comes from the null sender, marked as automatic (RFC 3834)."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await told(gateway, BOB)
        (got,) = notices(gateway)
        notice = read(got.content)
        assert notice["From"] == "Example Ltd mail gateway <postmaster@example.co.uk>"
        assert (notice["To"], notice["Subject"]) == ("bob@example.co.uk", "A message to you was held")
        assert notice["Auto-Submitted"] == "auto-generated"
        assert notice.defects == []
        said = text(got)
        for part in (
            "It has probe.hold.",
            "From:     Eve <eve@outside.example>",
            "Subject:  Hello",
            "Received: Monday 02 March 2026, 09:30 GMT",
            "(security.phishing)",
            "Id:       m1",
            "ask IT Service Desk <it@example.co.uk> and give the id",
            "deleted after 30 days",
            "Nobody outside has been told.",
        ):
            assert part in said


async def test_the_clauses_text_is_quoted(tmp_path: Path) -> None:
    """The notice quotes the clause as config/policy.yaml has it."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await told(gateway, JOE, code="virus.found", **CAROL_SENDS)
        (got,) = notices(gateway)
        assert "is monitored for viruses. (security.viruses)" in text(got)
        assert read(got.content)["Subject"] == "A message from you was held"
        assert "Nobody outside" not in text(got)


async def test_a_sender_is_told_all_recipients_that_did_not_get_it(tmp_path: Path) -> None:
    """One notice names all recipients; of many recipients it names the first ones."""
    async with EmbeddedGateway(tmp_path) as gateway:
        many = [f"out:p{n}@outside.example" for n in range(SHOWN_RECIPIENTS + 1)]
        await told(gateway, *many, **CAROL_SENDS)
        (got,) = notices(gateway)
        assert "p0@outside.example, p1@outside.example" in text(got)
        assert f"p{SHOWN_RECIPIENTS - 1}@outside.example and 1 more" in text(got)


async def test_a_recipient_is_not_told_who_else_got_it(tmp_path: Path) -> None:
    """Law 7: the other may have been a hidden one."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await told(gateway, BOB, ANN)
        for got in notices(gateway):
            other = {"bob": b"ann@", "ann": b"bob@"}[got.recipients[0][:3]]
            assert other not in got.content


async def test_a_reviewers_notice_names_both_ends(tmp_path: Path) -> None:
    """It is no message to them."""
    async with EmbeddedGateway(tmp_path, filters="- probe: {notify: [reviewers]}") as gateway:
        await told(gateway, BOB, ANN)
        (got,) = notices(gateway)
        assert read(got.content)["Subject"] == "A message was held"
        assert "To:       bob@example.co.uk, ann@example.co.uk" in text(got)
        assert "From:     Eve <eve@outside.example>" in text(got)


async def test_reviewers_are_told_where_they_get_mail(tmp_path: Path) -> None:
    """Each once; the contact stands for reviewers without an address of their own, and for no other."""
    more = (
        "reviewers: {alice: [reviewer], bob: [approver], carol: [auditor]}\n"
        "reviewer_addresses: {alice: hr@example.co.uk, bob: HR@example.co.uk}\n"
    )
    async with EmbeddedGateway(tmp_path, filters="- probe: {notify: [reviewers]}", more=more) as gateway:
        assert await told(gateway, BOB) == ["hr@example.co.uk"]


async def test_a_reviewer_is_not_told_the_subject_of_personal_mail(tmp_path: Path) -> None:
    """A reviewer needs a reason on record to read the subject; the mail's own recipients know it."""
    async with EmbeddedGateway(tmp_path, filters="- probe: {notify: [recipient, reviewers]}") as gateway:
        await told(gateway, BOB, raw=b"Subject: Personal: kittens\r\n\r\nx\r\n")
        texts = {got.recipients: text(got) for got in notices(gateway)}
        assert "Subject:  Personal: kittens" in texts[("bob@example.co.uk",)]
        assert "Subject:  [personal]" in texts[("it@example.co.uk",)]


HOSTILE = "\r\nBcc: all@example.co.uk\r\n\r\n\x1b]0;x\x07{{ 7*7 }}\u202egnp.exe"


async def test_hostile_text_is_neutralised(tmp_path: Path) -> None:
    """Subject, sender and summary begin no line, move no terminal, and are no template (law 6)."""
    raw = b"Subject: =?utf-8?q?" + HOSTILE.encode().hex(" ").upper().replace(" ", "=").join(["=", ""]).encode()
    async with EmbeddedGateway(tmp_path) as gateway:
        gateway.probe.finds = [finding("probe.hold", summary=f"A file “{HOSTILE}” was found.")]
        await gateway.accept(BOB, raw=raw + b"?=\r\n\r\nx\r\n", sender='"a\x7f b"@outside.example')
        await gateway.tidy()
        (got,) = notices(gateway)
        notice = read(got.content)
        assert notice["Bcc"] is None
        said = text(got)
        assert not [c for c in said if not c.isprintable() and c != "\n"]
        assert [line for line in said.splitlines() if line.startswith("Bcc")] == []
        assert said.count("{{ 7*7 }}") == 2
        assert said.count("⟨U+001B⟩]0;x⟨U+0007⟩") == 2


async def test_long_text_is_cut(tmp_path: Path) -> None:
    """A notice stays readable."""
    async with EmbeddedGateway(tmp_path) as gateway:
        gateway.probe.finds = [finding("probe.hold", summary="y" * 10_000)]
        await gateway.accept(BOB, raw=b"Subject: " + b"x" * 900 + b"\r\n\r\n", sender="z" * 900 + "@outside.example")
        await gateway.tidy()
        said = text(notices(gateway)[0])
        assert max(map(len, re.findall("x+…?", said))) == SUBJECT_CHARACTERS
        assert max(map(len, re.findall("z+…?", said))) == QUOTE_CHARACTERS
        assert max(map(len, re.findall("y+…?", said))) == SUMMARY_CHARACTERS


@pytest.mark.parametrize(
    "address",
    [
        "=?utf-8?q?a=0D=0ABcc:x@y?=@example.co.uk",
        '"=?utf-8?q?a=0AX:b?="@example.co.uk',
        "a..b@example.co.uk",
        '"a,b"@example.co.uk',
        "x" * 300 + "@example.co.uk",
        "jörg@example.co.uk",
        "o'neil+tag@example.co.uk",
    ],
)
async def test_any_address_can_be_told(tmp_path: Path, address: str) -> None:
    """It stands in `To` as it is, on one line, decoded by nobody; the keeper goes on."""
    async with EmbeddedGateway(tmp_path) as gateway:
        assert await told(gateway, f"in:{address}") == [address]
        (got,) = notices(gateway)
        assert f"\r\nTo: <{address}>\r\n".encode() in got.content
        assert got.content.count(b"\r\nTo:") == 1
        assert b"SMTPUTF8" in got.mail or address.isascii()


async def test_subjects_outside_ascii_are_readable(tmp_path: Path) -> None:
    """And the notice is seven-bit on the wire."""
    async with EmbeddedGateway(tmp_path) as gateway:
        gateway.probe.finds = [finding("probe.hold")]
        await gateway.accept(BOB, raw=b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe_=E2=82=AC?=\r\n\r\nx\r\n")
        await gateway.tidy()
        (got,) = notices(gateway)
        assert "Subject:  Grüße €" in text(got)
        assert got.content.isascii()


async def test_an_empty_subject_and_the_null_sender_are_named(tmp_path: Path) -> None:
    """A blank would look like a mistake of ours."""
    async with EmbeddedGateway(tmp_path) as gateway:
        gateway.probe.finds = [finding("probe.hold")]
        await gateway.accept(BOB, raw=b"X: 1\r\n\r\nx\r\n", sender="")
        await gateway.tidy()
        said = text(notices(gateway)[0])
        assert "Subject:  (none)" in said
        assert "From:     <>" in said


async def test_several_notices_are_composed_into_one(tmp_path: Path) -> None:
    """The words of the template fit one and many."""
    async with EmbeddedGateway(tmp_path) as gateway:
        payload = {
            "id": "m1",
            "subject": "s",
            "sender": "a@x.example",
            "recipient": "b@x.example",
            "at": "now",
            "code": "c",
            "summary": "Found.",
            "clause": "nowhere",
            "to": "bob@example.co.uk",
            "template": "",
            "expires": "2026-04-01T09:30:00+00:00",
        }
        both = [PendingNotice("bob@example.co.uk", "probe", f"m{n}", "sender", payload) for n in "12"]
        content = gateway.notices.compose("bob@example.co.uk", both)
        assert read(content)["Subject"] == "2 messages from you were held"
        assert "These messages were held. They have not been delivered, and they are not lost." in text(content)
