"""A sender confirms held mail by a reply: once, in time, from their own address, and nobody else does."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from gateway.act.release.release import ReleaseWhenNeeded
from gateway.act.release.reply_reading import TEXT_BYTES
from gateway.contract import Client
from gateway.remember.database.errors import StoreUnavailable
from gateway.remember.records import AuditRow
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
    answer,
    asked,
    newsletter,
    questions,
    relayed,
    reply,
    send,
    states,
)
from tests.support.builders.judgement import finding
from tests.support.servers.embedded_gateway import OUTSIDE, EmbeddedGateway


def a_gateway(folder: Path, **parts: Any) -> EmbeddedGateway:
    return EmbeddedGateway(folder, **{"filters": FILTERS, "more": CONTROL} | parts)


async def recorded(gateway: EmbeddedGateway, id: str = "r1") -> AuditRow:
    await gateway.store.audit.flush()
    return await gateway.trace(id)


async def refused(gateway: EmbeddedGateway, to: str, code: str, **parts: Any) -> str:
    """Return the refusal; nothing has been released, and the refusal is on record."""
    said = await reply(gateway, to, **parts)
    assert (said.code, said.status) == (550, "5.7.1")
    assert relayed(gateway) == []
    row = await recorded(gateway)
    assert (row.codes, row.recipients) == ((code,), (("mailwarden@gw.example.co.uk", "internal", "refuse"),))
    return said.text


# --- confirmed -------------------------------------------------------------------------------------------------------


async def test_a_reply_lets_the_message_go(tmp_path: Path) -> None:
    """The message leaves as it came, behind our Received field.

    The history says who confirmed it, from which client, and by which reply.
    """
    async with a_gateway(tmp_path) as gateway:
        await send(gateway)
        to = await asked(gateway)
        said = await reply(gateway, to)
        assert (said.code, said.text) == (250, f"Confirmed: {ONE} is on its way (r1)")
        await gateway.tidy()
        (got,) = gateway.world.got
        assert (got.mail_from, got.recipients) == (CAROL, ("joe@outside.example",))
        assert got.content.endswith(newsletter())
        (done,) = (await gateway.trace(ONE)).history
        assert (done.operation, done.actor, done.addresses) == ("confirm", CAROL, ("joe@outside.example",))
        assert done.reason == "confirmed by the sender's reply r1 from 127.0.0.1"
        assert await states(gateway) == {"joe@outside.example": "released"}


async def test_it_is_on_record_without_the_token(tmp_path: Path) -> None:
    """An action of its own; the reply itself is neither relayed nor judged."""
    async with a_gateway(tmp_path) as gateway:
        await send(gateway)
        to = await asked(gateway)
        judged = len(gateway.probe.seen)
        await reply(gateway, to)
        row = await gateway.trace("r1")
        assert row.recipients == (("mailwarden@gw.example.co.uk", "internal", "confirm"),)
        assert to.partition("+")[2] not in str(row)
        assert [seen.id for seen in gateway.probe.seen[judged:]] == [ONE]  # the second run


async def test_what_it_covers_is_remembered(tmp_path: Path) -> None:
    """The keys that the filter names for it."""
    async with a_gateway(tmp_path) as gateway:
        gateway.probe.covers = ["thread 1", "pair 2"]
        await send(gateway)
        to = await asked(gateway)
        assert await gateway.confirmed.known(["thread 1", "pair 2"]) == set()
        await reply(gateway, to)
        assert await gateway.confirmed.known(["thread 1", "pair 2", "other"]) == {"thread 1", "pair 2"}


async def test_a_refused_reply_is_remembered_for_nothing(tmp_path: Path) -> None:
    """Nor one that is ignored."""
    async with a_gateway(tmp_path) as gateway:
        gateway.probe.covers = ["thread 1"]
        await send(gateway)
        to = await asked(gateway)
        await reply(gateway, to, sender="dave@example.co.uk")
        await reply(gateway, to, raw=answer(header="Auto-Submitted: auto-replied\r\n"), id="r2")
        assert await gateway.confirmed.known(["thread 1"]) == set()


async def test_only_what_waits_for_its_sender_goes(tmp_path: Path) -> None:
    """A copy whose release is for somebody else stays for them."""
    ways = "{outbound: {do: quarantine, release: sender}, internal: quarantine}"
    async with a_gateway(tmp_path, filters=f"- probe: {{actions: {{probe.hold: {ways}}}}}") as gateway:
        await send(gateway, JOE, OUR_BOB)
        to = await asked(gateway)
        assert (await reply(gateway, to)).ok
        await gateway.tidy()
        assert await states(gateway) == {"joe@outside.example": "released", "bob@example.co.uk": "held"}
        assert relayed(gateway) == [("joe@outside.example",)]


async def test_a_mail_that_was_split_is_confirmed_as_one(tmp_path: Path) -> None:
    """The copies of all transactions with its sender, Message-ID and Date; no other mail of that sender."""
    async with a_gateway(tmp_path) as gateway:
        await send(gateway, JOE, id=ONE)
        await send(gateway, KIM, id=TWO)
        await send(gateway, OUR_BOB, id=THREE, raw=newsletter(id="other@example.co.uk"))
        await gateway.tidy()
        to = gateway.confirming.control.reply_to(ONE, CAROL, gateway.confirming.until(gateway.clock.now()))
        assert (await reply(gateway, to)).ok
        await gateway.tidy()
        assert sorted(relayed(gateway)) == [("joe@outside.example",), ("kim@far.example",)]
        assert (await states(gateway))["bob@example.co.uk"] == "held"


async def test_the_same_id_at_another_date_is_another_mail(tmp_path: Path) -> None:
    """And so is one without any Message-ID."""
    async with a_gateway(tmp_path) as gateway:
        await send(gateway, JOE, id=ONE)
        later = newsletter().replace(b"Date: Mon, 2 Mar", b"Date: Tue, 3 Mar")
        await send(gateway, KIM, id=TWO, raw=later)
        to = gateway.confirming.control.reply_to(ONE, CAROL, gateway.confirming.until(gateway.clock.now()))
        assert (await reply(gateway, to)).ok
        assert await states(gateway) == {"joe@outside.example": "released", "kim@far.example": "held"}


@pytest.mark.parametrize("other", [newsletter(text="Our bid"), newsletter().replace(b"Subject: News", b"Subject: Bid")])
async def test_what_the_sender_was_not_asked_about_stays(tmp_path: Path, other: bytes) -> None:
    """Another message under the same Message-ID and Date, which whoever got a copy of the first can write."""
    async with a_gateway(tmp_path) as gateway:
        await send(gateway, JOE, id=ONE)
        to = await asked(gateway)
        await send(gateway, KIM, id=TWO, raw=other)
        assert (await reply(gateway, to)).ok
        assert await states(gateway) == {"joe@outside.example": "released", "kim@far.example": "held"}
        await gateway.tidy()
        assert len(questions(gateway)) == 2


# --- refused ---------------------------------------------------------------------------------------------------------


async def test_a_second_reply_is_refused(tmp_path: Path) -> None:
    """A token is good for a single time."""
    async with a_gateway(tmp_path) as gateway:
        await send(gateway)
        to = await asked(gateway)
        assert (await reply(gateway, to)).ok
        said = await reply(gateway, to, id="r2")
        assert said.code == 550
        assert said.text.startswith(
            f"{ONE} has been confirmed already, or is held no more; if it has not arrived ask IT"
        )
        assert (await recorded(gateway, "r2")).codes == ("confirm.used",)


async def test_a_reply_that_comes_again_is_answered_as_before(tmp_path: Path) -> None:
    """Its sender's server lost our answer: the same Message-ID hears 250 again, and nothing goes a second time."""
    async with a_gateway(tmp_path) as gateway:
        await send(gateway)
        to, same = await asked(gateway), answer(header="Message-ID: <same@pc>\r\n")
        for id in ("r1", "r2"):
            assert (await reply(gateway, to, raw=same, id=id)).text == f"Confirmed: {ONE} is on its way ({id})"
            await gateway.tidy()
        assert relayed(gateway) == [("joe@outside.example",)]
        other = answer(header="Message-ID: <other@pc>\r\n")
        assert (await reply(gateway, to, raw=other, id="r3")).code == 550


async def test_a_used_token_lets_nothing_else_go(tmp_path: Path) -> None:
    """Another mail under the same Message-ID and Date, which came later."""
    async with a_gateway(tmp_path) as gateway:
        await send(gateway)
        to = await asked(gateway)
        await reply(gateway, to)
        await send(gateway, KIM, id=TWO, raw=newsletter(text="Something else"))
        assert (await reply(gateway, to, id="r2")).code == 550
        assert (await states(gateway))["kim@far.example"] == "held"


@pytest.mark.parametrize(
    ("sender", "raw"),
    [
        ("dave@example.co.uk", answer(sender="dave@example.co.uk")),
        (CAROL, answer(sender="dave@example.co.uk")),
        ("dave@example.co.uk", answer(sender=CAROL)),
        (CAROL, answer(header="From: dave@example.co.uk\r\n")),
        (CAROL, b"Subject: Re: News\r\n\r\nYes\r\n"),
    ],
)
async def test_nobody_but_its_sender_confirms(tmp_path: Path, sender: str, raw: bytes) -> None:
    """A reply needs the sender's address as reverse-path and in From:."""
    async with a_gateway(tmp_path) as gateway:
        await send(gateway)
        to = await asked(gateway)
        said = await refused(gateway, to, "confirm.foreign", sender=sender, raw=raw)
        assert said.startswith("Only the sender of the held message can confirm it")


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("Please do NOT send it.", "confirm.declined", "As you say, "),
        ("Who are you?", "confirm.unclear", f"{ONE} stays held: to send it reply with Yes"),
        ("", "confirm.unclear", f"{ONE} stays held: to send it reply with Yes above the notice"),
        ("y " * TEXT_BYTES, "confirm.unclear", f"{ONE} stays held"),
    ],
)
async def test_what_says_no_yes_confirms_nothing(tmp_path: Path, text: str, code: str, told: str) -> None:
    """The message stays held, its sender is told how to confirm it, and can still do so."""
    async with a_gateway(tmp_path) as gateway:
        await send(gateway)
        to = await asked(gateway)
        assert (await refused(gateway, to, code, raw=answer(text=text))).startswith(told)
        assert await states(gateway) == {"joe@outside.example": "held"}
        assert (await reply(gateway, to, id="r2")).ok


async def test_a_no_after_the_release_is_told_so(tmp_path: Path) -> None:
    """Nobody is told that a message stays held when it has gone."""
    async with a_gateway(tmp_path) as gateway:
        await send(gateway)
        to = await asked(gateway)
        assert (await reply(gateway, to)).ok
        said = await reply(gateway, to, raw=answer(text="No, wait!"), id="r2")
        assert (said.code, "confirmed already" in said.text) == (550, True)


async def test_letter_case_makes_no_other_sender(tmp_path: Path) -> None:
    """Addresses are compared by their keys."""
    async with a_gateway(tmp_path) as gateway:
        await send(gateway)
        assert (await reply(gateway, await asked(gateway), sender="Carol@Example.co.uk")).ok


async def test_a_token_expires(tmp_path: Path) -> None:
    """After `confirm_limit`, to the second; the message stays for the reviewers."""
    async with a_gateway(tmp_path) as gateway:
        await send(gateway)
        to = await asked(gateway)
        gateway.clock.move(days=3)
        said = await refused(gateway, to, "confirm.expired")
        assert said.startswith(f"The time to confirm {ONE} has passed: ask IT Service Desk")
        gateway.clock.move(seconds=-1)
        assert (await reply(gateway, to, id="r2")).ok


@pytest.mark.parametrize("local", ["mailwarden", "mailwarden+x", f"mailwarden+{'a' * 48}"])
async def test_without_a_token_of_ours_nothing_is_confirmed(tmp_path: Path, local: str) -> None:
    """One that can't be read, or of no message that we hold."""
    async with a_gateway(tmp_path) as gateway:
        await send(gateway)
        said = await refused(gateway, f"{local}@gw.example.co.uk", "confirm.wrong")
        assert said.startswith("This confirms nothing: reply to the notice")


async def test_a_forged_token_is_refused(tmp_path: Path) -> None:
    """One octet of the signature is another."""
    async with a_gateway(tmp_path) as gateway:
        await send(gateway)
        to = await asked(gateway)
        at = to.index("@")
        forged = to[: at - 1] + ("a" if to[at - 1] != "a" else "b") + to[at:]
        await refused(gateway, forged, "confirm.wrong")


@pytest.mark.parametrize("client", [OUTSIDE, Client(address="127.0.0.1", proxy="127.0.0.1")])
async def test_from_an_untrusted_client_nothing_is_confirmed(tmp_path: Path, client: Client) -> None:
    """It is told what everybody is told who has no business here."""
    async with a_gateway(tmp_path) as gateway:
        await send(gateway)
        to = await asked(gateway)
        assert await refused(gateway, to, "confirm.untrusted", client=client) == "Relaying denied"


@pytest.mark.parametrize(
    ("sender", "header"),
    [
        ("", ""),
        (CAROL, "Auto-Submitted: auto-replied\r\n"),
        (CAROL, "X-Auto-Response-Suppress: All\r\n"),
        (CAROL, "Precedence: bulk\r\n"),
        (CAROL, "List-Id: <staff.example.co.uk>\r\n"),
        (CAROL, "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n"),
    ],
)
async def test_no_program_confirms(tmp_path: Path, sender: str, header: str) -> None:
    """It is taken and ignored, so that no answer comes back to an automatic one; the sender can confirm still."""
    async with a_gateway(tmp_path) as gateway:
        await send(gateway)
        to = await asked(gateway)
        assert (await reply(gateway, to, sender=sender, raw=answer(header=header))).text == "Accepted as r1"
        assert relayed(gateway) == []
        row = await recorded(gateway)
        assert (row.codes, row.recipients[0][2]) == (("confirm.automatic",), "ignore")
        assert (await reply(gateway, to, id="r2")).text.startswith("Confirmed")


async def test_what_a_reviewer_has_settled_is_not_confirmed(tmp_path: Path) -> None:
    """Released or deleted, it is held no more."""
    async with a_gateway(tmp_path) as gateway:
        await send(gateway)
        to = await asked(gateway)
        await gateway.store.quarantine.delete(ONE, actor="alice", reason="no", at=gateway.clock.now())
        await refused(gateway, to, "confirm.used")


# --- checked again ---------------------------------------------------------------------------------------------------


async def test_a_virus_that_is_known_now_keeps_it(tmp_path: Path) -> None:
    """Its sender is told by the refusal; nothing is used up, so that they can try again."""
    async with a_gateway(tmp_path) as gateway:
        await send(gateway)
        to = await asked(gateway)
        gateway.probe.finds = [finding("probe.hold"), finding("virus.found", summary="A virus was found: Eicar.")]
        said = await refused(gateway, to, "confirm.stopped")
        assert said.startswith(f"{ONE} was checked again and stays held: A virus was found: Eicar. Ask IT Service Desk")
        assert await states(gateway) == {"joe@outside.example": "held"}
        gateway.probe.finds = [finding("probe.hold")]
        assert (await reply(gateway, to, id="r2")).ok


async def test_a_scanner_that_is_away_puts_it_off(tmp_path: Path) -> None:
    """The sender's mail server sends the reply again."""
    async with a_gateway(tmp_path) as gateway:
        await send(gateway)
        to = await asked(gateway)
        gateway.probe.finds = [finding("probe.hold"), finding("probe.away")]
        assert (await reply(gateway, to)).code == 451
        assert (await recorded(gateway)).recipients[0][2] == "defer"
        gateway.probe.finds = [finding("probe.hold")]
        assert (await reply(gateway, to, id="r2")).ok


async def test_one_transaction_that_is_stopped_does_not_stop_the_others(tmp_path: Path) -> None:
    """The sender is told that something stays."""
    async with a_gateway(tmp_path) as gateway:
        await send(gateway, JOE, id=ONE)
        await send(gateway, KIM, id=TWO)
        to = await asked(gateway)
        check = gateway.probe.check

        async def infected(mail: Any) -> Any:
            return [*await check(mail), *([finding("virus.found")] if mail.id == TWO else [])]

        gateway.probe.check = infected  # type: ignore[method-assign]
        said = await reply(gateway, to)
        assert (said.code, "stays held" in said.text) == (550, True)
        assert await states(gateway) == {"joe@outside.example": "released", "kim@far.example": "held"}
        assert (await recorded(gateway)).recipients[0][2] == "confirm"


async def test_a_store_that_is_away_puts_it_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """451: nothing is confirmed, and nothing lost."""
    async with a_gateway(tmp_path) as gateway:
        await send(gateway)
        to = await asked(gateway)

        async def away(*_: object) -> None:
            raise StoreUnavailable("locked")

        monkeypatch.setattr(gateway.store.tokens, "use", away)
        assert (await reply(gateway, to)).code == 451
        assert relayed(gateway) == []


async def test_a_filter_that_fails_uses_nothing_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked what is covered before the token is used."""
    async with a_gateway(tmp_path) as gateway:
        await send(gateway)
        to = await asked(gateway)

        async def broken(_: object) -> None:
            raise RuntimeError("a bug")

        with monkeypatch.context() as patch:
            patch.setattr(gateway.probe, "confirmations", broken)
            with pytest.raises(RuntimeError):
                await reply(gateway, to)
        assert (await reply(gateway, to, id="r2")).ok


async def test_a_token_that_was_used_without_a_release(tmp_path: Path) -> None:
    """The gateway was killed in between: the reply is refused with the id, and a reviewer can release it."""
    async with a_gateway(tmp_path) as gateway:
        await send(gateway)
        to = await asked(gateway)
        token = gateway.confirming.control.token(to)
        assert token is not None
        assert await gateway.store.tokens.use(token.id, gateway.clock.now())
        assert ONE in await refused(gateway, to, "confirm.used")
        assert await states(gateway) == {"joe@outside.example": "held"}


async def test_of_two_replies_at_once_one_confirms(tmp_path: Path) -> None:
    """The message goes out once."""
    async with a_gateway(tmp_path) as gateway:
        await send(gateway)
        to = await asked(gateway)
        answers = await asyncio.gather(reply(gateway, to, id="r1"), reply(gateway, to, id="r2"))
        assert sorted(answer.code for answer in answers) == [250, 550]
        await gateway.tidy()
        assert relayed(gateway) == [("joe@outside.example",)]


async def test_the_release_is_made_once() -> None:
    """When the first sender confirms, in a thread: its chain takes a while."""
    made: list[Any] = []
    threads: set[int] = set()

    def make() -> Any:
        threads.add(threading.get_ident())
        made.append(object())
        return made[-1]

    late = ReleaseWhenNeeded(make)
    assert made == []
    first, second = await asyncio.gather(late(), late())
    assert first is second is await late()
    assert len(made) == 1
    assert threads.isdisjoint({threading.get_ident()})
