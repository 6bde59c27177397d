"""Arguments of the payment commands: read, or refused with a sentence."""

from __future__ import annotations

import pytest

from filters.payment_change.arguments import OTHER, PaymentNames, Unreadable, read_account, read_sender
from gateway.contract import Account
from gateway.directory.lookup import ConfiguredDirectory
from gateway.matching import ACCOUNT_CHARACTERS, Counterparties

NAMES = PaymentNames(Counterparties(["freemail.example"]), ConfiguredDirectory((), {}, ["example.co.uk"]))
IBAN = Account("iban", "DE89370400440532013000")


@pytest.mark.parametrize(
    ("text", "account"),
    [
        ("DE89 3704 0044 0532 0130 00", IBAN),
        (f"{OTHER}12-345 678", Account("other", "12345678")),
        (f"{OTHER}12345", Account("other", "12345")),
        (f"{OTHER}{'1' * 64}", Account("other", "1" * 64)),
    ],
)
def test_an_account_is_read(text: str, account: Account) -> None:
    assert read_account(text) == account


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("DE89 3704 0044 0532 0130 01", "with the right check digits"),
        ("DEUTDEFF", "names a bank, not an account"),
        (f"{OTHER}1234", "has no number of 5 to 64 characters"),
        (f"{OTHER}{'1' * 65}", "has no number of 5 to 64 characters"),
        (f"{OTHER}abcdef", "has no number"),
        ("1" * (ACCOUNT_CHARACTERS + 1), "is too long for an account"),
    ],
)
def test_anything_else_is_no_account(text: str, sentence: str) -> None:
    with pytest.raises(Unreadable, match=sentence):
        read_account(text)


@pytest.mark.parametrize(
    ("text", "sender"),
    [
        ("AP@Supplier.Example", "ap@supplier.example"),
        ("@supplier.example", "@supplier.example"),
        ("ap@b\u00fccher.example", "ap@xn--bcher-kva.example"),
        ("DE89370400440532013000", IBAN),
    ],
)
def test_a_sender_is_read(text: str, sender: Account | str) -> None:
    """An account is one too."""
    assert read_sender(text) == sender


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Mail.Supplier.Example", "supplier.example"),
        ("ap@mail.supplier.example", "supplier.example"),
        ("Joe@FreeMail.example", "joe@freemail.example"),
        ("freemail.example", "freemail.example"),
    ],
)
def test_a_counterparty_is_named_as_the_ledger_is_asked_for_it(text: str, name: str) -> None:
    """A business by its organisational domain, in free mail a person by the address."""
    assert NAMES.counterparty(text) == name


def test_an_address_that_is_typed_stays_an_address() -> None:
    assert NAMES.typed("AP@supplier.example") == "ap@supplier.example"
    assert NAMES.typed("mail.supplier.example") == "supplier.example"


@pytest.mark.parametrize("text", ["nowhere", "", "ap@", "a b.example"])
def test_a_counterparty_has_a_domain(text: str) -> None:
    with pytest.raises(Unreadable, match="is neither a domain nor an address"):
        NAMES.counterparty(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("example.co.uk", "is ours: the ledger has the accounts of others"),
        ("bob@mail.example.co.uk", "is ours"),
        ("co.uk", "is a public suffix"),
        ("freemail.example", "is free mail"),
    ],
)
def test_a_counterparty_that_the_ledger_is_never_asked_for_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(Unreadable, match=sentence):
        NAMES.new_counterparty(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("@example.co.uk", "is ours: mail of our own people is not blocked"),
        ("@co.uk", "is a public suffix"),
        (f"{OTHER}123456", "would not be recognised in mail"),
        (f"{OTHER}{'1' * 18}", "would not be recognised in mail"),
    ],
)
def test_a_block_that_would_do_nothing_or_harm_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(Unreadable, match=sentence):
        NAMES.blocked(text)


@pytest.mark.parametrize("digits", [7, 17])
def test_an_account_for_which_mail_is_searched_is_blocked(digits: int) -> None:
    assert NAMES.blocked(f"{OTHER}{'1' * digits}") == Account("other", "1" * digits)
