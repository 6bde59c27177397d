"""The control address and its tokens: they survive what mail programs do to addresses, and nothing else passes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway.act.rules.control_address import ControlAddress, Token

ID = "0199d0aa-5b1c-7c3e-9d55-0a1b2c3d4e5f"
UNTIL = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
CAROL = "carol@example.co.uk"
CONTROL = ControlAddress("mailwarden@gw.example.co.uk", bytes(32))


def token(address: str) -> Token:
    found = CONTROL.token(address)
    assert found is not None, address
    return found


def test_an_address_says_what_it_confirms() -> None:
    """The held message, and until when; signed for its sender."""
    address = CONTROL.reply_to(ID, CAROL, UNTIL)
    said = token(address)
    assert (said.mail_id, said.until) == (ID, UNTIL)
    assert CONTROL.signed(said, CAROL)
    assert CONTROL.holds(address)


def test_it_fits_into_a_local_part() -> None:
    """64 octets (RFC 5321 4.5.3.1.1), with the longest local part that the configuration takes."""
    longest = ControlAddress("mailwarden-gw01@gw.example.co.uk", bytes(32))
    assert len(longest.reply_to(ID, CAROL, UNTIL).partition("@")[0]) == 64


@pytest.mark.parametrize("change", [str.upper, str.title, lambda a: '"' + a.replace("@", '"@'), lambda a: a + "."])
def test_what_is_done_to_an_address_does_no_harm(change: object) -> None:
    """Another case, a quoted local part, a final dot."""
    address = change(CONTROL.reply_to(ID, CAROL, UNTIL))  # type: ignore[operator]
    assert CONTROL.holds(address)
    assert CONTROL.signed(token(address), CAROL)


def test_a_sender_is_compared_as_addresses_are() -> None:
    """Letter case makes no other person."""
    assert CONTROL.signed(token(CONTROL.reply_to(ID, CAROL, UNTIL)), "Carol@EXAMPLE.co.uk")


def test_nobody_elses_is_signed() -> None:
    """Another sender, another key, another message, a later time."""
    said = token(CONTROL.reply_to(ID, CAROL, UNTIL))
    assert not CONTROL.signed(said, "dave@example.co.uk")
    assert not ControlAddress(CONTROL.address, bytes(31) + b"x").signed(said, CAROL)
    other = Token("0199d0aa-5b1c-7c3e-9d55-0a1b2c3d4e60", said.until, said.mac)
    later = Token(said.mail_id, datetime(2027, 1, 1, tzinfo=UTC), said.mac)
    assert not CONTROL.signed(other, CAROL)
    assert not CONTROL.signed(later, CAROL)


@pytest.mark.parametrize(
    "local",
    ["mailwarden", "mailwarden+", "mailwarden+abc", f"mailwarden+{'1' * 48}", f"mailwarden+{'ä' * 48}"]
    + [f"mailwarden+{'a' * n}" for n in (40, 47, 49, 56)],
)
def test_what_is_no_token(local: str) -> None:
    """Too short, too long, or of other characters: None, never an error."""
    assert CONTROL.token(f"{local}@gw.example.co.uk") is None


def test_it_asks_the_sender_for_whom_its_token_was_made() -> None:
    address = CONTROL.reply_to(ID, CAROL, UNTIL)
    assert CONTROL.asks(address, CAROL)
    assert not CONTROL.asks(address, "dave@example.co.uk")
    assert not CONTROL.asks(CONTROL.address, CAROL)
    assert not CONTROL.asks(address.replace("mailwarden", "other"), CAROL)
    assert not ControlAddress(CONTROL.address, bytes(31) + b"x").asks(address, CAROL)


def test_each_token_has_an_id_of_its_own() -> None:
    """A token's id is for the memory of used tokens."""
    first, second = (token(CONTROL.reply_to(ID, CAROL, at)) for at in (UNTIL, UNTIL.replace(day=6)))
    assert first.id != second.id
    assert first.id == token(CONTROL.reply_to(ID, CAROL, UNTIL).upper()).id


@pytest.mark.parametrize(
    ("address", "held"),
    [
        ("mailwarden@gw.example.co.uk", True),
        ("MailWarden+x@GW.example.co.uk", True),
        ("mailwarden+a+b@gw.example.co.uk", True),
        ("mailwarden2@gw.example.co.uk", False),
        ("mailwarden@example.co.uk", False),
        ("mailwarden@x.gw.example.co.uk", False),
        ("gw.example.co.uk", False),
    ],
)
def test_what_is_for_the_control_address(address: str, held: bool) -> None:
    """It and its subaddresses, nothing else at its domain."""
    assert CONTROL.holds(address) is held
