"""Keys of a sender's confirmation: the same for a mail in all its transactions, and for no other mail."""

from __future__ import annotations

import pytest

from gateway.contract import ConfirmedKeys, Mail, confirmed_keys
from gateway.contract.confirmed_keys import MAX_INLINE_BYTES
from tests.support.builders.judgement import mail

ANN, JOE, KIM = "ann@example.co.uk", "joe@outside.example", "kim@far.example"
NAMED = "Message-ID: <1@x>\r\nDate: Mon, 2 Mar 2026 09:30:00 +0000\r\n"
FILE = (
    "--b\r\nContent-Type: text/plain\r\n\r\nLunch\r\n--b\r\n"
    "Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n{file}\r\n--b--"
)


def written(
    text: str = "Lunch",
    *to: str,
    fields: str = NAMED,
    subject: str = "CONFIDENTIAL: lunch",
    visible: str = JOE,
    sender: str = ANN,
    **facts: str,
) -> Mail:
    raw = f"From: {sender}\r\nTo: {visible}\r\nSubject: {subject}\r\n{fields}\r\n{text}\r\n".encode()
    return mail(*(f"out:{one}" for one in to or (JOE,)), raw=raw, sender=sender, **facts)


def with_file(file: str, boundary: str = "b") -> Mail:
    fields = f"{NAMED}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary={boundary}\r\n"
    return written(FILE.format(file=file).replace("--b", f"--{boundary}"), fields=fields)


async def keys(of: Mail) -> ConfirmedKeys:
    return await confirmed_keys("probe", of)


async def test_one_answer_counts_for_everybody_in_to_and_cc() -> None:
    both = f"{JOE}, {KIM}"
    first = await keys(written("Lunch", JOE, visible=both, id="m1"))
    second = await keys(written("Lunch", KIM, visible=both, id="m2"))
    assert first.all == second.all == set(first.by_recipient.values()) == set(second.by_recipient.values())


async def test_whoever_is_not_visible_has_a_key_of_its_own() -> None:
    """A confirmation for Kim in Bcc counts for those in To, for they were seen when it was given."""
    joe = await keys(written("Lunch", JOE))
    kim = await keys(written("Lunch", KIM))
    assert kim.by_recipient[KIM] not in joe.all
    assert joe.by_recipient[JOE] in kim.all


@pytest.mark.parametrize(
    "other",
    [
        written("Board papers"),
        written(subject="CONFIDENTIAL: board papers"),
        written(visible=f"{JOE}, {KIM}"),
        written(sender="bob@example.co.uk"),
        written(fields=NAMED.replace("<1@x>", "<2@x>")),
        written(fields=NAMED.replace("Mon", "Tue")),
        written(fields=""),
        written(fields="", id="m9"),
        written(fields="", key="k"),
        with_file("QUFB"),
        written("Lunch" * MAX_INLINE_BYTES),
    ],
)
async def test_another_mail_has_other_keys(other: Mail) -> None:
    assert not (await keys(other)).all & (await keys(written())).all


async def test_files_count_by_their_content_and_delimiters_do_not() -> None:
    assert (await keys(with_file("QUFB"))).all == (await keys(with_file("QUFB", "other"))).all
    assert not (await keys(with_file("QUFB"))).all & (await keys(with_file("QUFC"))).all


async def test_a_message_inside_is_a_part_of_the_mail() -> None:
    def forwarded(subject: str, text: str) -> Mail:
        return written(f"Subject: {subject}\r\n\r\n{text}", fields=f"{NAMED}Content-Type: message/rfc822\r\n")

    found = [await keys(forwarded(*one)) for one in (("a", "b"), ("a", "c"), ("d", "b"))]
    assert len(frozenset().union(*(one.all for one in found))) == 3


async def test_uses_have_keys_of_their_own() -> None:
    assert not (await confirmed_keys("other", written())).all & (await keys(written())).all
