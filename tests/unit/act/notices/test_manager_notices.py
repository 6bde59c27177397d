"""Notices to managers: who the manager is, and what a manager is told of a held and of a confirmed message."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateway.act.notices.manager_notices import ManagerNotices
from gateway.act.rules.release_rules import ReleaseRules
from gateway.contract import Person
from tests.support.builders.confirmations import CAROL, CONTROL, FILTERS, asked, newsletter, reply, send
from tests.support.builders.judgement import finding
from tests.support.servers.embedded_gateway import EmbeddedGateway

CLEO = "cleo@example.co.uk"
#: Continues the directory, with which the configuration ends.
MORE = (
    "  people: [{name: Carol Cole, addresses: [carol@example.co.uk], manager: cleo@example.co.uk},"
    " {name: Cleo Carr, addresses: [cleo@example.co.uk]}]\n"
)
HOLDS = "- probe: {notify: [sender, manager]}"
JOE = "out:joe@outside.example"


@pytest.mark.parametrize(
    ("manager", "expected"),
    [
        (CLEO, CLEO),
        ("", ""),
        ("cleo@outside.example", ""),
        ("all@example.co.uk", ""),
        ("CAROL@example.co.uk", ""),
    ],
    ids=["ours", "none", "outside", "a list", "the sender"],
)
def test_the_manager_is_one_of_our_people(manager: str, expected: str) -> None:
    people = {CAROL: Person("Carol", (CAROL,), manager=manager)}
    rules = ReleaseRules((), (), timedelta(days=1))
    notices = ManagerNotices(people.get, {"example.co.uk"}, "all@example.co.uk".__eq__, rules, ZoneInfo("UTC"))
    assert notices.manager_of(CAROL, [JOE]) == expected
    assert notices.manager_of("", [JOE]) == ""
    assert notices.manager_of("stranger@example.co.uk", [JOE]) == ""


@pytest.mark.parametrize(
    ("recipient", "expected"),
    [
        ("joe@outside.example", CLEO),
        ("hr@example.co.uk", CLEO),
        ("Cleo@Example.co.uk", ""),
        ("c.carr@example.co.uk", ""),
        ("cleo@home.example", ""),
        ("dora@example.co.uk", ""),
        ("eve@example.co.uk", ""),
    ],
    ids=["outside", "another", "the manager", "by another address", "at home", "the manager's own", "at the top"],
)
def test_no_manager_is_told_of_mail_to_the_manager_or_above(recipient: str, expected: str) -> None:
    """It may be a complaint. Two who are each other's managers end the way up."""
    people = [
        Person("Carol", (CAROL,), manager=CLEO),
        Person(
            "Cleo",
            (CLEO, "c.carr@example.co.uk"),
            manager="dora@example.co.uk",
            private_addresses=("cleo@home.example",),
        ),
        Person("Dora", ("dora@example.co.uk",), manager="eve@example.co.uk"),
        Person("Eve", ("eve@example.co.uk",), manager="dora@example.co.uk"),
    ]
    by_address = {address: person for person in people for address in person.addresses}
    rules = ReleaseRules((), (), timedelta(days=1))
    notices = ManagerNotices(by_address.get, {"example.co.uk"}, "all@example.co.uk".__eq__, rules, ZoneInfo("UTC"))
    assert notices.manager_of(CAROL, ["joe@outside.example", recipient]) == expected


def told(gateway: EmbeddedGateway) -> list[tuple[str, str]]:
    """Return subject and text of the manager's notices."""
    read = [
        message_from_bytes(got.content, policy=policy.default) for got in gateway.home.got if CLEO in got.recipients
    ]
    return [(str(one["Subject"]), one.get_body(("plain",)).get_content()) for one in read]  # type: ignore[attr-defined]


async def test_a_manager_is_told_of_held_mail_without_its_words(tmp_path: Path) -> None:
    """The sender has the usual notice besides."""
    async with EmbeddedGateway(tmp_path, filters=HOLDS, more=MORE) as gateway:
        gateway.probe.finds = [finding("probe.hold")]
        await gateway.accept(JOE, sender=CAROL)
        await gateway.tidy()
        ((subject, text),) = told(gateway)
        assert subject == "A message from Carol Cole is held"
        assert "until a reviewer decides" in text
        assert "joe@outside.example" in text
        assert "It has probe.hold" not in text
        assert "Hello" not in text
        assert sum(CAROL in got.recipients for got in gateway.home.got) == 1


@pytest.mark.parametrize("header", [b"Subject: Personal: Hello", b"Sensitivity: Personal"])
async def test_personal_mail_is_not_told(tmp_path: Path, header: bytes) -> None:
    async with EmbeddedGateway(tmp_path, filters=HOLDS, more=MORE) as gateway:
        gateway.probe.finds = [finding("probe.hold")]
        await gateway.accept(JOE, sender=CAROL, raw=b"From: carol@example.co.uk\r\n" + header + b"\r\n\r\nHello\r\n")
        await gateway.tidy()
        assert told(gateway) == []


@pytest.mark.parametrize("also", ["us:cleo@example.co.uk", "Cc"])
async def test_mail_to_the_manager_is_not_told(tmp_path: Path, also: str) -> None:
    """As one of the envelope's recipients, or one whom the header shows."""
    to = (JOE,) if also == "Cc" else (JOE, also)
    shown = b"Cc: Cleo <cleo@example.co.uk>\r\n" if also == "Cc" else b""
    async with EmbeddedGateway(tmp_path, filters=HOLDS, more=MORE) as gateway:
        gateway.probe.finds = [finding("probe.hold")]
        await gateway.accept(*to, sender=CAROL, raw=b"From: carol@example.co.uk\r\n" + shown + b"\r\nHello\r\n")
        await gateway.tidy()
        assert told(gateway) == []


async def test_inbound_mail_has_no_sender_with_a_manager(tmp_path: Path) -> None:
    """Whoever writes our people's names from outside."""
    async with EmbeddedGateway(tmp_path, filters="- probe: {notify: [manager]}", more=MORE) as gateway:
        gateway.probe.finds = [finding("probe.hold")]
        await gateway.accept("in:bob@example.co.uk", sender=CAROL)
        await gateway.tidy()
        assert told(gateway) == []


async def test_a_manager_is_told_that_the_sender_has_confirmed(tmp_path: Path) -> None:
    """The notice follows within an hour of the first one."""
    filters = "- probe: {actions: {probe.hold: {do: quarantine, release: sender, notify: [manager]}}}"
    async with EmbeddedGateway(tmp_path, filters=filters, more=MORE + CONTROL) as gateway:
        await send(gateway)
        to = await asked(gateway)
        ((_, text),) = told(gateway)
        assert "until its sender confirms it" in text
        assert (await reply(gateway, to)).ok
        gateway.clock.at += timedelta(hours=1)
        await gateway.tidy()
        _, (subject, text) = told(gateway)
        assert subject == "Carol Cole has confirmed a held message"
        assert "It has been sent" in text
        assert "News" not in text


async def test_a_confirmed_message_to_the_manager_is_not_told(tmp_path: Path) -> None:
    filters = "- probe: {actions: {probe.hold: {do: quarantine, release: sender, notify: [manager]}}}"
    raw = newsletter(more="Cc: cleo@example.co.uk\r\n")
    async with EmbeddedGateway(tmp_path, filters=filters, more=MORE + CONTROL) as gateway:
        await send(gateway, raw=raw)
        assert (await reply(gateway, await asked(gateway))).ok
        gateway.clock.at += timedelta(hours=1)
        await gateway.tidy()
        assert told(gateway) == []


async def test_a_manager_who_is_not_to_be_told_hears_of_no_confirmation(tmp_path: Path) -> None:
    async with EmbeddedGateway(tmp_path, filters=FILTERS, more=MORE + CONTROL) as gateway:
        await send(gateway)
        assert (await reply(gateway, await asked(gateway))).ok
        gateway.clock.at += timedelta(hours=1)
        await gateway.tidy()
        assert told(gateway) == []
