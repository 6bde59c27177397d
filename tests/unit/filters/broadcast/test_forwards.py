"""Marks of forwarding: how often a message was handed on, and the addresses of those who had it before."""

from __future__ import annotations

import pytest

from filters.broadcast.forwards import Forwards, forwards_of
from gateway.message.mime.parse import parse

BLOCK = "---------- Forwarded message ---------\nFrom: Kim <kim@a.example>\nDate: 2 March\nSubject: {}\nTo: {}\n\n"


def of(subject: str, text: str) -> Forwards:
    head = f"From: ann@example.co.uk\nSubject: {subject}\nContent-Type: text/plain; charset=utf-8\n\n"
    return forwards_of(parse((head + text).replace("\n", "\r\n").encode()))


@pytest.mark.parametrize(
    ("subject", "text", "times"),
    [
        ("Hello", "text", 0),
        ("Re: Hello", "text\n\n> text\n>> text\n>>> text\n", 0),
        ("Fwd: Hello", "text", 1),
        ("FW: Fwd: WG: Hello", "text", 3),
        ("Re: Fwd: Re: Fwd: Hello", "text", 2),
        ("Fwd[3]: Hello", "text", 1),
        ("Forward planning: April", "text", 0),
        ("Hello", BLOCK.format("Hello", "a@a.example"), 1),
        ("Hello", BLOCK.format("Fwd: Fwd: Hello", "a@a.example"), 2),
        ("Fwd: Hello", BLOCK.format("Fwd: Hello", "a@a.example") + BLOCK.format("Hello", "b@a.example"), 2),
        ("Fwd: Hello", "> one\n>> two\n>>> three\n", 3),
        ("Re: Fwd: Hello", "> one\n>> two\n>>> three\n", 1),
    ],
)
def test_times(subject: str, text: str, times: int) -> None:
    """A reply that quotes a thread is no forward, and its depth says nothing."""
    assert of(subject, text).times == times


def test_addresses_of_earlier_recipients() -> None:
    """The fields To and Cc of forwarded messages, over several lines; each address once, others not."""
    text = BLOCK.format("Hello", "a@a.example,\n B <b@a.example>, A@a.example") + "Write to c@a.example.\n"
    assert of("Fwd: Hello", text).addresses == 2
    assert of("Hello", "To: a@a.example\n").addresses == 0


def test_a_long_line_is_read_up_to_its_limit() -> None:
    many = ", ".join(f"n{number}@a.example" for number in range(2000))
    assert 10 <= of("Fwd: Hello", f"To: {many}\n").addresses < 2000
