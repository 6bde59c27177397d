"""Reply-To beside From."""

from __future__ import annotations

import pytest

from filters.impersonation.reply_addresses import ReplyAddresses
from gateway.contract import ANYONE
from gateway.matching import FREE_MAIL, Counterparties
from tests.unit.filters.impersonation.facts import DIRECTORY, facts, known, letter

REPLIES = ReplyAddresses(DIRECTORY, Counterparties(FREE_MAIL), {"zendesk.com"})
EVE = "eve@mill.example"


@pytest.mark.parametrize(
    ("sender", "reply", "elsewhere"),
    [
        (EVE, "director77@gmail.com", True),
        (EVE, "eve@other.example", True),
        (EVE, "eve@sales.mill.example", False),
        (EVE, "eve@mill.co.uk", False),  # the same name
        (EVE, f"{EVE}, director77@gmail.com", False),  # the sender gets them, too
        (EVE, "a@gmail.com, b@gmail.com", True),
        (EVE, "ticket+7@desk.zendesk.com", False),
        (EVE, "bob@example.co.uk", False),
        (EVE, "home@archers.example", False),  # a private address of ours
        ("eve77@gmail.com", "eve77@outlook.com", False),
        ("eve77@gmail.com", "director77@outlook.com", True),
        ("eve77@gmail.com", "director77@gmail.com", True),
    ],
)
def test_where_answers_go(sender: str, reply: str, elsewhere: bool) -> None:
    assert bool(REPLIES.elsewhere(facts(sender, f"Reply-To: {reply}"))) is elsewhere


def test_without_reply_to_answers_go_to_the_sender() -> None:
    assert REPLIES.elsewhere(facts(EVE)) == []


def test_answers_to_our_correspondents_are_fine() -> None:
    """At a domain where anybody can have an address, the very address must be known."""
    for reply, pair, fine in (
        ("joe@weaver.example", (ANYONE, "@weaver.example"), True),
        ("joe@gmail.com", (ANYONE, "joe@gmail.com"), True),
        ("joe@gmail.com", (ANYONE, "@gmail.com"), False),
    ):
        about = facts(EVE, f"Reply-To: {reply}", remembered=known([pair], sent=1))
        assert (REPLIES.elsewhere(about) == []) is fine, reply
        assert pair in REPLIES.asked(letter(EVE, f"Reply-To: {reply}"))


def test_where_anybody_can_have_an_address() -> None:
    assert REPLIES.is_free("a@gmail.com")
    assert REPLIES.is_free("a@hotmail.co.uk")
    assert not REPLIES.is_free(EVE)
