"""Replies and forwarded messages."""

from __future__ import annotations

import pytest

from filters.confidential.replies import Prefixes, answers_outsider
from gateway.message.mime.parse import parse


@pytest.mark.parametrize(
    ("subject", "kind", "rest"),
    [
        ("Hello", "", "Hello"),
        ("Re: Hello", "reply", "Hello"),
        ("FW: Re: Hello", "forward", "Hello"),
        ("re[2]: Hello", "reply", "Hello"),
        ("Report: Hello", "", "Report: Hello"),
    ],
)
def test_prefixes(subject: str, kind: str, rest: str) -> None:
    assert Prefixes(["re"], ["fw", "fwd"]).read(subject) == (kind, rest)


def is_ours(address: str) -> bool:
    return address.endswith("@ours.example")


CLEO, KIM = "Cleo <cleo@ours.example>", "Kim <kim@client.example>"
OF_CLEO, OF_KIM = "In-Reply-To: <1@ours.example>", "In-Reply-To: <1@client.example>"


@pytest.mark.parametrize(
    ("header", "above", "answers"),
    [
        (f"{OF_KIM}\r\nTo: {KIM}", "", True),
        (f"References: <1@client.example>\r\nTo: {KIM}", "", True),
        (f"{OF_KIM}\r\nTo: {CLEO}, {KIM}", "Kim wrote:", True),
        (f"{OF_KIM}\r\nTo: {KIM}", f"On 3 March 2026 at 10:11, {KIM} wrote:", True),
        (f"{OF_CLEO}\r\nTo: {KIM}", f"From: {CLEO}\r\nSent: 3 March 2026\r\nTo: {KIM}\r\nSubject: x", True),
        (f"{OF_KIM}\r\nTo: {KIM}", f"Am 3. M\u00e4rz 2026 schrieb {KIM}:", True),
        (f"{OF_CLEO}\r\nTo: {KIM}", f"On 3 March 2026 at 10:11, {KIM} wrote:", False),  # our own mail is answered
        (f"{OF_KIM}\r\nTo: {KIM}", "Kim wrote (kim@client.example), Cleo's answer:", False),
        (f"{OF_KIM}\r\nTo: {KIM}", "On Thursday Cleo Clark wrote:", False),
        (f"{OF_KIM}\r\nTo: {KIM}", "From: Cleo Clark\r\nSent: 3 March 2026\r\nSubject: x", False),
        (f"To: {KIM}", f"On 3 March 2026 at 10:11, {KIM} wrote:", False),
        (f"In-Reply-To:\r\nTo: {KIM}", "", False),
        (f"In-Reply-To: x\r\nReferences: none\r\nTo: {KIM}", "", False),
        (f"{OF_CLEO}\r\nTo: {CLEO}\r\nCc: {KIM}", "", False),
        (f"{OF_KIM}\r\nTo: {KIM}", f"On 3 March 2026 at 10:11, {CLEO} wrote:", False),
        (f"{OF_KIM}\r\nTo: {KIM}", f"From: {CLEO}\r\nSent: 3 March 2026\r\nTo: {CLEO}\r\nSubject: x", False),
        (f"{OF_CLEO}\r\nTo: {KIM}", "", False),
        (f"{OF_CLEO}\r\nReferences: <1@client.example>\r\nTo: {KIM}", "", False),
        (OF_CLEO, "", False),
        (OF_KIM, "", True),
    ],
)
def test_who_is_answered(header: str, above: str, answers: bool) -> None:
    """The quotation's own lines come first, then the addresses of To, then the message that is answered."""
    quoted = "> Visa" if above.endswith(":") or not above else "Visa"
    message = parse(f"Subject: Re: x\r\n{header}\r\n\r\nSee below.\r\n\r\n{above}\r\n{quoted}\r\n".encode())
    assert answers_outsider(message, is_ours, lambda text: "Cleo Clark" in text) is answers
