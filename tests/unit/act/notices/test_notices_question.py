"""The question to a sender whose mail is held: one for each mail, at once, and it can be answered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jinja2 import Template

from gateway.act.notices.notice_templates import NoticeTemplates
from gateway.contract import DistributionList
from gateway.settings.yaml.file_search import SHIPPED
from tests.support.builders.confirmations import (
    CAROL,
    CONTROL,
    FILTERS,
    JOE,
    KIM,
    ONE,
    OUR_BOB,
    THREE,
    TWO,
    asked,
    newsletter,
    questions,
    reply,
    reply_to,
    send,
    states,
)
from tests.support.builders.judgement import finding
from tests.support.servers.embedded_gateway import EmbeddedGateway
from tests.unit.act.notices.test_notices import notices, read, text

UNTIL = "Thursday 05 March 2026, 09:30 GMT"


def a_gateway(folder: Path, **parts: Any) -> EmbeddedGateway:
    return EmbeddedGateway(folder, **{"filters": FILTERS, "more": CONTROL} | parts)


async def test_what_the_sender_reads(tmp_path: Path) -> None:
    """The sender alone reads the findings, both ways to go on, and the time limit."""
    async with a_gateway(tmp_path) as gateway:
        await send(gateway, JOE, KIM)
        await gateway.tidy()
        (got,) = notices(gateway)
        assert got.recipients == (CAROL,)
        assert read(got.content)["Subject"] == "Not sent yet: News"
        said = text(got)
        assert "\nMany people see each other's addresses.\n" in said
        assert "  To:       joe@outside.example, kim@far.example\n" in said
        assert f"until {UNTIL}." in " ".join(said.split())
        assert "reply to this message with the word Yes, and nothing else" in said
        assert "Use Bcc" not in said
        assert ONE in said


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("audience.reply_all", "Use Bcc"),
        ("confidential.words", "encrypted,"),
        ("commitment.wording", "may sign"),
        ("language.abuse", "leave out what you think of the person"),
        ("attachment.macro", ""),
    ],
)
def test_it_says_what_fits_the_finding(code: str, words: str) -> None:
    """Advice to use Bcc helps nobody whose mail says something confidential."""
    template = Template(Path("config/notices/confirm.txt").read_text(), trim_blocks=True, lstrip_blocks=True)
    one = {"id": ONE, "subject": "News", "recipient": "joe@outside.example", "at": "now", "until": UNTIL}
    said = template.render(notices=[{**one, "code": code, "found": ["Found."]}], policy={"title": "policy"})
    advice = [
        one for one in ("Use Bcc", "encrypted,", "may sign", "leave out what you think of the person") if one in said
    ]
    assert advice == [words] * bool(words)
    promise = "By it you say that the recipient has agreed to get such mail unencrypted."
    assert (promise in said, "can be asked" in said) == (code.startswith("confidential."),) * 2
    assert "Reviewers can read held mail whole" in said


async def test_its_reply_goes_to_the_control_address(tmp_path: Path) -> None:
    """On one line, however long; signed for this sender, this message and this time."""
    async with a_gateway(tmp_path) as gateway:
        await send(gateway)
        to = await asked(gateway)
        control = gateway.confirming.control
        assert to == control.reply_to(ONE, CAROL, gateway.confirming.until(gateway.clock.now()))
        header = read(questions(gateway)[0].content)
        assert (header["Auto-Submitted"], header["X-Auto-Response-Suppress"]) == ("auto-generated", "All")


async def test_each_mail_is_asked_about_at_once(tmp_path: Path) -> None:
    """Other notices of the hour are gathered; a question has its own answer."""
    async with a_gateway(tmp_path) as gateway:
        for number, id in enumerate((ONE, TWO)):
            await send(gateway, id=id, raw=newsletter(id=f"n{number}@example.co.uk"))
            await gateway.tidy()
        assert len(questions(gateway)) == 2


async def test_a_mail_that_was_split_is_asked_about_once(tmp_path: Path) -> None:
    """The transactions that came before the notice are named in it; of later ones nothing more is said."""
    async with a_gateway(tmp_path) as gateway:
        await send(gateway, JOE, id=ONE)
        await send(gateway, KIM, id=TWO)
        await gateway.tidy()
        await send(gateway, OUR_BOB, id=THREE)
        for _ in range(3):
            await gateway.tidy()
            gateway.clock.move(hours=2)
        (got,) = notices(gateway)
        assert "  To:       joe@outside.example, kim@far.example\n" in text(got)


async def test_an_answer_holds_for_what_came_after_the_question(tmp_path: Path) -> None:
    """The late transaction goes with the others."""
    async with a_gateway(tmp_path) as gateway:
        await send(gateway, JOE, id=ONE)
        to = await asked(gateway)
        await send(gateway, KIM, id=TWO)
        assert (await reply(gateway, to)).ok
        assert set((await states(gateway)).values()) == {"released"}


async def test_what_came_while_the_answer_did_is_asked_about_again(tmp_path: Path) -> None:
    """It was judged before the confirmation was known, and would wait in silence."""
    async with a_gateway(tmp_path) as gateway:
        await send(gateway, JOE, id=ONE)
        assert (await reply(gateway, await asked(gateway))).ok
        await send(gateway, KIM, id=TWO)
        gateway.clock.move(hours=2)
        to = await asked(gateway)
        assert len(questions(gateway)) == 2
        assert (await reply(gateway, to, id="r2")).ok
        assert set((await states(gateway)).values()) == {"released"}


async def test_when_its_time_is_over_a_mail_is_asked_about_again(tmp_path: Path) -> None:
    """The first answer could not count any more."""
    async with a_gateway(tmp_path) as gateway:
        await send(gateway, JOE, id=ONE)
        await gateway.tidy()
        gateway.clock.move(days=3)
        await send(gateway, KIM, id=TWO)
        await gateway.tidy()
        assert len(questions(gateway)) == 2


async def test_who_is_told_besides(tmp_path: Path) -> None:
    """`notify` adds others; the sender is asked whatever it says."""
    for keys, others in (("notify: []", []), ("notify: [reviewers]", ["it@example.co.uk"])):
        folder = tmp_path / str(len(others))
        folder.mkdir()
        filters = f"- probe: {{{keys}, actions: {{probe.hold: {{do: quarantine, release: sender}}}}}}"
        async with a_gateway(folder, filters=filters) as gateway:
            await send(gateway)
            await gateway.tidy()
            assert sorted(a for got in notices(gateway) for a in got.recipients) == sorted([CAROL, *others])


@pytest.mark.parametrize(
    ("codes", "recipient", "sender"),
    [
        (["probe.hold", "probe.payment"], JOE, CAROL),
        (["probe.hold", "virus.found"], JOE, CAROL),
        (["probe.payment"], JOE, CAROL),
        (["probe.hold"], "in:bob@example.co.uk", "eve@outside.example"),
        (["probe.hold"], "in:bob@example.co.uk", CAROL),
        (["probe.hold"], JOE, "stranger@outside.example"),
        (["probe.hold"], JOE, ""),
    ],
)
async def test_who_is_not_asked(tmp_path: Path, codes: list[str], recipient: str, sender: str) -> None:
    """Nobody is asked if another finding holds the message too, or if it isn't mail of our own sender."""
    async with a_gateway(tmp_path) as gateway:
        gateway.probe.finds = [finding(code) for code in codes]
        assert (await gateway.accept(recipient, id=ONE, sender=sender, raw=newsletter())).ok
        await gateway.tidy()
        assert questions(gateway) == []


async def test_no_list_is_asked(tmp_path: Path) -> None:
    """A message in its name waits for the reviewers: each of its members would get the question."""
    everybody = DistributionList("all@example.co.uk", size=30_000)
    async with a_gateway(tmp_path, lists=(everybody,)) as gateway:
        await send(gateway, sender="all@example.co.uk")
        await gateway.tidy()
        assert notices(gateway) == []


async def test_of_copies_that_differ_each_has_its_notice(tmp_path: Path) -> None:
    """The question names those that an answer sends; the notice the others."""
    ways = "{outbound: {do: quarantine, release: sender}, internal: quarantine}"
    async with a_gateway(tmp_path, filters=f"- probe: {{actions: {{probe.hold: {ways}}}}}") as gateway:
        await send(gateway, JOE, OUR_BOB)
        await gateway.tidy()
        (question,) = questions(gateway)
        (other,) = [got for got in notices(gateway) if got != question]
        assert "  To:       joe@outside.example\n" in text(question)
        assert "  To:       bob@example.co.uk\n" in text(other)


async def test_what_a_client_sends_twice_is_asked_about_once(tmp_path: Path) -> None:
    """A retry makes no second entry."""
    async with a_gateway(tmp_path) as gateway:
        await send(gateway, id=ONE)
        await send(gateway, id=TWO)
        await gateway.tidy()
        assert len(questions(gateway)) == 1


async def test_a_question_from_before_the_control_address_was_taken_away(tmp_path: Path) -> None:
    """It is a notice like others then: a reviewer can release it."""
    async with a_gateway(tmp_path) as gateway:
        await send(gateway)
        gateway.notices._confirming = gateway.notices._asking = None
        gateway.notices._templates = NoticeTemplates({"": SHIPPED / "notices/held.txt"})
        await gateway.tidy()
        (got,) = notices(gateway)
        assert reply_to(got.content) == "it@example.co.uk"
        assert "ask IT Service Desk" in text(got)


@pytest.mark.parametrize(
    ("other", "is_asked"),
    [
        ("{name: b, directions: [inbound]}", True),
        ("{name: b, directions: [outbound], actions: {probe.hold: {do: quarantine, release: sender}}}", True),
        ("{name: b, directions: [outbound]}", False),
    ],
)
async def test_a_filter_that_stands_twice(tmp_path: Path, other: str, is_asked: bool) -> None:
    """Every instance for this direction has to leave it to the sender; those for others don't count."""
    async with a_gateway(tmp_path, filters=f"{FILTERS}\n- probe: {other}") as gateway:
        await send(gateway)
        await gateway.tidy()
        assert bool(questions(gateway)) is is_asked
