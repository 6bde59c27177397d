"""Replies to the question whether somebody agrees: whose and which are recorded.

The way over SMTP, tokens and all, is in tests/scenarios/confidential_agreements.yaml.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gateway.act.notices.own_messages import END_OF_NOTICE
from gateway.act.release.agreement_replies import AgreementReplies
from gateway.act.rules.control_address import ControlAddress
from gateway.contract import Client, Envelope, Organisation, Recipient
from gateway.message.mime.parse import parse
from gateway.receive.transaction import Received
from tests.support.builders.judgement import NOW, FakeClock

CONTROL = ControlAddress("mailwarden@gw.example.co.uk", bytes(32))
ID = "0199d0aa-5b1c-7c3e-9d55-0a1b2c3d4e5f"
JO = "jo@lawyer.example"


class Kept:
    """Answers in memory; a question that is `gone` takes none."""

    def __init__(self, *, gone: bool = False) -> None:
        self.gone = gone
        self.answers: list[tuple[str, str, bool, str]] = []

    async def answer(self, address: str, id: str, *, agrees: bool, at: Any, reply_id: str, origin: str) -> bool:
        self.answers += [] if self.gone else [(address, id, agrees, origin)]
        return not self.gone


async def reply(
    kept: Kept, text: str = "I agree", *, author: str = JO, left: timedelta = timedelta(days=1)
) -> tuple[int, str, str]:
    """Return the reply code, the action and the code of the answer."""
    to = CONTROL.reply_to(ID, JO, NOW + left)
    raw = f"From: {author}\r\nTo: {to}\r\n\r\n{text}\r\n".encode()
    envelope = Envelope(JO, (Recipient(to, "internal"),))
    received = Received("r1", NOW, "inbound", Client("192.0.2.7"), "ESMTP", envelope, raw)
    replies = AgreementReplies(CONTROL, kept, FakeClock(), Organisation(contact="it@example.co.uk"))  # type: ignore[arg-type]
    token = CONTROL.token(to)
    assert token
    assert replies.asked(token, JO)
    answer = await replies.answer(received, parse(raw), token)
    return answer.reply.code, answer.action, answer.code


@pytest.mark.parametrize(
    ("text", "agrees", "expected"),
    [("I agree", True, (250, "confirm", "")), ("No, thanks", False, (250, "refuse", "agreement.declined"))],
)
async def test_an_answer_is_kept(text: str, agrees: bool, expected: tuple[int, str, str]) -> None:
    kept = Kept()
    assert await reply(kept, text) == expected
    assert kept.answers == [(JO, ID, agrees, "by the reply r1 from 192.0.2.7")]


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"text": ""}, "agreement.unclear"),
        ({"text": "Why?"}, "agreement.unclear"),
        (
            {"text": f"I agree\n\n-----Original Message-----\nMay we?\n\n{END_OF_NOTICE}\nbut encrypted"},
            "agreement.unclear",
        ),
        ({"author": "al@lawyer.example"}, "agreement.foreign"),
        ({"left": timedelta()}, "agreement.expired"),
    ],
)
async def test_anything_else_is_refused(parts: dict[str, Any], code: str) -> None:
    kept = Kept()
    assert await reply(kept, **parts) == (550, "refuse", code)
    assert kept.answers == []


async def test_what_is_not_asked_any_more_is_refused() -> None:
    assert await reply(Kept(gone=True)) == (550, "refuse", "agreement.expired")
