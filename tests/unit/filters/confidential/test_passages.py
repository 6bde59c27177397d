"""The choice of the texts that are searched."""

from __future__ import annotations

import re

import pytest

from filters.confidential.passages import (
    Prefixes,
    answers_outsider,
    letter_first,
    masked,
    name_words,
    plainly,
    says,
    searched,
    shown,
    small,
    stems_of,
    unwrapped,
)
from gateway.matching import MAX_CHARACTERS, within_limit
from gateway.message.mime.parse import parse
from gateway.message.passage import CUT_CHARACTERS
from tests.unit.filters.confidential.conftest import passage


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


@pytest.mark.parametrize(("is_forwarded", "is_answer"), [(True, True), (True, False), (False, True), (False, False)])
def test_an_answers_quotation_is_not_searched(is_forwarded: bool, is_answer: bool) -> None:
    message = parse(b"Subject: x\r\n\r\nSee below.\r\n\r\n> Their words\r\n")
    kinds = {one.kind for one in searched(message, is_forwarded=is_forwarded, is_answer=is_answer)}
    assert ("quoted" in kinds) is (is_forwarded or not is_answer)


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


def test_the_letter_is_read_before_the_attachments_up_to_the_limit() -> None:
    texts = [passage("a" * 50_000, "attachment"), passage("b" * 20_000), passage("c", "attachment")]
    found = within_limit(letter_first(texts))
    assert [(one.kind, one.text[:1], len(one.text)) for one in found] == [
        ("new", "b", 20_000),
        ("attachment", "a", MAX_CHARACTERS - 20_000 - CUT_CHARACTERS),
    ]


def test_short_texts_are_read_as_they_are() -> None:
    texts = [passage("a"), passage("b", "attachment")]
    assert within_limit(letter_first(texts)) == texts


@pytest.mark.parametrize(
    ("text", "read"),
    [
        *((f"5555{one}4444", "5555 4444") for one in "\u00a0\u2800\u2007\u2009\u202f\u3000"),
        *((f"5555{one}4444", "5555-4444") for one in "\u2010\u2011\u2013\u2014\u2212\ufe63"),
        *((f"5555{one}4444", "55554444") for one in "\u00ad\u200b\u200d\u2060\ufeff\ufe0f"),
        ("5\ufe0f\u20e35\ufe0f\u20e3 \u2463 password\ufe55", "55 4 password:"),
        ("\uff15\uff15 \U0001d7d3 \u0665 \uff30\uff37", "55 5 5 PW"),
        ("p\u0430ssword, kod do alarmu: has\u0142o", "password, kod do alarmu: has\u0142o"),
        ("T\u00fcrcode \u00a35 \u20ac9 m\u00b2 \u043f\u0430\u0440\u043e\u043b\u044c \u2026", ""),
    ],
)
def test_numbers_and_secrets_are_read_in_plain_characters(text: str, read: str) -> None:
    (one,) = plainly([passage(text)])
    assert one.text == (read or text)
    assert one.folded == passage(text).folded


def test_what_a_reviewer_sees() -> None:
    assert masked("5555 5555 5555 4444", 4) == f"{'•' * 12}4444"
    assert masked("12") == "••"
    assert shown("a\nb\tc") == "a b c"
    assert len(shown("x" * 500)) == 80


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        (f"{'x' * 60}\nand on", f"{'x' * 60} and on"),
        (f"{'x' * 47}\nand on", f"{'x' * 47}\nand on"),
        (f"{'x' * 81}\nand on", f"{'x' * 81}\nand on"),
        (f"{'x' * 60}\n\nand on", f"{'x' * 60}\n\nand on"),
        (f"{'x' * 60}\t4\nand on", f"{'x' * 60}\t4\nand on"),
        (f"- {'x' * 60}\nand on", f"- {'x' * 60}\nand on"),
        ("", ""),
    ],
)
def test_wrapped_lines_are_one_again(text: str, joined: str) -> None:
    assert unwrapped(text) == joined


def test_words_of_names() -> None:
    assert name_words("jo.van-dyke71@mail.example") == {"van", "dyke"}
    assert name_words("info@mail.example") == frozenset()


@pytest.mark.parametrize("text", ["PA\u017f\u017fWORD", "PINCODE", "P\u0130NCODE", "p\u0131ncode", "Pa\u00dfword"])
def test_small_letters_are_those_that_a_pattern_finds_in_any_case(text: str) -> None:
    """A pattern with re.IGNORECASE finds nothing that the small letters don't have."""
    found = re.search("password|pincode", text, re.IGNORECASE)
    assert not found or says(small(text), "password", "pincode")


def test_stems_are_the_words_that_hold_no_other() -> None:
    assert stems_of(["Passwords", "password", "pwd", "admin pwd"]) == ("pwd", "password")
