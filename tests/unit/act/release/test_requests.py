"""Our people ask by a reply for the release of held mail: once, in time, for their own; a reviewer answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import process_time
from typing import Any

import pytest

from gateway.act.release.release import Released
from gateway.act.release.requests import _ID
from gateway.act.rules.requests import SEVERAL
from gateway.contract import Client
from gateway.remember.database.errors import NotHeld
from tests.support.builders.confirmations import CAROL, CONTROL, FILTERS, JOE, ONE, THREE, TWO, answer, asked, send
from tests.support.builders.judgement import finding
from tests.support.builders.requests import BOB, asking_address, hold, last_text, told, writes
from tests.support.servers.embedded_gateway import OUTSIDE, EmbeddedGateway

IN_BOB, IN_ANN = f"in:{BOB}", "in:ann@example.co.uk"
WHO: dict[str, Any] = {"actor": "alice", "reason": "expected"}
BY_RECIPIENT = "- probe: {actions: {probe.hold: {do: quarantine, release: recipient}}}"


def a_gateway(folder: Path, **parts: Any) -> EmbeddedGateway:
    return EmbeddedGateway(folder, **{"more": CONTROL} | parts)


async def states(gateway: EmbeddedGateway) -> list[tuple[str, str]]:
    return [(one.person, one.state) for entry in await gateway.held() for one in entry.requests]


def relayed(gateway: EmbeddedGateway) -> list[tuple[str, ...]]:
    return [got.recipients for sink in (gateway.world, gateway.home) for got in sink.got if got.mail_from]


async def refused(gateway: EmbeddedGateway, to: str, code: str, **parts: Any) -> str:
    """Return the refusal; nobody has asked, nothing is released, and the refusal is on record."""
    before = await states(gateway)
    said = await writes(gateway, to, **parts)
    assert (said.code, said.status) == (550, "5.7.1")
    assert relayed(gateway) == []
    assert await states(gateway) == before
    await gateway.store.audit.flush()
    row = await gateway.trace(parts.get("id", "r1"))
    assert (row.codes, row.recipients) == ((code,), (("mailwarden@gw.example.co.uk", "internal", "refuse"),))
    return said.text


# --- asked -----------------------------------------------------------------------------------------------------------


async def test_a_reply_asks_a_reviewer(tmp_path: Path) -> None:
    """Nothing goes out; the person's own words stand with the entry, and the question on record."""
    async with a_gateway(tmp_path) as gateway:
        await hold(gateway)
        said = await writes(gateway, asking_address(gateway), text="It is the invoice that I wait for.\n\n> quoted")
        assert (said.code, said.text) == (250, f"A reviewer is asked about {ONE}, and the answer comes by mail (r1)")
        assert relayed(gateway) == []
        (entry,) = await gateway.held()
        (request,) = entry.requests
        assert (request.person, request.addresses, request.state) == (BOB, (BOB,), "open")
        assert request.text == "It is the invoice that I wait for."
        (done,) = (await gateway.trace(ONE)).history
        assert (done.operation, done.actor, done.addresses) == ("ask", BOB, (BOB,))
        assert done.reason == "asked by the reply r1 from 127.0.0.1"
        assert (await gateway.trace("r1")).recipients == (("mailwarden@gw.example.co.uk", "internal", "ask"),)


async def test_the_notice_says_how(tmp_path: Path) -> None:
    """The address signs for this person, this message and its end; the token is in no record."""
    async with a_gateway(tmp_path) as gateway:
        await hold(gateway)
        to = asking_address(gateway)
        until = gateway.clock.now() + timedelta(days=30)
        assert to == gateway.asking.control.reply_to(ONE, BOB, until)
        assert "What to do: if you expected this, reply to this notice, and say in a few words why." in last_text(
            gateway
        )
        assert "A reviewer decides, and you get the answer by mail." in last_text(gateway)
        assert b"X-Auto-Response-Suppress: All" in told(gateway)[0].content
        await writes(gateway, to)
        assert to.partition("+")[2].partition("@")[0] not in str(await gateway.trace("r1"))


async def test_a_sender_asks_for_all_that_they_sent(tmp_path: Path) -> None:
    """Outbound mail of theirs, to each recipient for whom it is held."""
    async with a_gateway(tmp_path) as gateway:
        await send(gateway, JOE, "out:kim@far.example")
        await gateway.tidy()
        assert (await writes(gateway, asking_address(gateway, CAROL), sender=CAROL)).ok
        (entry,) = await gateway.held()
        assert entry.requests[0].addresses == ("joe@outside.example", "kim@far.example")


async def test_a_reviewer_gets_no_token(tmp_path: Path) -> None:
    """The desk has commands; replies to its notices go to the contact."""
    async with a_gateway(tmp_path, filters="- probe: {notify: [reviewers]}") as gateway:
        await hold(gateway)
        assert asking_address(gateway, "it@example.co.uk") == "it@example.co.uk"


# --- answered --------------------------------------------------------------------------------------------------------


async def test_a_release_is_an_answer(tmp_path: Path) -> None:
    """Only the copies that were asked for go; the person hears of it besides."""
    async with a_gateway(tmp_path) as gateway:
        await hold(gateway, IN_BOB, IN_ANN)
        raw = answer(sender=BOB, header="Message-ID: <q1@example.co.uk>\r\n")
        await writes(gateway, asking_address(gateway), raw=raw)
        done = await gateway.release.release(ONE, asked=True, **WHO)
        assert isinstance(done, Released)
        assert done.recipients == (BOB,)
        assert await states(gateway) == [(BOB, "granted")]
        await gateway.tidy()
        assert last_text(gateway).startswith("Released: Hello The message that you asked for has been checked again")
        assert b"Auto-Submitted: auto-replied" in told(gateway)[-1].content
        assert b"\r\nIn-Reply-To: <q1@example.co.uk>\r\n" in told(gateway)[-1].content
        with pytest.raises(NotHeld, match="nobody has asked"):
            await gateway.release.release(ONE, asked=True, **WHO)


async def test_of_a_release_to_others_nobody_hears(tmp_path: Path) -> None:
    """The request stays open while the copy is held."""
    async with a_gateway(tmp_path) as gateway:
        await hold(gateway, IN_BOB, IN_ANN)
        await writes(gateway, asking_address(gateway))
        await gateway.release.release(ONE, recipients=["ann@example.co.uk"], **WHO)
        assert await states(gateway) == [(BOB, "open")]


async def test_a_refusal_reaches_the_person(tmp_path: Path) -> None:
    """The notice has the reviewer's sentence; the message stays held, and the answer is on record."""
    async with a_gateway(tmp_path) as gateway:
        await hold(gateway)
        await writes(gateway, asking_address(gateway))
        quarantine, now = gateway.store.quarantine, gateway.clock.now()
        assert await quarantine.refuse(ONE, actor="alice", answer="It is not from that firm.", at=now) == (BOB,)
        await gateway.tidy()
        assert "does not release it. It is not from that firm. From: Eve <eve@outside.example>" in last_text(gateway)
        (entry,) = await gateway.held()
        assert (entry.copies[0].state, entry.requests[0].state) == ("held", "refused")
        assert [h.operation for h in (await gateway.trace(ONE)).history] == ["ask", "refuse"]
        with pytest.raises(NotHeld, match="nobody has asked"):
            await quarantine.refuse(ONE, actor="alice", answer="Again", at=now)
        assert asking_address(gateway) == "it@example.co.uk"  # an answer can't be asked again


async def test_after_a_refusal_the_way_to_release_it_is_said(tmp_path: Path) -> None:
    """By whom it was refused, when, and with which sentence; the command does it."""
    async with a_gateway(tmp_path) as gateway:
        await hold(gateway, IN_BOB, IN_ANN)
        await writes(gateway, asking_address(gateway))
        await gateway.store.quarantine.refuse(ONE, actor="alice", answer="Not yours.", at=gateway.clock.now())
        with pytest.raises(NotHeld) as told:
            await gateway.release.release(ONE, asked=True, **WHO)
        assert str(told.value) == (
            f"the request of {BOB} was refused by alice on 2026-03-02 09:30:00 GMT: \u201cNot yours\u201d. It is still "
            f"held: `mailwarden quarantine release {ONE} --recipient {BOB} --reason WHY` releases it nevertheless"
        )
        done = await gateway.release.release(ONE, recipients=[BOB], **WHO)
        assert done.recipients == (BOB,)
        with pytest.raises(NotHeld, match="nobody has asked"):
            await gateway.release.release(ONE, asked=True, **WHO)


async def test_of_a_deletion_the_person_hears(tmp_path: Path) -> None:
    """Not of the reviewer's own reason."""
    async with a_gateway(tmp_path) as gateway:
        await hold(gateway)
        await writes(gateway, asking_address(gateway))
        await gateway.release.delete(ONE, actor="alice", reason="a fraud ring")
        await gateway.tidy()
        assert last_text(gateway).startswith("Not released: Hello A reviewer has looked at the message")
        assert "fraud ring" not in last_text(gateway)


async def test_after_a_restore_the_person_may_ask_again(tmp_path: Path) -> None:
    """A new reply is a new request, with an answer of its own."""
    async with a_gateway(tmp_path) as gateway:
        await hold(gateway)
        to = asking_address(gateway)
        await writes(gateway, to)
        await gateway.release.delete(ONE, actor="alice", reason="a slip")
        await gateway.store.quarantine.restore(ONE, at=gateway.clock.now(), **WHO)
        said = await writes(
            gateway, to, raw=answer(sender=BOB, header="Message-ID: <again@example.co.uk>\r\n"), id="r2"
        )
        assert said.code == 250
        entry = await gateway.store.quarantine.get(ONE)
        assert entry is not None
        assert [one.state for one in entry.requests] == ["open"]


async def test_of_the_end_of_its_time_the_person_hears(tmp_path: Path) -> None:
    """The purge tells whoever got no answer, once."""
    async with a_gateway(tmp_path) as gateway:
        await hold(gateway)
        await writes(gateway, asking_address(gateway))
        gateway.clock.move(days=31)
        for _ in range(2):
            await gateway.keeper.purge()
            await gateway.tidy()
        assert len(told(gateway)) == 2
        assert "was held for 30 days. Nobody has released it" in last_text(gateway)


async def test_numbers_are_left_out_of_answers_about_payments(tmp_path: Path) -> None:
    """As of the notice about the message."""
    async with a_gateway(tmp_path) as gateway:
        await hold(gateway, code="probe.payment", raw=b"Subject: Pay to DE89 3704 0044 0532 0130 00\r\n\r\nx\r\n")
        await writes(gateway, asking_address(gateway))
        await gateway.store.quarantine.refuse(ONE, actor="alice", answer="No.", at=gateway.clock.now())
        await gateway.tidy()
        assert "3704" not in last_text(gateway)


# --- refused ---------------------------------------------------------------------------------------------------------


async def test_a_token_is_good_for_a_single_time(tmp_path: Path) -> None:
    """A second reply is told so; the answer comes from a reviewer."""
    async with a_gateway(tmp_path) as gateway:
        await hold(gateway)
        to = asking_address(gateway)
        assert (await writes(gateway, to)).ok
        assert "you have asked for it before" in await refused(gateway, to, "request.used", id="r2")


async def test_a_reply_that_comes_again_is_answered_as_before(tmp_path: Path) -> None:
    """A client that lost the answer sends the same Message-ID again; another one is refused."""
    async with a_gateway(tmp_path) as gateway:
        await hold(gateway)
        to = asking_address(gateway)
        same = answer(sender=BOB, header="Message-ID: <same@pc>\r\n")
        assert (await writes(gateway, to, raw=same)).ok
        said = await writes(gateway, to, raw=same, id="r2")
        assert (said.code, said.text) == (250, f"A reviewer is asked about {ONE}, and the answer comes by mail (r2)")
        assert await states(gateway) == [(BOB, "open")]
        assert [done.operation for done in (await gateway.trace(ONE)).history] == ["ask"]
        other = answer(sender=BOB, header="Message-ID: <other@pc>\r\n")
        await refused(gateway, to, "request.used", raw=other, id="r3")


async def test_a_forged_token_asks_for_nothing(tmp_path: Path) -> None:
    """One octet of its signature is another."""
    async with a_gateway(tmp_path) as gateway:
        await hold(gateway)
        to = asking_address(gateway)
        at = to.index("@")
        await refused(gateway, to[: at - 1] + ("a" if to[at - 1] != "a" else "b") + to[at:], "confirm.wrong")


async def test_a_token_is_for_one_message(tmp_path: Path) -> None:
    """Signed for one, it opens no other, nor a list of them."""
    async with a_gateway(tmp_path) as gateway:
        await hold(gateway)
        await hold(gateway, id=TWO, raw=b"Subject: Two\r\n\r\nx\r\n")
        token = gateway.asking.control.token(asking_address(gateway))
        assert token is not None
        for other in (TWO, SEVERAL):
            assert not gateway.asking.control.signed(replace(token, mail_id=other), BOB)


async def test_a_token_of_the_confirmation_asks_for_nothing(tmp_path: Path) -> None:
    """And one of a request confirms nothing: each has a key of its own."""
    async with a_gateway(tmp_path, filters=FILTERS) as gateway:
        await send(gateway)
        to = await asked(gateway)
        token = gateway.confirming.control.token(to)
        assert token is not None
        assert not gateway.asking.control.signed(token, CAROL)
        other = gateway.asking.control.reply_to(ONE, CAROL, token.until)
        assert (await writes(gateway, other, sender=CAROL)).text.startswith("A reviewer is asked")
        assert relayed(gateway) == []


@pytest.mark.parametrize(
    ("sender", "raw"),
    [
        ("ann@example.co.uk", answer(sender="ann@example.co.uk")),
        (BOB, answer(sender="ann@example.co.uk")),
        ("ann@example.co.uk", answer(sender=BOB)),
        (BOB, b"Subject: Re: held\r\n\r\nYes\r\n"),
    ],
)
async def test_nobody_else_asks_with_it(tmp_path: Path, sender: str, raw: bytes) -> None:
    """Reverse-path and From: must be the person's."""
    async with a_gateway(tmp_path) as gateway:
        await hold(gateway, IN_BOB, IN_ANN)
        said = await refused(gateway, asking_address(gateway), "request.foreign", sender=sender, raw=raw)
        assert said.startswith("Only the person to whom the notice went")


async def test_a_token_expires_with_its_message(tmp_path: Path) -> None:
    """Its end is the message's, to the second; when the message is purged, no reply finds it."""
    async with a_gateway(tmp_path) as gateway:
        await hold(gateway)
        to = asking_address(gateway)
        gateway.clock.move(days=30)
        await refused(gateway, to, "request.expired")
        await gateway.store.purge(gateway.clock.now() + timedelta(days=1), 30, 180)
        gateway.clock.move(seconds=-1)
        await refused(gateway, to, "request.expired", id="r2")


@pytest.mark.parametrize("client", [OUTSIDE, Client(address="127.0.0.1", proxy="127.0.0.1")])
async def test_nobody_asks_from_outside(tmp_path: Path, client: Client) -> None:
    """Relaying is denied, as to everybody there."""
    async with a_gateway(tmp_path) as gateway:
        await hold(gateway)
        to = asking_address(gateway)
        assert await refused(gateway, to, "confirm.untrusted", client=client) == "Relaying denied"


@pytest.mark.parametrize("header", ["Auto-Submitted: auto-replied\r\n", "List-Id: <staff.example.co.uk>\r\n"])
async def test_no_program_asks(tmp_path: Path, header: str) -> None:
    """An answer from the office's absence asks for nothing, and gets no answer (RFC 3834)."""
    async with a_gateway(tmp_path) as gateway:
        await hold(gateway)
        said = await writes(gateway, asking_address(gateway), raw=answer(sender=BOB, header=header))
        assert said.text == "Accepted as r1"
        assert await states(gateway) == []
        await gateway.tidy()
        assert len(told(gateway)) == 1


@pytest.mark.parametrize("settled", ["released", "deleted"])
async def test_what_is_settled_is_not_asked_for(tmp_path: Path, settled: str) -> None:
    """It is held no more."""
    async with a_gateway(tmp_path) as gateway:
        await hold(gateway, IN_BOB, IN_ANN)
        to = asking_address(gateway)
        if settled == "deleted":
            await gateway.release.delete(ONE, actor="alice", reason="no")
        else:
            await gateway.store.quarantine.release(ONE, [BOB], [], at=gateway.clock.now(), **WHO)
        assert "is held no more" in await refused(gateway, to, "request.used")


# --- several messages in one notice ----------------------------------------------------------------------------------


async def several(gateway: EmbeddedGateway) -> str:
    """Hold three messages; return the address of the notice about the last two."""
    for number, id in enumerate((ONE, TWO, THREE)):
        await hold(gateway, id=id, raw=b"Subject: number %d\r\n\r\nx\r\n" % number)
    gateway.clock.move(hours=1)
    await gateway.tidy()
    return asking_address(gateway)


async def test_of_several_messages_the_reply_names_one(tmp_path: Path) -> None:
    """The first line has its key; another reply may name the other."""
    async with a_gateway(tmp_path) as gateway:
        to = await several(gateway)
        assert "Write the key of the message that you mean into the first line" in last_text(gateway)
        assert "Key: 000002" in last_text(gateway)
        too_late = "Hello,\n\nthe\ninvoice\nof\nMay:\n000002"
        said = await refused(gateway, to, "request.unclear", text=too_late)
        assert said.startswith("Which message? Reply with its key")
        assert (await writes(gateway, to, text="Number 000002, please.", id="r2")).ok
        assert [len(entry.requests) for entry in await gateway.held()] == [0, 1, 0]
        assert (await writes(gateway, to, text="000003 000002", id="r3")).text.startswith(
            f"A reviewer is asked about {THREE}"
        )
        assert [len(entry.requests) for entry in await gateway.held()] == [0, 1, 1]


@pytest.mark.parametrize("text", ["Hello,\n\n000002\n000003", f"Dear desk\nI need {THREE}.\nAnd also {TWO.upper()}"])
async def test_keys_and_ids_may_stand_behind_a_greeting(tmp_path: Path, text: str) -> None:
    """In the first lines, one or more in each."""
    async with a_gateway(tmp_path) as gateway:
        assert (await writes(gateway, await several(gateway), text=text)).ok
        assert [len(entry.requests) for entry in await gateway.held()] == [0, 1, 1]


def test_a_word_of_any_length_is_searched_once_for_ids() -> None:
    """A reply has 64 KiB, and may have them in one word."""

    def seconds(characters: int) -> float:
        began = process_time()
        assert _ID.findall("a" * characters) == []
        return process_time() - began

    small, large = min(seconds(1_000) for _ in range(3)), seconds(32_000)
    assert large < 32 * 4 * max(small, 0.001)


async def test_an_id_names_one_of_two_with_the_same_key(tmp_path: Path) -> None:
    """Their key alone names neither."""
    async with a_gateway(tmp_path) as gateway:
        to = await several(gateway)
        other = TWO.replace("0199", "0198")
        await hold(gateway, id=other, raw=b"Subject: other\r\n\r\nx\r\n")
        await refused(gateway, to, "request.unclear", text="000002")
        assert (await writes(gateway, to, text=other, id="r2")).text.startswith(f"A reviewer is asked about {other}")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello,\nkey 000002\nI wait for it.", "Hello,\nI wait for it."),
        (f"{TWO}: I wait.", "I wait."),
        ("Hello,\n000003 000002 I wait.", "Hello,\nI wait."),
        ("Number 000002, please.", "Number 000002, please."),
        ("000002\n\nI wait for it.", "I wait for it."),
        ("Key: 000002, 000003\nI wait for it.", "I wait for it."),
        ("000002 - I wait\nfor it.", "I wait\nfor it."),
        ("000002", ""),
        ("000002\nNumber 000002 is mine.\nSent to {to}", "Number 000002 is mine."),
    ],
)
async def test_a_reviewer_reads_no_key(tmp_path: Path, text: str, words: str) -> None:
    """Neither the line of keys nor the address with the token; the person's own words alone."""
    async with a_gateway(tmp_path) as gateway:
        to = await several(gateway)
        assert (await writes(gateway, to, text=text.format(to=to))).ok
        entry = (await gateway.held())[1]
        assert entry.requests[0].text == words


async def test_of_several_messages_nobody_else_asks_with_it(tmp_path: Path) -> None:
    """A token that we made for another person is foreign; one that we didn't make is wrong."""
    async with a_gateway(tmp_path) as gateway:
        to = await several(gateway)
        ann = "ann@example.co.uk"
        said = await refused(gateway, to, "request.foreign", sender=ann, text="000002")
        assert said.startswith("Only the person to whom the notice went")
        at = to.index("@")
        forged = to[: at - 1] + ("a" if to[at - 1] != "a" else "b") + to[at:]
        await refused(gateway, forged, "confirm.wrong", sender=ann, text="000002", id="r2")


async def test_the_key_of_somebody_elses_message_is_none(tmp_path: Path) -> None:
    """A person asks for their own alone."""
    async with a_gateway(tmp_path) as gateway:
        to = await several(gateway)
        other = "0199d0aa-5b1c-7c3e-9d55-00000000000f"
        await hold(gateway, IN_ANN, id=other, raw=b"Subject: Ann's\r\n\r\nx\r\n")
        await refused(gateway, to, "request.unclear", text="00000f")


# --- released by the recipient ---------------------------------------------------------------------------------------


async def test_a_recipient_releases_what_is_left_to_them(tmp_path: Path) -> None:
    """Their own copy alone goes at once, after the chain has run again; it is on record as theirs."""
    async with a_gateway(tmp_path, filters=BY_RECIPIENT) as gateway:
        await hold(gateway, IN_BOB, IN_ANN)
        assert "It is checked again, and then delivered to you." in last_text(gateway)
        to = asking_address(gateway)
        said = await writes(gateway, to, text="Yes, please.")
        assert (said.code, said.text) == (250, f"Confirmed: {ONE} is on its way (r1)")
        await gateway.tidy()
        assert relayed(gateway) == [(BOB,)]
        (done,) = (await gateway.trace(ONE)).history
        assert (done.operation, done.actor) == ("confirm", BOB)
        assert done.reason == "released by the recipient's reply r1 from 127.0.0.1"
        assert (await writes(gateway, to, id="r2")).code == 550
        await gateway.tidy()
        assert relayed(gateway) == [(BOB,)]


async def test_a_reply_that_has_released_and_comes_again_is_answered_as_before(tmp_path: Path) -> None:
    """Its sender's server lost our answer: the same Message-ID hears 250 again, and nothing goes a second time."""
    async with a_gateway(tmp_path, filters=BY_RECIPIENT) as gateway:
        await hold(gateway)
        assert "reply to this notice with the word Yes, and nothing else." in last_text(gateway)
        to, same = asking_address(gateway), answer(sender=BOB, header="Message-ID: <same@pc>\r\n")
        for id in ("r1", "r2"):
            said = await writes(gateway, to, raw=same, id=id)
            assert (said.code, said.text) == (250, f"Confirmed: {ONE} is on its way ({id})")
            await gateway.tidy()
        assert relayed(gateway) == [(BOB,)]
        assert [done.operation for done in (await gateway.trace(ONE)).history] == ["confirm"]
        other = answer(sender=BOB, header="Message-ID: <other@pc>\r\n")
        assert (await writes(gateway, to, raw=other, id="r3")).code == 550


@pytest.mark.parametrize("text", ["No", "Please delete it, I don't know them."])
async def test_who_wants_it_deleted_releases_nothing(tmp_path: Path, text: str) -> None:
    """The person is told that it stays held, and can change their mind."""
    async with a_gateway(tmp_path, filters=BY_RECIPIENT) as gateway:
        await hold(gateway)
        to = asking_address(gateway)
        said = await writes(gateway, to, text=text)
        assert (said.code, said.text.startswith(f"As you say, {ONE} is not released")) == (550, True)
        await gateway.tidy()
        assert relayed(gateway) == []
        assert (await writes(gateway, to, text="Yes", id="r2")).ok


@pytest.mark.parametrize("text", ["", "This is spam", "I expect it. Is it safe?"])
async def test_without_a_plain_yes_a_reviewer_decides(tmp_path: Path, text: str) -> None:
    """The reviewer has the words; a yes can follow."""
    async with a_gateway(tmp_path, filters=BY_RECIPIENT) as gateway:
        await hold(gateway)
        to = asking_address(gateway)
        assert (await writes(gateway, to, raw=answer(sender=BOB, text=text))).text.startswith("A reviewer is asked")
        (entry,) = await gateway.held()
        assert [(one.text, one.state) for one in entry.requests] == [(text, "open")]
        assert relayed(gateway) == []
        assert (await writes(gateway, to, text="Yes", id="r2")).text.startswith(f"Confirmed: {ONE}")


async def test_so_is_one_that_named_several(tmp_path: Path) -> None:
    """None of them is held any more when it comes again."""
    async with a_gateway(tmp_path, filters=BY_RECIPIENT) as gateway:
        for id, raw in ((ONE, b""), (TWO, b"Subject: Two\r\n\r\nx\r\n")):
            await hold(gateway, id=id, raw=raw)
        until = gateway.clock.now() + timedelta(days=30)
        to = gateway.asking.reply_to(BOB, {ONE: until, TWO: until})
        header = "Message-ID: <same@pc>\r\n"
        same = answer(sender=BOB, header=header, text=f"{ONE[-6:]} {TWO[-6:]}\nYes")
        first, again = [await writes(gateway, to, raw=same, id=id) for id in ("r1", "r2")]
        assert (first.code, again.code) == (250, 250)
        assert all(one in again.text for one in (ONE, TWO))
        await gateway.tidy()
        assert relayed(gateway) == [(BOB,), (BOB,)]
        other = answer(sender=BOB, header="Message-ID: <other@pc>\r\n", text=f"{ONE[-6:]} {TWO[-6:]}")
        assert (await writes(gateway, to, raw=other, id="r3")).code == 550


async def test_a_virus_that_is_known_now_keeps_it(tmp_path: Path) -> None:
    """The person is told, and can reply again."""
    async with a_gateway(tmp_path, filters=BY_RECIPIENT) as gateway:
        await hold(gateway)
        to = asking_address(gateway)
        gateway.probe.finds = [finding("probe.hold"), finding("virus.found", summary="A virus was found.")]
        assert "stays held: A virus was found." in await refused(gateway, to, "request.stopped", text="Yes")
        gateway.probe.finds = [finding("probe.hold"), finding("probe.away")]
        assert (await writes(gateway, to, text="Yes", id="r2")).code == 451
        gateway.probe.finds = [finding("probe.hold")]
        assert (await writes(gateway, to, text="Yes", id="r3")).ok


async def test_what_another_code_holds_too_is_a_reviewers(tmp_path: Path) -> None:
    """Every code must leave it to the recipient."""
    async with a_gateway(tmp_path, filters=BY_RECIPIENT) as gateway:
        gateway.probe.finds = [finding("probe.hold"), finding("probe.reject")]
        assert (await gateway.accept(IN_BOB, "in:ann@example.co.uk", id=ONE)).code == 550
        gateway.probe.finds = [finding("probe.hold"), finding("probe.payment")]
        await gateway.accept(IN_BOB, id=ONE)
        await gateway.tidy()
        assert (await writes(gateway, asking_address(gateway))).text.startswith("A reviewer is asked")
        assert relayed(gateway) == []
