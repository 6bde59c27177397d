"""The filter `payment_change`: what it holds and what it lets through, as shipped; the ledger; the sender."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from functools import cache, partial
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import pytest
import yaml

from filters.payment_change import filter as filter_module
from filters.payment_change import passages as heard_module
from filters.payment_change.effort import Effort
from filters.payment_change.filter import ACCOUNT, ANNOUNCEMENT, BLOCKED, UNREAD, WORDING, PaymentChange
from filters.payment_change.passages import MAX_CHARACTERS, is_handed_on, searched_passages
from filters.payment_change.settings import PaymentChangeSettings
from filters.payment_change.wording import Wordings
from filters.registry import FILTERS
from gateway.contract import (
    ANYONE,
    Account,
    Authentication,
    Author,
    Correspondence,
    Dmarc,
    Finding,
    LedgerRecord,
    Mail,
    Outcome,
    Pair,
    Person,
    Standing,
    Way,
)
from gateway.directory.lookup import ConfiguredDirectory
from gateway.matching import LanguageModel, Reading
from gateway.message import TimeSlices
from gateway.message.text.view import TextView
from tests.support.builders.judgement import NOW, mail
from tests.support.builders.language_models import ScriptedModel

ROOT = Path(__file__).resolve().parents[4]
DIRECTORY = ConfiguredDirectory([Person("Ann Archer", ("ann@example.co.uk",))], {}, ["example.co.uk"])
AP, EVE = "ap@example.co.uk", "eve@supplier.example"
USUAL, OTHER = Account("uk", "20304012345678"), Account("uk", "11223387654321")

MOVED = "We have changed bank. Please use 11-22-33 87654321 from now on."
INVOICE = "Invoice 12 attached, due within 30 days. Please pay to 20-30-40 12345678."


class Book:
    """A ledger in memory."""

    def __init__(self, known: Mapping[str, Mapping[Account, LedgerRecord]] | None = None) -> None:
        self.known = {name: dict(accounts) for name, accounts in (known or {}).items()}
        self.bad: set[Account | str] = set()
        self.added: list[tuple[str, frozenset[Account]]] = []

    async def standing(self, counterparty: str, accounts: Collection[Account]) -> Standing:
        own = self.known.get(counterparty, {})
        steady = sum(seen.steady for seen in own.values())
        return Standing({one: own[one] for one in accounts if one in own}, steady, len(own))

    async def blocked(self, accounts: Collection[Account], senders: Collection[str]) -> Collection[Account | str]:
        return [one for one in (*accounts, *senders) if one in self.bad]

    async def add(self, counterparty: str, accounts: Collection[Account], at: datetime) -> None:
        self.added.append((counterparty, frozenset(accounts)))


class Known:
    """Correspondents in memory."""

    def __init__(self, *pairs: Pair) -> None:
        self._pairs = set(pairs)

    async def known(self, pairs: Collection[Pair]) -> Mapping[Pair, Correspondence]:
        return {one: Correspondence(NOW, NOW, 1, 1) for one in pairs if one in self._pairs}

    async def add(self, pairs: Collection[Pair], way: Way, at: datetime) -> None:
        assert way == "received"
        self._pairs |= set(pairs)


def steady(days: int = 60, dates: int = 3, *, verified: bool = False) -> LedgerRecord:
    return LedgerRecord(NOW - timedelta(days=days), NOW, dates, verified)


@cache
def shipped() -> PaymentChangeSettings:
    rules = yaml.safe_load((ROOT / "config/payment_change.yaml").read_text("utf-8"))
    return PaymentChangeSettings.model_validate_json(json.dumps({"rules": rules}))


@cache
def compiled() -> Wordings:
    return Wordings(shipped().rules)


def made(book: Book | None = None, known: Known | None = None, model: LanguageModel | None = None) -> PaymentChange:
    """Return the filter with the shipped rules, which are compiled once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(filter_module, "Wordings", lambda _: compiled())
        return PaymentChange(shipped(), DIRECTORY, known or Known(), book or Book(), model or ScriptedModel())


def letter(text: str, sender: str = f"Eve <{EVE}>", subject: str = "Hello", **fields: str) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, AP, subject
    for name, value in fields.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made.as_bytes().replace(b"\n", b"\r\n")


def about(text: str, to: str = AP, direction: str = "in", **keys: Any) -> Mail:
    facts = {name: keys.pop(name) for name in ("authentication",) if name in keys}
    return mail(f"{direction}:{to}", raw=letter(text, **keys), **facts)


async def codes(text: str, using: PaymentChange | None = None, **keys: Any) -> set[str]:
    return {one.code for one in await (using or made()).check(about(text, **keys))}


def composed(
    *, subject: str = "Hello", text: str = "Hello.", plain: str = "", html: str = "", attachment: str = ""
) -> Mail:
    """Return a message with an attached file, or with two alternatives."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = f"Eve <{EVE}>", AP, subject
    made.set_content(plain or text)
    if html:
        made.add_alternative(html, subtype="html")
    if attachment:
        made.add_attachment(attachment, filename="terms.txt")
    return mail(f"in:{AP}", raw=made.as_bytes().replace(b"\n", b"\r\n"))


def proven(*addresses: str) -> Authentication:
    authors = tuple(Author(one, one.rpartition("@")[2], frozenset({"dkim"})) for one in addresses)
    return Authentication(verified=True, authors=authors)


# --- the words -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        MOVED,
        "Our bank details have changed. The new ones are below.",
        "Please update your records: our account is now with Barclays.",
        "Please no longer use our old account, it has been closed.",
        "Kindly pay into the account below instead of the usual one.",
        "Can you change the account my wages go into? It is 20-30-40 12345678.",
        "Our account is under audit, so please pay our partner's account this month.",
        "The club does not take cheques any more, could you make a bank transfer?",
        "We have assigned our invoices to Meridian Finance. Please pay them and nobody else.",
        "Please redirect your standing order to the account named in the notice.",
        "What is the procedure for telling you that I have changed banks?",
        "Have our new bank details been put in yet?",
        "Our USDT wallet has been rotated. Send to 0x52908400527886E0F7030069857D2E4169EE8617 only.",
        "Unsere Bankverbindung hat sich ge\u00e4ndert. Bitte verwenden Sie ab sofort DE89 3704 0044 0532 0130 00.",
        "Nous avons chang\u00e9 de banque. Merci de mettre \u00e0 jour nos coordonn\u00e9es bancaires.",
        "Hemos cambiado de banco. Rogamos ingresen los pagos en la nueva cuenta.",
        "Abbiamo cambiato banca. Vi preghiamo di aggiornare le nostre coordinate bancarie.",
        "Ons rekeningnummer is gewijzigd. Gelieve voortaan te betalen op NL91 ABNA 0417 1643 00.",
        "Notre IBAN devient FR14 2004 1010 0505 0001 3M02 606.",
        "Nasz numer konta to teraz PL61 1090 1014 0000 0712 1981 2874.",
        "Zmienili\u015bmy bank. Prosimy o wp\u0142aty na nowe konto PL61 1090 1014 0000 0712 1981 2874.",
    ],
)
async def test_a_change_is_held(text: str) -> None:
    """Announced, asked for, or slipped in, in seven languages."""
    assert await codes(text) == {WORDING}


@pytest.mark.parametrize(
    "text",
    [
        INVOICE,
        "Our bank details have not changed.",
        "Bitte beachten Sie, dass sich unsere Bankverbindung nicht ge\u00e4ndert hat.",
        "Veuillez noter que nos coordonn\u00e9es bancaires n'ont pas chang\u00e9.",
        "We will never change our bank details by email.",
        "If we ever change our bank account, we will write to you on paper.",
        "Same bank, same account as always. Please pay as usual.",
        'A caller said: "we have changed our bank, please use the new account". It was not us.',
        "Fraudsters pretend that a supplier has changed its bank account. Always telephone.",
        "Your account number has changed. You are customer 300041 now.",
        "Please update your card in your profile to keep your subscription.",
        "Your Direct Debit goes up from \u00a330 to \u00a335 in June.",
        "Nobody here may change anybody's bank details because of an email. That is our policy.",
        "To pay you we need your sort code and account number.",
        "We have moved. Please update your records with our new address.",
        "Unsere Bankverbindung hat sich nicht ge\u00e4ndert.",
        "Nos coordonn\u00e9es bancaires restent inchang\u00e9es.",
        "Please find our invoice enclosed for payment.",
        "Don't forget to pay your invoice by Friday.",
        "I'll come back to you about the invoice next week.",
        "Kindly settle the invoice at your convenience.",
        "Please pay the fees directly at the office.",
        "Sign at the bottom and return the form with your payment.",
        "Please find attached invoice 4417. Payment to: Barclays, sort code 20-30-40, account 12345678.",
        "",
    ],
)
async def test_ordinary_mail_passes(text: str) -> None:
    """Negated, conditional, quoted, somebody else's, of another kind; invoices and warnings."""
    assert await codes(text) == set()


@pytest.mark.parametrize(
    "padding",
    [
        "Our office hours changed at the meeting. Prices are as always. The login for the ticket is in our policy.",
        "The agenda of the meeting, prices, rates, policy, login, ticket, as ever. It is urgent.",
        "Thank you for lunch. If you may wonder: you may call my colleague.",
    ],
)
@pytest.mark.parametrize("subject", ["Hello", "Meeting agenda, prices, policy, login, ticket, as always, offer"])
async def test_harmless_words_talk_nothing_away(padding: str, subject: str) -> None:
    """Around it, far below it, or in the subject."""
    change = "We have changed our bank. Please pay our invoices into the new account from now on."
    for text in (f"{change} {padding}", f"{padding}\n{change}", f"{change}\n\n{'Sandwiches. ' * 30}\n\n{padding}"):
        assert WORDING in await codes(text, subject=subject)


@pytest.mark.parametrize(("room", "expected"), [(1, {WORDING}), (0, {WORDING}), (-1, {WORDING, UNREAD})])
async def test_more_text_than_is_looked_through_is_on_record(
    monkeypatch: pytest.MonkeyPatch, room: int, expected: set[str]
) -> None:
    """The limit is one character more than the text, as many, or one fewer."""
    text = f"{MOVED}\n" + "Sandwiches and tea. " * 20
    characters = sum(len(passage.folded.text) for passage in about(text).message.view.of())
    monkeypatch.setattr(heard_module, "MAX_CHARACTERS", characters + room)
    assert await codes(text) == expected


@pytest.mark.parametrize("text", ["{moved}\n{padding}", "{padding}\n{moved}"])
async def test_of_a_long_text_both_ends_are_looked_through(text: str) -> None:
    """A change above or below of what nobody reads."""
    long = text.format(moved=MOVED, padding="Sandwiches and tea.\n" * (MAX_CHARACTERS // 10))
    assert await codes(long) == {WORDING, UNREAD}


PADDING = "Lorem ipsum dolor sit amet.\n" * (MAX_CHARACTERS // 20)


@pytest.mark.parametrize(
    "parts",
    [
        {"attachment": PADDING, "text": MOVED},
        {"attachment": MOVED, "text": PADDING},
        {"plain": PADDING, "html": f"<p>{MOVED}</p>"},
        {"subject": PADDING.replace("\n", " ")[:60_000], "text": MOVED},
    ],
    ids=["in front of the letter", "in front of an attachment", "in the other alternative", "in the subject"],
)
async def test_padding_hides_only_what_is_in_its_own_passage(parts: dict[str, str]) -> None:
    """However much of it there is, what stands in another passage is listened to."""
    assert WORDING in {one.code for one in await made().check(composed(**parts))}


async def test_padding_hides_no_account() -> None:
    """Neither a blocked one behind it nor one of the invoice below it."""
    book = with_book(usual=steady())
    assert ACCOUNT in await codes(f"{PADDING}{PLAIN}", made(book))
    book.bad = {OTHER}
    assert BLOCKED in await codes(f"{PADDING}11-22-33 87654321", made(book))


@pytest.mark.parametrize("piece", ["-", "- ", "> ", "wg: ", "\u2014"])
async def test_what_is_handed_on_is_told_in_linear_time(piece: str) -> None:
    """Whatever is repeated in what is quoted."""

    def seconds(times: int) -> float:
        mail = about(f"Yes.\n\nOn Monday Eve wrote:\n> {piece * times}\n")
        assert mail.message.view.passages
        began = time.process_time()
        is_handed_on(mail.message)
        return time.process_time() - began

    small, large = (min(seconds(times) for _ in range(2)) for times in (2_000, 32_000))
    assert large < 16 * 5 * max(small, 0.002)


@pytest.mark.parametrize(
    "text",
    [
        "> We have changed bank.\n> Please pay into the new account from now on: 11-22-33 87654321.\n",
        "On Monday Eve wrote:\n> We have changed bank: use our new account from now on, 11-22-33 87654321.\n",
    ],
)
async def test_a_mail_that_only_quotes_says_what_it_quotes(text: str) -> None:
    """Mail programs show it as the letter."""
    assert await codes(text) == {WORDING}


@pytest.mark.parametrize(
    "lead",
    [
        "Reminder.",
        "Resending.",
        "Please confirm once updated.",
        "Grateful if you would amend your system accordingly.",
        "Following up on my earlier email, please make sure it's reflected in your next run.",
    ],
)
@pytest.mark.parametrize("head", ["On Monday Eve wrote:\n> ", "-----Original Message-----\nFrom: Eve <e@x.test>\n\n"])
async def test_who_reminds_of_a_change_points_at_it(lead: str, head: str) -> None:
    """Or asks to hear that it was made."""
    change = "We have changed bank, please pay into the new account from now on: 11-22-33 87654321.\n"
    assert await codes(f"{lead}\n\n{head}{change}") == {WORDING}
    assert await codes(f"Thanks, we have updated our records accordingly.\n\n{head}{change}") == set()


async def test_a_quoted_change_is_the_other_sides() -> None:
    """An answer is not held for what it answers; what is handed on is."""
    quoted = "\n\nOn Monday Eve wrote:\n> We have changed bank, new account 11-22-33 87654321.\n"
    assert await codes(f"I will ring you about this.{quoted}", subject="Re: bank") == set()
    handed_on = (
        "\n\n----- Original Message -----\nFrom: Eve\nSubject: bank\n\nWe have changed bank: 11-22-33 87654321.\n"
    )
    assert await codes(f"One for you.{handed_on}", subject="FW: bank", direction="us") == {WORDING}


async def test_a_standing_line_alarms_nobody() -> None:
    """Nor does it calm a change."""
    standing = "\n\n-- \nEve\nWe never change our bank details by email.\n"
    assert await codes(f"Thanks for lunch.{standing}") == set()
    assert await codes(f"{MOVED}{standing}") == {WORDING}


async def test_a_notice_in_the_signature_is_held() -> None:
    """A change may be announced there."""
    assert await codes("Invoice attached.\n\n-- \nEve\n** our bank account has changed: bin the old details **") == {
        WORDING
    }


async def test_our_own_announcement_waits_for_approval() -> None:
    """Outbound mail has a code of its own."""
    assert await codes(MOVED, direction="out", to=EVE, sender=f"Ann <{AP}>") == {ANNOUNCEMENT}


async def test_evidence_has_the_sum_and_every_weight() -> None:
    """The weights that `explain` shows add up, and the quotes are the text that the person saw."""
    (found,) = await made().check(about("We have changed b\u0430nk. Pay 11-22-33 87654321 from now on."))
    total, *signals = found.evidence
    assert total.weight == sum(one.weight or 0 for one in signals)
    assert any("b\u0430nk" in one.quote for one in signals)


# --- the ledger ------------------------------------------------------------------------------------------------------


def with_book(**accounts: LedgerRecord) -> Book:
    named = {"usual": USUAL, "other": OTHER, "third": Account("uk", "99999900000001")}
    return Book({"supplier.example": {named[name]: seen for name, seen in accounts.items()}})


PLAIN = "Invoice 12 attached, due within 30 days: 11-22-33 87654321."


@pytest.mark.parametrize(
    ("book", "expected"),
    [
        (with_book(), set()),
        (with_book(usual=steady()), {ACCOUNT}),
        (with_book(usual=steady(verified=True, days=0, dates=1)), {ACCOUNT}),
        (with_book(usual=steady(dates=2)), set()),
        (with_book(usual=steady(days=29)), set()),
        (with_book(other=steady()), set()),
        (with_book(usual=steady(), third=steady()), set()),
        (with_book(usual=steady(), other=steady(dates=1, days=0)), {ACCOUNT}),
        (with_book(other=steady(dates=2)), set()),
    ],
    ids=[
        "stranger",
        "steady",
        "verified",
        "two dates",
        "29 days",
        "the usual one",
        "many accounts",
        "seen once beside a steady one",
        "no steady one yet",
    ],
)
async def test_a_different_account(book: Book, expected: set[str]) -> None:
    """It holds alone for a sender with one steady account, with no wording at all."""
    assert await codes(PLAIN, made(book)) == expected


async def test_a_different_account_of_many_is_a_weight() -> None:
    """The account holds all the same if there are other signals."""
    book = with_book(usual=steady(), third=steady())
    assert await codes(PLAIN, made(book), Reply_To="eve@elsewhere.example", sender=f"Ann Archer <{EVE}>") == {ACCOUNT}


async def test_the_usual_account_calms() -> None:
    """Only a steady one: what an attacker named once does not."""
    text = "Please pay 20-30-40 12345678."
    once, often = (made(with_book(usual=seen)) for seen in (steady(dates=1, days=0), steady()))
    assert await codes(text, once) == {WORDING}
    assert await codes(text, often) == set()


@pytest.mark.parametrize(
    "below", ["Kind regards,\nEve Jones\nSupplier Ltd\n{}", "-- \nSupplier Ltd\n{}", "Thanks\nEve\n\n{}"]
)
async def test_an_account_below_the_name_counts_where_none_stands_above(below: str) -> None:
    """It is held, and what a fraud report names."""
    letter = "Invoice 12 attached, due within 30 days. Account as below.\n\n" + below.format("11-22-33 87654321")
    assert ACCOUNT in await codes(letter, made(with_book(usual=steady())))
    assert (await made().payee(about(letter))).accounts == {OTHER}
    usual = f"Please pay 20-30-40 12345678.\n\n{below.format('11-22-33 87654321')}"
    if below.startswith("--"):
        assert await codes(usual, made(with_book(usual=steady()))) == set()


@pytest.mark.parametrize(
    "text", ["sort code 11/22/33, account 8765-4321", "11-22-33 8765432\u0661", "1\u200b1-22-33 87654321"]
)
async def test_a_blocked_account_however_it_is_written(text: str) -> None:
    """The account rule reads each form."""
    book = Book()
    book.bad = {OTHER}
    assert await codes(f"Hello, {text}, thanks", made(book)) >= {BLOCKED}


async def test_free_mail_is_known_by_its_address() -> None:
    """Everybody has the same domain there."""
    book = Book({"eve@gmail.com": {USUAL: steady()}})
    assert ACCOUNT in await codes(PLAIN, made(book), sender="Eve <Eve@gmail.com>")
    assert ACCOUNT not in await codes(PLAIN, made(book), sender="Bob <bob@gmail.com>")


async def test_what_is_blocked_is_held_in_every_message() -> None:
    """An account or a sender, quoted ones and our own mail too."""
    book = Book()
    book.bad = {OTHER}
    quoted = "I do not understand.\n\nOn Monday Eve wrote:\n> pay 11-22-33 87654321\n"
    assert BLOCKED in await codes(quoted, made(book), subject="Re: x", direction="out", to=EVE)
    book.bad = {EVE}
    assert await codes("Hello", made(book)) == {BLOCKED}


async def learned(book: Book, text: str, action: str = "relay", **keys: Any) -> list[tuple[str, frozenset[Account]]]:
    mail = about(text, **keys)
    await made(book).learn(mail, Outcome({r.address: action for r in mail.envelope.recipients}))
    return book.added


async def test_what_is_handed_on_or_suspect_trains_nothing() -> None:
    """No account becomes a known one by a forwarded mail, by a display name or where findings are only noted."""
    quoted = "Here it is again.\n\n> Please pay to 11-22-33 87654321.\n"
    assert await learned(Book(), quoted, subject="Fwd: Invoice 12", authentication=proven(EVE)) == []
    name = f'"11-22-33 87654321" <{EVE}>'
    assert await learned(Book(), "Pay as usual.", sender=name, authentication=proven(EVE)) == []
    assert await learned(Book(), MOVED, authentication=proven(EVE)) == []
    assert await learned(with_book(usual=steady()), PLAIN, authentication=proven(EVE)) == []


async def test_learning() -> None:
    """Authenticated mail from outside that was relayed; nothing else."""
    assert await learned(Book(), INVOICE, authentication=proven(EVE)) == [("supplier.example", frozenset({USUAL}))]
    assert await learned(Book(), INVOICE) == []
    assert await learned(Book(), INVOICE, action="quarantine", authentication=proven(EVE)) == []
    assert await learned(Book(), "Hello", authentication=proven(EVE)) == []
    assert await learned(Book(), INVOICE, direction="us", authentication=proven(EVE)) == []


async def test_a_message_is_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Accounts are learned from the passages that were searched for the findings."""
    searches: list[object] = []
    monkeypatch.setattr(
        filter_module, "searched_passages", lambda *given: searches.append(given) or searched_passages(*given)
    )
    book, mail = Book(), about(INVOICE, authentication=proven(EVE))
    payment_change = made(book)
    await payment_change.check(mail)
    await payment_change.learn(mail, Outcome({r.address: "relay" for r in mail.envelope.recipients}))
    assert book.added
    assert len(searches) == 1


@pytest.mark.parametrize(
    ("first", "then", "told"),
    [
        ("Eve Ellis <eve@supplier.example>", '"Ellis, Eve" <eve@elsewhere.example>', True),
        ("Eve Ellis <eve@supplier.example>", "Eve Ellis <other@mail.supplier.example>", False),
        ("Eve Ellis <eve@supplier.example>", "Ken Ellis <ken@elsewhere.example>", False),
        ("Accounts <eve@supplier.example>", "Accounts <ar@elsewhere.example>", False),
        ("Eve Ellis <eve@gmail.com>", "Eve Ellis <eve.ellis@gmail.com>", True),
    ],
)
async def test_a_known_name_at_another_address(first: str, then: str, told: bool) -> None:
    """Names of proven mail are remembered, with their organisation; a single word is no name."""
    known = Known()
    author = first.partition("<")[2].rstrip(">")
    mail = about("Hello", sender=first, authentication=proven(author))
    await made(None, known).learn(mail, Outcome({r.address: "relay" for r in mail.envelope.recipients}))
    assert ("known_name" in await weights(known=known, sender=then)) is told


@pytest.mark.parametrize("number", ["11-22-33 8765432l", "1I-22-33 87654321"])
async def test_an_account_with_letters_for_digits(number: str) -> None:
    """They look the same to whoever pays."""
    assert (await made().payee(about(f"Please use {number} from now on"))).accounts == {OTHER}


async def test_the_payee() -> None:
    """The payee is verified with a release, or blocked after a fraud; an address of ours is never part of it."""
    payee = await made().payee(about(MOVED, sender=f"Ann <{AP}>", Reply_To=EVE))
    assert payee.accounts == {OTHER}
    assert AP not in payee.senders
    assert EVE in payee.senders


# --- the sender ------------------------------------------------------------------------------------------------------


async def weights(text: str = MOVED, known: Known | None = None, **keys: Any) -> dict[str, float]:
    mail = about(text, **keys)
    identity = made(None, known)._identity
    return {one.name: one.weight for one in await identity.signals(mail)}


async def test_who() -> None:
    """Each sign has its name and its weight from the YAML."""
    assert await weights() == {"first_contact": 1}
    assert await weights(known=Known((ANYONE, EVE))) == {}
    assert "our_name" in await weights(sender="Ann Archer <ann@elsewhere.example>")
    assert "lookalike" in await weights(sender="Eve <eve@examp1e.co.uk>")
    assert "free_mail" in await weights(sender="Eve <eve@gmail.com>")
    assert "reply_to_elsewhere" in await weights(Reply_To="eve@elsewhere.example")
    assert "reply_to_elsewhere" not in await weights(Reply_To="eve@mail.supplier.example")
    assert "strange_thread" in await weights(In_Reply_To="<1@example.co.uk>")
    assert "strange_thread" not in await weights(known=Known((ANYONE, EVE)), In_Reply_To="<1@example.co.uk>")
    failed = Authentication(verified=True, dmarc=Dmarc("fail", "reject", "supplier.example"))
    assert "failed_authentication" in await weights(authentication=failed)
    assert "unauthenticated" in await weights(authentication=Authentication(verified=True))
    assert "unauthenticated" not in await weights(authentication=proven(EVE))


async def test_signs_of_the_sender_hold_nothing_alone() -> None:
    """Signals about the sender have no words to add to."""
    assert await codes("See you at lunch.", sender="Ann Archer <ann@examp1e.co.uk>", Reply_To="a@b.example") == set()


async def test_registered() -> None:
    """The YAML names the filter so; its clause is the policy's."""
    assert FILTERS["payment_change"] is PaymentChange
    assert {one.clause for one in PaymentChange.codes.values()} == {"payments.changes"}


async def test_a_finding_is_for_those_whom_it_concerns() -> None:
    """Inward recipients get one, outward ones another."""
    both = mail(f"in:{AP}", f"out:{EVE}", raw=letter(MOVED))
    found: list[Finding] = list(await made().check(both))
    assert {one.code: one.recipients for one in found} == {
        WORDING: frozenset({AP}),
        ANNOUNCEMENT: frozenset({EVE}),
    }


@pytest.mark.parametrize(
    "own",
    ["Please see below and action.", "FYI, please update.", "As below.", "See new details below.", "Hello Ann,"],
)
@pytest.mark.parametrize(
    "quotation",
    [
        "> We have changed bank.\n> Please use our new account from now on: 11-22-33 87654321.\n",
        "-----Original Message-----\nFrom: Eve\nSent: 2 March 2026\nTo: AP\nSubject: bank\n\n{moved}\n",
        "On Mon, 2 Mar 2026 at 09:14, Eve <eve@supplier.example> wrote:\n> {moved}\n",
    ],
)
async def test_a_quotation_that_is_pointed_at_is_heard(own: str, quotation: str) -> None:
    """The words point at the quotation and ask for something to be done, or there are hardly any others."""
    assert await codes(f"{own}\n\n{quotation.format(moved=MOVED)}", subject="Re: x") == {WORDING}


async def test_words_in_quotation_marks_that_are_pointed_at_are_heard() -> None:
    """They are somebody's words otherwise."""
    quoted = f'"{MOVED}"'
    assert await codes(f"Please note the following from our treasury and apply it today: {quoted}") == {WORDING}


@pytest.mark.parametrize(
    "own",
    [
        "Thanks, noted.",
        "My answers are below in red.",
        "The message below is a scam. Please see below and do not act on it.",
        "I will pass the mail below on to Marie.",
    ],
)
async def test_an_answer_or_a_warning_hands_nothing_on(own: str) -> None:
    """Whatever it quotes."""
    assert await codes(f"{own}\n\n> {MOVED}\n", subject="Re: x") == set()


async def test_a_search_without_time_hears_the_letter_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """The letter and the words for a change are searched in any case; what was left out is on record, and why."""
    monkeypatch.setattr(filter_module, "Effort", partial(Effort, seconds=0))
    monkeypatch.setattr(filter_module, "MAX_INLINE_CHARACTERS", 0)
    found = {one.code: one for one in await made().check(composed(text=MOVED))}
    assert set(found) == {WORDING, UNREAD}
    assert [one.what for one in found[UNREAD].evidence] == ["time"]


async def test_attachments_are_searched_as_long_as_there_is_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attachments that stand before the letter take none of the letter's time."""
    message = composed(attachment=MOVED, text="Lunch at noon.").message
    attached_first = sorted(message.view.passages, key=lambda one: one.kind != "attachment")
    message.__dict__["view"] = TextView(tuple(attached_first))
    effort = Effort(TimeSlices(), seconds=0)
    searched = searched_passages(message, compiled(), effort)
    kinds = {one.passage.kind for one in searched.reads}
    assert "new" in kinds
    assert "attachment" not in kinds
    assert not effort.complete


async def test_thousands_of_small_passages_take_no_share_of_the_letter() -> None:
    """A letter above pairs of quotation and answer is read, whatever follows it."""
    pairs = "".join(f"<blockquote type=cite>q{n} aaa</blockquote><p>n{n} bbb</p>" for n in range(3_000))
    about = composed(plain="See below.", html=f"<p>{MOVED}</p>{pairs}")
    found = {one.code: one for one in await made().check(about)}
    assert set(found) == {WORDING, UNREAD}
    (evidence,) = found[UNREAD].evidence
    assert f"characters, of which {MAX_CHARACTERS:,} are read at most" in evidence.quote


async def test_masked_numbers_by_the_thousand_hide_no_words() -> None:
    """A letter below them, and one above attachments full of them, are heard."""
    masked = "**12 " * 5_000
    assert WORDING in await codes(f"{MOVED}\n{masked}\n-- \nEve")
    folded = "é b4nk  b a n k \u202eabc\u202c\n" + "**12 " * 2_500
    assert WORDING in {one.code for one in await made().check(composed(text=MOVED, attachment=folded))}


# --- the language model ----------------------------------------------------------------------------------------------

HINT = "Rent is due. See you on Monday."


async def test_the_model_is_asked_where_words_say_something_for_a_change() -> None:
    """A letter about nothing of the kind costs no reading; the model hears how much weight is missing."""
    model = ScriptedModel()
    assert await codes("See you on Monday.", made(model=model)) == set()
    assert model.asked == []
    assert await codes(HINT, made(model=model)) == set()
    ((rule, needed),) = model.asked
    assert rule == "payment_change"
    assert 0 < needed < shipped().rules.thresholds.wording


async def test_the_model_is_not_asked_where_the_words_settle_it() -> None:
    """A hint at money beside much that speaks against a change leaves no doubt."""
    model = ScriptedModel()
    settled = "Our bank details have not changed: pay as usual to the same account as before."
    newsletter = "Nothing else changes. Unsubscribe from this newsletter at any time."
    assert await codes(f"{HINT} {settled} {newsletter}", made(model=model)) == set()
    assert model.asked == []


async def test_the_model_adds_its_weight_and_shows_its_sentences() -> None:
    """With the words it reaches the sum; a reviewer sees what it read."""
    model = ScriptedModel(Reading(9, (("Rent is due.", 6.0),)))
    (finding,) = await made(model=model).check(about(HINT))
    assert finding.code == "payment_change.wording"
    (shown,) = [one for one in finding.evidence if one.what == "language_model"]
    assert (shown.weight, shown.quote) == (9, "A model trained on labelled mails weighs in: Rent is due.")


async def test_the_model_lets_a_small_sum_pass_and_no_plain_change() -> None:
    """A wording that says by itself that the account changes holds the mail, whatever the model says."""
    model = ScriptedModel(Reading(-10))
    assert await codes("Our bank has changed, please pay into the new account.", made(model=model))
    assert WORDING not in await codes("We have a new account from next month.", made(model=model))


async def test_a_plain_redirection_outweighs_the_model() -> None:
    """The shipped model takes 7.8 from this line."""
    text = "Please redirect your standing order to the account named in the notice."
    assert await codes(text, made(model=ScriptedModel(Reading(-7.8)))) == {WORDING}
    ours = "Thanks, we will divert the post to the account manager. Our standing order stays as it is."
    assert await codes(ours) == set()


# --- announcements ---------------------------------------------------------------------------------------------------

WARNING = "Fraudsters pretend to be us. Always telephone before you change anything."
NEVER = "We will never change our bank details by email. Our policy is to verify every change by telephone."
NEW_NUMBER = "Our bank details have changed. Please pay to 11-22-33 87654321."
NO_NUMBER = "Our bank details have changed. The new ones are below."


@pytest.mark.parametrize("model", [None, Reading(-10)])
@pytest.mark.parametrize("announcement", [NEW_NUMBER, "Please pay invoice 12 to our new account 11-22-33 87654321."])
async def test_a_warning_takes_nothing_away_from_a_new_account(announcement: str, model: Reading | None) -> None:
    """Wherever the warning stands, and whatever the model makes of it."""
    for text in (f"{announcement}\n\n{WARNING}", f"{WARNING}\n\n{announcement}\n\n{NEVER}"):
        assert await codes(text, made(model=ScriptedModel(model)), subject="Phishing awareness") == {WORDING}
    assert await codes(f"{announcement}\n\n{WARNING}", direction="out", to=EVE) == {ANNOUNCEMENT}


@pytest.mark.parametrize(
    "text",
    [
        f'"Our bank details have changed." Please pay to 11-22-33 87654321. {WARNING}',
        f"For example invoice 12: {NEW_NUMBER} {WARNING}",
        "Unsere Kontonummer lautet jetzt DE89 3704 0044 0532 0130 00. Vorsicht vor Betrug.",
        "Notre RIB change : FR14 2004 1010 0505 0001 3M02 606. Attention aux fraudes. T\u00e9l\u00e9phonez toujours.",
        "Nuestras cuentas han cambiado. Pague a ES91 2100 0418 4502 0005 1332. Cuidado con el fraude.",
        "Le nostre coordinate bancarie sono cambiate. IBAN: IT60 X054 2811 1010 0000 0123 456. Attenzione alle truffe.",
        "Ons bankrekeningnummer verandert naar NL91 ABNA 0417 1643 00. Pas op voor fraude.",
        "Zmienili\u015bmy numer konta na PL61 1090 1014 0000 0712 1981 2874. Uwaga na oszust\u00f3w.",
    ],
)
async def test_announcements_in_other_words(text: str) -> None:
    """Half of them quoted, as an example, in other languages; a model that speaks against them changes nothing."""
    assert await codes(text, made(model=ScriptedModel(Reading(-10)))) == {WORDING}


@pytest.mark.parametrize(
    ("reading", "held"),
    [
        (None, False),
        (Reading(-10), False),
        (Reading(-10, alone=11.9), False),
        (Reading(-10, alone=12), True),
        (Reading(2.9), False),
        (Reading(3), True),
    ],
)
async def test_the_model_may_second_an_announcement_without_a_number(reading: Reading | None, held: bool) -> None:
    """It speaks for a change after all, or does so of the sentence that announces it, read alone."""
    text = f"{WARNING}\n\nPlease redirect your standing order to the account named in the notice.\n\n{NEVER}"
    assert (WORDING in await codes(text, made(model=ScriptedModel(reading)))) is held


@pytest.mark.parametrize("reading", [None, Reading(-10), Reading(-10, alone=0)])
@pytest.mark.parametrize(
    "text",
    [
        f"{WARNING}\n\n{NO_NUMBER}\n\n{NEVER}",
        "We moved our account to another bank last week; new details attached.\n\nFraud warning: telephone us first.",
        "Unsere Bankverbindung hat sich ge\u00e4ndert, die neue liegt bei.\n\nAchtung, Betr\u00fcger sind unterwegs.",
        "Nous avons chang\u00e9 de banque, le RIB est joint.\n\nAttention aux fraudes : v\u00e9rifiez toujours.",
    ],
)
async def test_a_warning_takes_nothing_from_a_change_that_is_stated(text: str, reading: Reading | None) -> None:
    """Without a number too, and whatever the model makes of the whole text."""
    assert await codes(text, made(model=ScriptedModel(reading))) == {WORDING}


async def test_the_model_may_speak_against_the_statement_itself() -> None:
    """Then the warnings count."""
    model = ScriptedModel(Reading(-10, alone=-0.1))
    assert await codes(f"{NO_NUMBER}\n\n{WARNING}", made(model=model)) == set()


async def test_the_model_reads_the_announcing_sentences_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The heaviest first, however much is said against a change."""
    model, heard = ScriptedModel(), list[Sequence[str]]()
    monkeypatch.setattr(model, "read", AsyncMock(side_effect=lambda *given: heard.append(given[3].sentences)))
    calming = "It is our policy. Nothing else changes. Our invoices, terms, prices and login stay the same as always."
    await codes(f"{WARNING} {NEVER} {calming}\n\nPlease pay to our new account. {NO_NUMBER}", made(model=model))
    assert heard == [["our bank details have changed", "please pay to our new account"]]


@pytest.mark.parametrize(
    "text",
    [
        f"Criminals write: we have changed our bank, please pay to our new account. {WARNING}",
        f'A typical mail: "{NEW_NUMBER}" Report it to IT. {WARNING}',
        f'The usual messages say that our bank details have changed. "{NEW_NUMBER}" {WARNING}',
        f"Examples of fraud emails:\n- Please pay to our new account.\nReport them. {WARNING}",
        f"The account 11-22-33 87654321 was named in a fraudulent email. Do not pay into it. {WARNING}",
        f"Our bank details have not changed: 20-30-40 12345678. {WARNING}",
        "Nuestra cuenta no cambia: ES91 2100 0418 4502 0005 1332. Cuidado con el fraude.",
        "Ons rekeningnummer verandert niet: NL91 ABNA 0417 1643 00. Pas op voor fraude.",
        f"A mail went out in our name that says that our bank details have changed. They have not. {WARNING}",
        f"If a supplier tells you that its bank details have changed, call it before you pay. {WARNING}",
        f"Please pay invoice 12 to 20-30-40 12345678. {WARNING} {NEVER}",
        NEVER,
    ],
)
async def test_a_warning_that_announces_nothing_passes(text: str) -> None:
    """It quotes, names an account in a sentence that warns itself, or has the usual one; a model that agrees is no
    reason."""
    assert await codes(text, subject="Fraud warning") == set()
    assert await codes(text, made(model=ScriptedModel(Reading(-10, alone=20))), subject="Fraud warning") == set()


async def test_the_usual_account_announces_nothing() -> None:
    """A different one does."""
    text = f"From now on please pay invoices to our new account 20-30-40 12345678.\n\n{WARNING}\n\n{NEVER}"
    assert await codes(text, made(with_book(usual=steady()))) == set()
    assert WORDING in await codes(text, made(with_book(third=steady())))


async def test_an_announcement_shows_its_sentence() -> None:
    """With the sum of that sentence, and no warning beside it."""
    (finding,) = await made().check(about(f"{NEW_NUMBER}\n\n{WARNING}"))
    first, *others = finding.evidence
    assert (first.what, first.quote) == ("sum", "a sentence announces a change; held from 10 on, whatever else is said")
    assert {one.what for one in others} >= {"we_changed"}
    assert "fraud_warning" not in {one.what for one in others}
