"""A sender confirms held mail by a reply: once, in time, from their own address, and nobody else does."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from gateway.act.release.release import ReleaseWhenNeeded
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
from tests.support.servers.embedded_gateway import OUTSIDE, House


def a_house(folder: Path, **parts: Any) -> House:
    return House(folder, **{"filters": FILTERS, "more": CONTROL} | parts)


async def recorded(house: House, id: str = "r1") -> AuditRow:
    await house.store.audit.flush()
    return await house.trace(id)


async def refused(house: House, to: str, code: str, **parts: Any) -> str:
    """Return the refusal; nothing has been released, and the refusal is on record."""
    said = await reply(house, to, **parts)
    assert (said.code, said.status) == (550, "5.7.1")
    assert relayed(house) == []
    row = await recorded(house)
    assert (row.codes, row.recipients) == ((code,), (("mailwarden@gw.example.co.uk", "internal", "refuse"),))
    return said.text


# --- confirmed -------------------------------------------------------------------------------------------------------


async def test_a_reply_lets_the_message_go(tmp_path: Path) -> None:
    """The message leaves as it came, behind our Received field.

    The history says who confirmed it, from which client, and by which reply.
    """
    async with a_house(tmp_path) as house:
        await send(house)
        to = await asked(house)
        said = await reply(house, to)
        assert (said.code, said.text) == (250, f"Confirmed: {ONE} is on its way (r1)")
        await house.tidy()
        (got,) = house.world.got
        assert (got.mail_from, got.recipients) == (CAROL, ("joe@outside.example",))
        assert got.content.endswith(newsletter())
        (done,) = (await house.trace(ONE)).history
        assert (done.operation, done.actor, done.addresses) == ("confirm", CAROL, ("joe@outside.example",))
        assert done.reason == "confirmed by the sender's reply r1 from 127.0.0.1"
        assert await states(house) == {"joe@outside.example": "released"}


async def test_it_is_on_record_without_the_token(tmp_path: Path) -> None:
    """An action of its own; the reply itself is neither relayed nor judged."""
    async with a_house(tmp_path) as house:
        await send(house)
        to = await asked(house)
        judged = len(house.probe.seen)
        await reply(house, to)
        row = await house.trace("r1")
        assert row.recipients == (("mailwarden@gw.example.co.uk", "internal", "confirm"),)
        assert to.partition("+")[2] not in str(row)
        assert [seen.id for seen in house.probe.seen[judged:]] == [ONE]  # the second run


async def test_what_it_covers_is_remembered(tmp_path: Path) -> None:
    """The keys that the filter names for it."""
    async with a_house(tmp_path) as house:
        house.probe.covers = ["thread 1", "pair 2"]
        await send(house)
        to = await asked(house)
        assert await house.confirmed.known(["thread 1", "pair 2"]) == set()
        await reply(house, to)
        assert await house.confirmed.known(["thread 1", "pair 2", "other"]) == {"thread 1", "pair 2"}


async def test_a_refused_reply_is_remembered_for_nothing(tmp_path: Path) -> None:
    """Nor one that is ignored."""
    async with a_house(tmp_path) as house:
        house.probe.covers = ["thread 1"]
        await send(house)
        to = await asked(house)
        await reply(house, to, sender="dave@example.co.uk")
        await reply(house, to, raw=answer(header="Auto-Submitted: auto-replied\r\n"), id="r2")
        assert await house.confirmed.known(["thread 1"]) == set()


async def test_only_what_waits_for_its_sender_goes(tmp_path: Path) -> None:
    """A copy whose release is for somebody else stays for them."""
    ways = "{outbound: {do: quarantine, release: sender}, internal: quarantine}"
    async with a_house(tmp_path, filters=f"- probe: {{actions: {{probe.hold: {ways}}}}}") as house:
        await send(house, JOE, OUR_BOB)
        to = await asked(house)
        assert (await reply(house, to)).ok
        await house.tidy()
        assert await states(house) == {"joe@outside.example": "released", "bob@example.co.uk": "held"}
        assert relayed(house) == [("joe@outside.example",)]


async def test_a_mail_that_was_split_is_confirmed_as_one(tmp_path: Path) -> None:
    """The copies of all transactions with its sender, Message-ID and Date; no other mail of that sender."""
    async with a_house(tmp_path) as house:
        await send(house, JOE, id=ONE)
        await send(house, KIM, id=TWO)
        await send(house, OUR_BOB, id=THREE, raw=newsletter(id="other@example.co.uk"))
        await house.tidy()
        to = house.confirming.control.reply_to(ONE, CAROL, house.confirming.until(house.clock.now()))
        assert (await reply(house, to)).ok
        await house.tidy()
        assert sorted(relayed(house)) == [("joe@outside.example",), ("kim@far.example",)]
        assert (await states(house))["bob@example.co.uk"] == "held"


async def test_the_same_id_at_another_date_is_another_mail(tmp_path: Path) -> None:
    """And so is one without any Message-ID."""
    async with a_house(tmp_path) as house:
        await send(house, JOE, id=ONE)
        later = newsletter().replace(b"Date: Mon, 2 Mar", b"Date: Tue, 3 Mar")
        await send(house, KIM, id=TWO, raw=later)
        to = house.confirming.control.reply_to(ONE, CAROL, house.confirming.until(house.clock.now()))
        assert (await reply(house, to)).ok
        assert await states(house) == {"joe@outside.example": "released", "kim@far.example": "held"}


@pytest.mark.parametrize("other", [newsletter(text="Our bid"), newsletter().replace(b"Subject: News", b"Subject: Bid")])
async def test_what_the_sender_was_not_asked_about_stays(tmp_path: Path, other: bytes) -> None:
    """Another message under the same Message-ID and Date, which whoever got a copy of the first can write."""
    async with a_house(tmp_path) as house:
        await send(house, JOE, id=ONE)
        to = await asked(house)
        await send(house, KIM, id=TWO, raw=other)
        assert (await reply(house, to)).ok
        assert await states(house) == {"joe@outside.example": "released", "kim@far.example": "held"}
        await house.tidy()
        assert len(questions(house)) == 2


# --- refused ---------------------------------------------------------------------------------------------------------


async def test_a_second_reply_is_refused(tmp_path: Path) -> None:
    """A token is good for a single time."""
    async with a_house(tmp_path) as house:
        await send(house)
        to = await asked(house)
        assert (await reply(house, to)).ok
        said = await reply(house, to, id="r2")
        assert said.code == 550
        assert said.text.startswith(
            f"{ONE} has been confirmed already, or is held no more; if it has not arrived ask IT"
        )
        assert (await recorded(house, "r2")).codes == ("confirm.used",)


async def test_a_used_token_lets_nothing_else_go(tmp_path: Path) -> None:
    """Another mail under the same Message-ID and Date, which came later."""
    async with a_house(tmp_path) as house:
        await send(house)
        to = await asked(house)
        await reply(house, to)
        await send(house, KIM, id=TWO, raw=newsletter(text="Something else"))
        assert (await reply(house, to, id="r2")).code == 550
        assert (await states(house))["kim@far.example"] == "held"


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
    async with a_house(tmp_path) as house:
        await send(house)
        to = await asked(house)
        said = await refused(house, to, "confirm.foreign", sender=sender, raw=raw)
        assert said.startswith("Only the sender of the held message can confirm it")


async def test_letter_case_makes_no_other_sender(tmp_path: Path) -> None:
    """Addresses are compared by their keys."""
    async with a_house(tmp_path) as house:
        await send(house)
        assert (await reply(house, await asked(house), sender="Carol@Example.co.uk")).ok


async def test_a_token_expires(tmp_path: Path) -> None:
    """After `confirm_limit`, to the second; the message stays for the reviewers."""
    async with a_house(tmp_path) as house:
        await send(house)
        to = await asked(house)
        house.clock.move(days=3)
        said = await refused(house, to, "confirm.expired")
        assert said.startswith(f"The time to confirm {ONE} has passed: ask IT Service Desk")
        house.clock.move(seconds=-1)
        assert (await reply(house, to, id="r2")).ok


@pytest.mark.parametrize("local", ["mailwarden", "mailwarden+x", f"mailwarden+{'a' * 48}"])
async def test_without_a_token_of_ours_nothing_is_confirmed(tmp_path: Path, local: str) -> None:
    """One that can't be read, or of no message that we hold."""
    async with a_house(tmp_path) as house:
        await send(house)
        said = await refused(house, f"{local}@gw.example.co.uk", "confirm.wrong")
        assert said.startswith("This confirms nothing: reply to the notice")


async def test_a_forged_token_is_refused(tmp_path: Path) -> None:
    """One octet of the signature is another."""
    async with a_house(tmp_path) as house:
        await send(house)
        to = await asked(house)
        at = to.index("@")
        forged = to[: at - 1] + ("a" if to[at - 1] != "a" else "b") + to[at:]
        await refused(house, forged, "confirm.wrong")


@pytest.mark.parametrize("client", [OUTSIDE, Client(address="127.0.0.1", proxy="127.0.0.1")])
async def test_from_an_untrusted_client_nothing_is_confirmed(tmp_path: Path, client: Client) -> None:
    """It is told what everybody is told who has no business here."""
    async with a_house(tmp_path) as house:
        await send(house)
        to = await asked(house)
        assert await refused(house, to, "confirm.untrusted", client=client) == "Relaying denied"


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
    async with a_house(tmp_path) as house:
        await send(house)
        to = await asked(house)
        assert (await reply(house, to, sender=sender, raw=answer(header=header))).text == "Accepted as r1"
        assert relayed(house) == []
        row = await recorded(house)
        assert (row.codes, row.recipients[0][2]) == (("confirm.automatic",), "ignore")
        assert (await reply(house, to, id="r2")).text.startswith("Confirmed")


async def test_what_a_reviewer_has_settled_is_not_confirmed(tmp_path: Path) -> None:
    """Released or deleted, it is held no more."""
    async with a_house(tmp_path) as house:
        await send(house)
        to = await asked(house)
        await house.store.quarantine.delete(ONE, actor="alice", reason="no", at=house.clock.now())
        await refused(house, to, "confirm.used")


# --- checked again ---------------------------------------------------------------------------------------------------


async def test_a_virus_that_is_known_now_keeps_it(tmp_path: Path) -> None:
    """Its sender is told by the refusal; nothing is used up, so that they can try again."""
    async with a_house(tmp_path) as house:
        await send(house)
        to = await asked(house)
        house.probe.finds = [finding("probe.hold"), finding("virus.found", summary="A virus was found: Eicar.")]
        said = await refused(house, to, "confirm.stopped")
        assert said.startswith(f"{ONE} was checked again and stays held: A virus was found: Eicar. Ask IT Service Desk")
        assert await states(house) == {"joe@outside.example": "held"}
        house.probe.finds = [finding("probe.hold")]
        assert (await reply(house, to, id="r2")).ok


async def test_a_scanner_that_is_away_puts_it_off(tmp_path: Path) -> None:
    """The sender's mail server sends the reply again."""
    async with a_house(tmp_path) as house:
        await send(house)
        to = await asked(house)
        house.probe.finds = [finding("probe.hold"), finding("probe.away")]
        assert (await reply(house, to)).code == 451
        assert (await recorded(house)).recipients[0][2] == "defer"
        house.probe.finds = [finding("probe.hold")]
        assert (await reply(house, to, id="r2")).ok


async def test_one_transaction_that_is_stopped_does_not_stop_the_others(tmp_path: Path) -> None:
    """The sender is told that something stays."""
    async with a_house(tmp_path) as house:
        await send(house, JOE, id=ONE)
        await send(house, KIM, id=TWO)
        to = await asked(house)
        check = house.probe.check

        async def infected(mail: Any) -> Any:
            return [*await check(mail), *([finding("virus.found")] if mail.id == TWO else [])]

        house.probe.check = infected  # type: ignore[method-assign]
        said = await reply(house, to)
        assert (said.code, "stays held" in said.text) == (550, True)
        assert await states(house) == {"joe@outside.example": "released", "kim@far.example": "held"}
        assert (await recorded(house)).recipients[0][2] == "confirm"


async def test_a_store_that_is_away_puts_it_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """451: nothing is confirmed, and nothing lost."""
    async with a_house(tmp_path) as house:
        await send(house)
        to = await asked(house)

        async def away(*_: object) -> None:
            raise StoreUnavailable("locked")

        monkeypatch.setattr(house.store.tokens, "use", away)
        assert (await reply(house, to)).code == 451
        assert relayed(house) == []


async def test_a_filter_that_fails_uses_nothing_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked what is covered before the token is used."""
    async with a_house(tmp_path) as house:
        await send(house)
        to = await asked(house)

        async def broken(_: object) -> None:
            raise RuntimeError("a bug")

        with monkeypatch.context() as patch:
            patch.setattr(house.probe, "confirmations", broken)
            with pytest.raises(RuntimeError):
                await reply(house, to)
        assert (await reply(house, to, id="r2")).ok


async def test_a_token_that_was_used_without_a_release(tmp_path: Path) -> None:
    """The gateway was killed in between: the reply is refused with the id, and a reviewer can release it."""
    async with a_house(tmp_path) as house:
        await send(house)
        to = await asked(house)
        token = house.confirming.control.token(to)
        assert token is not None
        assert await house.store.tokens.use(token.id, house.clock.now())
        assert ONE in await refused(house, to, "confirm.used")
        assert await states(house) == {"joe@outside.example": "held"}


async def test_of_two_replies_at_once_one_confirms(tmp_path: Path) -> None:
    """The message goes out once."""
    async with a_house(tmp_path) as house:
        await send(house)
        to = await asked(house)
        answers = await asyncio.gather(reply(house, to, id="r1"), reply(house, to, id="r2"))
        assert sorted(answer.code for answer in answers) == [250, 550]
        await house.tidy()
        assert relayed(house) == [("joe@outside.example",)]


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
