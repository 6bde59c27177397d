"""A notice of a filter's own: who is warned of changed payment details, what they are to do, and what it leaves out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.act.notices.masking import LEFT_OUT
from gateway.act.notices.notice_templates import NoticeTemplates
from gateway.act.notices.own_messages import END_OF_NOTICE
from gateway.settings.yaml.file_search import SHIPPED
from tests.support.builders.confirmations import CONTROL, ONE, TWO
from tests.support.builders.judgement import finding
from tests.support.servers.embedded_gateway import EmbeddedGateway
from tests.unit.act.notices.test_notices import ANN, BOB, JOE, OUR_ANN, notices, read, text

IBAN = "DE89 3704 0044 0532 0130 00"


def raw(subject: str = "New account", author: str = "Supplier <ap@supplier.example>") -> bytes:
    return f"From: {author}\r\nSubject: {subject}\r\nMessage-ID: <1@x>\r\n\r\nPay to {IBAN}\r\n".encode()


async def told(gateway: EmbeddedGateway, *recipients: str, **parts: Any) -> None:
    """Hold a message for a change of payment details, and send its notices."""
    gateway.probe.finds = parts.pop("finds", [finding("probe.payment", summary="It names another account.")])
    assert (await gateway.accept(*recipients, raw=parts.pop("raw", raw()), **parts)).ok
    await gateway.tidy()


async def test_the_recipient_is_told_what_to_do(tmp_path: Path) -> None:
    """The notice has message, sender, reason and clause, and says how to verify.

    The number to telephone must be one that the recipient has, never one from the message.
    """
    async with EmbeddedGateway(tmp_path) as gateway:
        await told(gateway, BOB)
        (got,) = notices(gateway)
        assert read(got.content)["Subject"] == "Do not pay yet: a message about payment details was held"
        said = " ".join(text(got).split())
        for part in (
            "Example Ltd's mail gateway holds mail that changes where money goes until somebody has made sure",
            "It names another account.",
            "From: Supplier <ap@supplier.example> Sent by: eve@outside.example",
            "Subject: New account",
            "never accepted by e-mail. They are obtained in person or by telephone. (payments.changes)",
            "Id: m1",
            "Use a number that you already have, from a contract or an earlier letter: never one from this message",
            "If it is true, tell IT Service Desk <it@example.co.uk> the id, whom you spoke to and on which number.",
            "If it is not true, tell IT Service Desk <it@example.co.uk> the id.",
            "it is deleted after 30 days",
            "Nobody outside has been told.",
        ):
            assert part in said
        assert max(map(len, text(got).splitlines())) < 160


@pytest.mark.parametrize("many", [False, True])
async def test_whoever_replies_says_whom_they_called(tmp_path: Path, many: bool) -> None:
    """From the same address; the answer comes by mail. A message that is not true is not asked for by a reply."""
    async with EmbeddedGateway(tmp_path, more=CONTROL) as gateway:
        gateway.probe.finds = [finding("probe.payment")]
        for id in (ONE, TWO)[: 1 + many]:
            await gateway.accept(BOB, raw=raw(f"New account {id}"), id=id)
        await gateway.tidy()
        (got,) = notices(gateway)
        key = "the key of the message into the first line, and below it " if many else ""
        assert (
            "If it is true, reply to this notice, from the address that it went to. "
            f"Write {key}whom you spoke to and on which number. A reviewer decides, and you get the answer by mail. "
            "You can also tell IT Service Desk <it@example.co.uk> the same, with the id. - "
            "If it is not true, tell IT Service Desk <it@example.co.uk> the id."
        ) in " ".join(text(got).split())
        html = read(got.content).get_body(("html",))
        assert html is not None
        assert "<p><bdi>Nobody outside has been told.</bdi></p>" in html.get_content()


@pytest.mark.parametrize(
    "parts",
    [
        {"raw": raw(subject=f"Pay to {IBAN} or call 020 7946 0000")},
        {"raw": raw(author=f'"{IBAN}, tel. 020 7946 0000" <ap@supplier.example>')},
        {"finds": [finding("probe.payment", summary=f"{IBAN} is another account than 020 79460000.")]},
        {"sender": "de89370400440532013000@outside.example"},
        {"raw": raw(subject="x" * 60 + f" {IBAN}")},
    ],
    ids=["subject", "author", "summary", "sender", "at the edge of what is quoted"],
)
async def test_numbers_are_left_out(tmp_path: Path, parts: dict[str, Any]) -> None:
    """Neither the account nor a telephone number, wherever the message puts them."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await told(gateway, BOB, **parts)
        said = text(notices(gateway)[0])
        assert LEFT_OUT in said
        for piece in ("3704", "0532", "7946"):
            assert piece not in said.replace(" ", "")


async def test_no_number_of_it_is_in_the_store_of_notices(tmp_path: Path) -> None:
    """Notices that wait to be sent are masked already."""
    async with EmbeddedGateway(tmp_path) as gateway:
        gateway.probe.finds = [finding("probe.payment")]
        await gateway.accept(BOB, raw=raw(subject=IBAN))
        ((_, _, (notice,)),) = await gateway.store.notices.due(gateway.clock.now())
        assert "3704" not in str(notice.payload)


@pytest.mark.parametrize(
    ("filters", "recipient", "sender", "expected"),
    [
        ("- probe", BOB, "eve@outside.example", ["bob@example.co.uk"]),
        ("- probe", OUR_ANN, "carol@example.co.uk", ["ann@example.co.uk"]),
        ("- probe", JOE, "carol@example.co.uk", ["carol@example.co.uk"]),
        ("- probe: {notify: [sender]}", OUR_ANN, "carol@example.co.uk", ["carol@example.co.uk"]),
        ("- probe: {notify: []}", BOB, "eve@outside.example", []),
        ("- probe: {notify: [reviewers]}", BOB, "eve@outside.example", ["it@example.co.uk"]),
    ],
)
async def test_who_is_warned(tmp_path: Path, filters: str, recipient: str, sender: str, expected: list[str]) -> None:
    """Our own recipient, of internal mail too: the sender may be a thief in our own mailbox. Outbound, our sender."""
    async with EmbeddedGateway(tmp_path, filters=filters) as gateway:
        await told(gateway, recipient, sender=sender)
        assert [address for got in notices(gateway) for address in got.recipients] == expected


async def test_a_sender_of_ours_is_told_that_it_waits(tmp_path: Path) -> None:
    """And what to say if it wasn't them."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await told(gateway, JOE, sender="carol@example.co.uk")
        (got,) = notices(gateway)
        assert read(got.content)["Subject"] == "Your message about our payment details waits for approval"
        said = " ".join(text(got).split())
        assert "To: joe@outside.example" in said
        assert "If you did not send it, say so at once" in said
        assert "Nobody outside" not in said


async def test_what_one_sent_and_what_one_is_sent_are_two_messages(tmp_path: Path) -> None:
    """Nobody is warned of a mail of his own, nor told to telephone himself."""
    async with EmbeddedGateway(tmp_path) as gateway:
        gateway.probe.finds = [finding("probe.payment")]
        await gateway.accept(JOE, sender="bob@example.co.uk", raw=raw("ours"), id="m1")
        await gateway.accept(BOB, raw=raw("theirs"), id="m2")
        await gateway.tidy()
        found = {str(read(got.content)["Subject"]): text(got) for got in notices(gateway)}
        assert len(found) == 2
        assert "ours" in found["Your message about our payment details waits for approval"]
        assert "theirs" in found["Do not pay yet: a message about payment details was held"]


async def test_a_reviewer_is_told_the_commands(tmp_path: Path) -> None:
    """Release with what was asked, or delete as fraud."""
    async with EmbeddedGateway(tmp_path, filters="- probe: {notify: [reviewers]}") as gateway:
        await told(gateway, BOB)
        said = " ".join(text(notices(gateway)[0]).split())
        for part in ("mailwarden quarantine show", "--verified-by, --how and --contact", "--fraud", "To: bob@"):
            assert part in said


@pytest.mark.parametrize("first", ["probe.hold", "probe.payment"])
async def test_of_several_findings_the_warning_is_told(tmp_path: Path, first: str) -> None:
    """Whichever comes first: the other notice would quote the account, and tell nobody to telephone."""
    both = [finding("probe.hold"), finding("probe.payment")]
    async with EmbeddedGateway(tmp_path) as gateway:
        await told(gateway, BOB, finds=both if first == "probe.hold" else both[::-1], raw=raw(subject=IBAN))
        (got,) = notices(gateway)
        assert "Do not pay yet" in str(read(got.content)["Subject"])


async def test_two_kinds_of_notices_are_two_messages(tmp_path: Path) -> None:
    """Though they are for one person and gathered together; each message is named in one."""
    async with EmbeddedGateway(tmp_path) as gateway:
        gateway.probe.finds = [finding("probe.hold")]
        await gateway.accept(BOB, ANN, id="m1")
        gateway.probe.finds = [finding("probe.payment")]
        await gateway.accept(BOB, raw=raw(), id="m2")
        await gateway.accept(BOB, raw=raw("again"), id="m3")
        await gateway.tidy()
        found = {
            str(read(got.content)["Subject"]): text(got)
            for got in notices(gateway)
            if got.recipients == ("bob@example.co.uk",)
        }
        assert set(found) == {
            "A message to you was held",
            "Do not pay yet: 2 messages about payment details were held",
        }
        assert "m1" in found["A message to you was held"]
        said = " ".join(found["Do not pay yet: 2 messages about payment details were held"].split())
        for part in ("because of them. Don't answer them either.", "they are deleted after 30 days"):
            assert part in said
        await gateway.tidy()
        assert len(notices(gateway)) == 3


async def test_the_template_may_be_the_organisations_own(tmp_path: Path) -> None:
    """`held_notices` names the organisation's own template."""
    (tmp_path / "own.txt").write_text("Ours\n{% for n in notices %}{{ n.subject }}{% endfor %}\n")
    async with EmbeddedGateway(tmp_path, more="held_notices: {payment_change: own.txt}\n") as gateway:
        await told(gateway, BOB)
        (got,) = notices(gateway)
        assert (read(got.content)["Subject"], text(got)) == ("Ours", f"New account\n\n{END_OF_NOTICE}\n")


async def test_a_notice_whose_filter_has_gone_is_sent_all_the_same(tmp_path: Path) -> None:
    """The notice uses the common template; its quotes were masked when it was written."""
    async with EmbeddedGateway(tmp_path) as gateway:
        gateway.probe.finds = [finding("probe.payment")]
        await gateway.accept(BOB, raw=raw(subject=IBAN))
        gateway.notices._templates = NoticeTemplates({"": SHIPPED / "notices/held.txt"})
        await gateway.tidy()
        (got,) = notices(gateway)
        assert read(got.content)["Subject"] == "A message to you was held"
        assert "3704" not in text(got)


# --- danger ----------------------------------------------------------------------------------------------------------


async def test_every_threat_is_told_at_once(tmp_path: Path) -> None:
    """Whatever else the person was told in that hour, and however many notices there may be in a day."""
    more = f"{CONTROL}digest: {{notices_a_day: 1}}\n"
    async with EmbeddedGateway(tmp_path, more=more, filters="- probe: {notify: [reviewers, recipient]}") as gateway:
        danger = [finding("probe.hold"), finding("probe.danger")]
        for id in (ONE, TWO):
            await told(gateway, BOB, finds=danger, id=id, raw=raw(f"You {id}"))
            gateway.clock.move(seconds=61)
        named = [(got.recipients[0], id) for got in notices(gateway) for id in (ONE, TWO) if id in text(got)]
        assert sorted(named) == sorted(
            (to, id) for to in ("bob@example.co.uk", "it@example.co.uk") for id in (ONE, TWO)
        )


async def test_the_victim_of_a_threat_is_told_what_to_do(tmp_path: Path) -> None:
    """Police, people to tell, evidence, and who knows; a reply asks for no release."""
    async with EmbeddedGateway(tmp_path, more=CONTROL, filters="- probe: {notify: [reviewers, recipient]}") as gateway:
        await told(gateway, BOB, finds=[finding("probe.danger")])
        (to_bob,) = (got for got in notices(gateway) if got.recipients == ("bob@example.co.uk",))
        assert read(to_bob.content)["Subject"] == "A message to you was held: please read this"
        assert read(to_bob.content)["Reply-To"] == "it@example.co.uk"
        said = " ".join(text(to_bob).split())
        for part in (
            "Told: you, the reviewers and anybody else here to whom it was sent; the sender has not been told",
            "call the police at once",
            "Tell your line manager or the HR department the id.",
            "it is evidence",
            "If it is no threat, say so there",
        ):
            assert part in said
        assert "if you expected" not in said
        (to_it,) = (got for got in notices(gateway) if got.recipients == ("it@example.co.uk",))
        assert "tell the HR department the id, at once, and nobody else" in " ".join(text(to_it).split())
        assert "line manager" not in text(to_it)


async def test_a_threat_of_a_colleague_warns_the_reader_and_not_the_sender(tmp_path: Path) -> None:
    """Where nothing is set."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await told(gateway, OUR_ANN, finds=[finding("probe.danger")], sender="carol@example.co.uk")
        assert [got.recipients for got in notices(gateway)] == [("ann@example.co.uk",)]
