"""Mail of protected correspondents, which rules about people leave alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.contract import Authentication, Client, Mail, is_protected, unprotected_recipients
from gateway.directory.lookup import ConfiguredDirectory
from tests.support.builders.judgement import mail

UNION, EVE, ANN, NURSE = "rep@union.example", "eve@outside.example", "ann@example.co.uk", "nurse@example.co.uk"
DIRECTORY = ConfiguredDirectory([], {"protected_correspondents": ["*@union.example", NURSE]}, ["example.co.uk"])


def letter(sender: str, *to: str, shown: str = "", cc: str = "", login: str = "") -> Mail:
    head = f"From: {shown or sender}\r\nTo: bob@example.co.uk\r\n" + (f"Cc: {cc}\r\n" if cc else "")
    about = mail(*to, raw=f"{head}Subject: Hello\r\n\r\nHello.\r\n".encode(), sender=sender)
    return replace(about, client=Client("192.0.2.1", login=login))


def is_left_alone(about: Mail) -> bool:
    return not unprotected_recipients(about, DIRECTORY)


@pytest.mark.parametrize(
    ("shown", "left_alone"),
    [
        (UNION, True),
        (f"Ann Archer <{EVE}>, {UNION}", False),
        (f"{UNION}, {EVE}", False),
        ("rep @ union.example <eve@outside.example>", False),
        (EVE, False),
    ],
)
def test_a_sender_outside_stands_in_from_alone(shown: str, left_alone: bool) -> None:
    """The reverse-path says nothing of who has written."""
    assert is_left_alone(letter("bounce@lists.example", f"in:{ANN}", shown=shown)) is left_alone
    assert not is_left_alone(letter(UNION, f"in:{ANN}", shown=EVE))


@pytest.mark.parametrize(
    ("sender", "shown", "login", "left_alone"),
    [
        (ANN, f"{ANN}, {UNION}", "", False),
        (ANN, UNION, "", False),
        (NURSE, ANN, "", True),
        (NURSE, NURSE, ANN, False),
        (ANN, ANN, NURSE, True),
        (NURSE, NURSE, "robot", True),
    ],
)
@pytest.mark.parametrize("to", ["out:joe@outside.example", "us:bob@example.co.uk"])
def test_our_own_senders_are_known_by_login_or_reverse_path(
    sender: str, shown: str, login: str, left_alone: bool, to: str
) -> None:
    """Anybody can add an address to From."""
    assert is_left_alone(letter(sender, to, shown=shown, login=login)) is left_alone


def test_a_forger_is_not_protected() -> None:
    """Where the origin was verified and nothing proves the sender, its name counts for nothing."""
    forged = replace(letter(UNION, f"in:{ANN}"), authentication=Authentication(verified=True))
    assert not is_left_alone(forged)


def test_protected_recipients_free_their_own_copies() -> None:
    about = letter(ANN, f"out:{UNION}", "us:bob@example.co.uk", cc=UNION)
    assert [one.address for one in unprotected_recipients(about, DIRECTORY)] == ["bob@example.co.uk"]
    assert unprotected_recipients(letter(UNION, "in:bob@example.co.uk"), DIRECTORY) == ()


@pytest.mark.parametrize(("to", "cc"), [(f"out:{UNION}", ""), ("us:bob@example.co.uk", UNION)])
def test_recipients_and_addresses_that_are_shown_count_for_the_whole_message(to: str, cc: str) -> None:
    assert is_protected(letter(ANN, to, cc=cc), DIRECTORY)
    assert not is_protected(letter(ANN, "us:bob@example.co.uk"), DIRECTORY)
