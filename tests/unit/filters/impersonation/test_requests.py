"""Requests whose answers go to somebody else: words in seven languages, and the facts that are weighed with them."""

from __future__ import annotations

import pytest

from filters.impersonation.codes import DOMAIN, NAME, REPLY_TO, UNREAD
from filters.impersonation.filter import Impersonation
from gateway.contract import ANYONE
from tests.support.builders.padding import in_the_middle
from tests.unit.filters.impersonation.facts import Memory, found, known, letter, made, verified

EVE, BOSS = "eve@outside.example", "Reply-To: director77@gmail.com"
FAVOUR = "I need you to run a quick errand for me."

REQUESTS = """\
Are you at your desk? I need a quick favour.
Kindly send me your cell number, I have a task for you.
Can you pick up some Apple gift cards for a client? Scratch the back and send me the codes.
What details do you need to set up a same day bank transfer?
Please update my direct deposit information before the next payroll.
I need an urgent payment made to a new supplier.
Our invoice is overdue, please get it paid by noon.
Please wire GBP 14,200 to the account below.
I'm tied up all day. Can you get something done for me this morning?
Bitte veranlassen Sie eine Überweisung, ich bin in einer Besprechung.
Schick mir bitte deine Handynummer.
J'ai besoin que tu me rendes un service : achète des cartes cadeaux.
Peux-tu m'envoyer ton numéro de portable ?
Necesito que me hagas un favor, estoy en una reunión.
Ho bisogno di un favore: compra delle carte regalo.
Kun je een betaling voor me regelen? Ik zit in een vergadering.
Czy możesz pilnie zlecić przelew? Jestem na spotkaniu.
"""

NO_REQUESTS = """\
The minutes of the meeting are attached.
We will never ask you for gift cards.
Our new number is 020 7946 0000.
I'm in a meeting until noon and can't talk, sorry.
The urgent delivery left the works this morning.
Thank you for your payment.
Your order is confidential and ships by end of day.
"""


@pytest.mark.parametrize("text", REQUESTS.splitlines())
async def test_a_request_whose_answers_go_elsewhere(text: str) -> None:
    assert await found(EVE, BOSS, text=text) == [REPLY_TO]
    assert await found(EVE, text=text) == []


@pytest.mark.parametrize("text", NO_REQUESTS.splitlines())
async def test_words_that_ask_for_nothing(text: str) -> None:
    assert await found(EVE, BOSS, text=text) == []


async def test_every_author_counts() -> None:
    """A correspondent in From lends a stranger beside them nothing; nor is the stranger the one to answer."""
    joe, text = "joe@mill.example", "I need you to run a quick errand for me."
    memory = Memory(known([(ANYONE, joe)]))
    assert await found(joe, BOSS, memory=memory, text=text) == []
    assert await found(f"{joe}, {EVE}", BOSS, "Sender: joe@mill.example", memory=memory, text=text) == [REPLY_TO]
    wire = "Please get the invoice paid today, urgently, and keep it between us."
    assert await found(f"{joe}, {EVE}", f"Reply-To: {EVE}", memory=memory, text=wire) == [REPLY_TO]


async def test_text_that_is_not_read_is_on_record() -> None:
    """Only where answers go elsewhere; nobody is told."""
    asks = in_the_middle(REQUESTS)
    assert await found(EVE, BOSS, text=asks) == [UNREAD]
    assert await found(EVE, text=asks) == []
    assert UNREAD not in Impersonation.notices


async def test_facts_about_the_sender_weigh_in() -> None:
    """A correspondent with another address of a firm is less doubtful than a stranger; our name is more."""
    elsewhere = "Reply-To: eve@other.example"
    written = Memory(known([(ANYONE, EVE)], sent=1))
    assert await found(EVE, elsewhere, text=FAVOUR) == []
    assert await found(EVE, BOSS, text=FAVOUR, memory=written) == []
    assert await found(f"Ann Archer <{EVE}>", elsewhere, text=FAVOUR) == [NAME, REPLY_TO]
    assert await found(EVE, elsewhere, text=FAVOUR, authentication=verified(unproven=[EVE])) == [REPLY_TO]


async def test_evidence_has_the_words_and_the_facts() -> None:
    (finding,) = await made().check(letter(EVE, BOSS, text=FAVOUR))
    assert [(one.what, one.weight) for one in finding.evidence] == [
        ("Reply-To", None),
        ("favour", 6),
        ("free mail in Reply-To", 4),
        ("first contact", 2),
    ]
    assert FAVOUR.rstrip(".") in finding.evidence[1].quote


async def test_a_form_of_our_own_site_is_no_request_of_ours() -> None:
    """Our own address is proven, and the visitor is to be answered; unproven, it is a forgery."""
    form = ("forms@example.co.uk", "Reply-To: visitor@gmail.com")
    assert await found(*form, text=FAVOUR, authentication=verified("forms@example.co.uk")) == []
    assert await found(*form, text=FAVOUR, authentication=verified(unproven=["forms@example.co.uk"])) == [
        DOMAIN,
        REPLY_TO,
    ]


@pytest.mark.parametrize(
    ("sender", "fields", "asked"),
    [
        (EVE, ("List-Unsubscribe: <mailto:x@outside.example>",), []),
        (EVE, ("Auto-Submitted: auto-generated",), []),
        ("forms@wix.com", (), []),
        (f"Ann Archer <{EVE}>", ("List-Unsubscribe: <mailto:x@outside.example>",), [NAME, REPLY_TO]),
    ],
)
async def test_services_are_answered_where_they_say(sender: str, fields: tuple[str, ...], asked: list[str]) -> None:
    """Whoever shows our name is none."""
    assert await found(sender, BOSS, *fields, text=FAVOUR) == asked


async def test_a_newsletter_that_nothing_proves_is_no_service() -> None:
    listed = "List-Unsubscribe: <mailto:x@outside.example>"
    assert await found(EVE, BOSS, listed, text=FAVOUR, authentication=verified(EVE)) == []
    assert await found(EVE, BOSS, listed, text=FAVOUR, authentication=verified(unproven=[EVE])) == [REPLY_TO]
