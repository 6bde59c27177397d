"""What people type in about payments, read: an account by its checksum, a counterparty, a sender.

A counterparty is what the ledger is asked for: the organisational domain, of free mail the address. What would be kept
and never asked for, or would stop our own mail, is refused with a sentence.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Protocol

from gateway.contract import Account, parse_account
from gateway.matching.accounts import MAX_CHARACTERS
from gateway.message.header.addresses import ascii_domain
from gateway.operations.operation import Refused
from gateway.smtp.path import split_address
from gateway.understand.authentication.domains import is_public_suffix, organisation

#: For accounts of other countries, which have no checksum that we know: `other:12345678`.
OTHER = "other:"
#: Of an account of another kind: the shortest that a country has, and twice the longest.
OTHER_CHARACTERS = range(5, 65)
#: ... and as mail is searched for it, behind a word for an account: digits in one piece, without the bank's code.
SEARCHED_DIGITS = range(7, 18)

_KINDS = "an IBAN, a UK sort code and account number, a US routing number and account number, a wallet's address"


class Unreadable(Refused):
    """What was typed in names no account, counterparty or sender."""


class Counterparties(Protocol):
    """Under what the ledger keeps the accounts of an address: `gateway.matching.counterparties`."""

    def __call__(self, address: str) -> str: ...

    def is_free(self, domain: str) -> bool: ...


def read_account(text: str) -> Account:
    """Raises Unreadable: a digit is wrong, or it is of a kind that has to be written as `other:`."""
    if len(text) > MAX_CHARACTERS:
        raise Unreadable(f"{text[:20]!r}… is too long for an account")
    if text.lower().startswith(OTHER):
        number = "".join(c for c in text[len(OTHER) :].upper() if c.isalnum())
        if len(number) not in OTHER_CHARACTERS or not any(c.isdigit() for c in number):
            raise Unreadable(f"{text!r} has no number of {OTHER_CHARACTERS[0]} to {OTHER_CHARACTERS[-1]} characters")
        return Account("other", number)
    found = parse_account(text)
    if found is None:
        raise Unreadable(f"{text!r} is not {_KINDS} with the right check digits; {OTHER}NUMBER is taken as it is")
    if found.kind == "bic":
        raise Unreadable(f"{text!r} is a BIC: it names a bank, not an account")
    return found


def read_sender(text: str) -> Account | str:
    """An account, an address, or all of a domain as `@domain`, whatever is to be done with it. Raises Unreadable."""
    local, at, domain = text.strip().lower().rpartition("@")
    if not at:
        return read_account(text)
    name = ascii_domain(domain)
    if not name:
        raise Unreadable(f"{text!r} is no address: `@example.org` is all of a domain")
    return f"{local}@{name}"


@dataclass(frozen=True, slots=True)
class PaymentNames:
    counterparties: Counterparties
    ours: Container[str]  # domains

    def counterparty(self, text: str) -> str:
        """As the ledger keeps it. Raises Unreadable."""
        local, name = _parted(text)
        return self.counterparties(f"{local}@{name}") if local else self._organisation(name)

    def typed(self, text: str) -> str:
        """A domain as the ledger keeps it, and an address as itself, though the ledger may never be asked for it."""
        local, name = _parted(text)
        return f"{local}@{name}" if local else self._organisation(name)

    def new_counterparty(self, text: str) -> str:
        """One whose accounts are entered. Raises Unreadable where the ledger would never be asked for it."""
        local, domain = _parted(text)
        name = self.counterparty(text)
        if self._is_ours(domain):
            raise Unreadable(f"{text!r} is ours: the ledger has the accounts of others")
        if is_public_suffix(domain):
            raise Unreadable(f"{text!r} is a public suffix, under which anybody has a domain: name the domain")
        if not local and self.counterparties.is_free(domain):
            raise Unreadable(f"{text!r} is free mail, where anybody has an address: name the address")
        return name

    def blocked(self, text: str) -> Account | str:
        """What is to be blocked. Raises Unreadable where that would stop our own mail, or nothing."""
        one = read_sender(text)
        if isinstance(one, Account):
            return _searched(text, one)
        domain = one.rpartition("@")[2]
        if self._is_ours(domain):
            raise Unreadable(f"{text!r} is ours: mail of our own people is not blocked")
        if is_public_suffix(domain):
            raise Unreadable(f"{text!r} is a public suffix: a block is for one domain, not for those under it")
        return one

    def _organisation(self, name: str) -> str:
        return organisation(name) if self.counterparties.is_free(name) else self.counterparties(f"x@{name}")

    def _is_ours(self, domain: str) -> bool:
        return domain in self.ours or organisation(domain) in self.ours


def _parted(text: str) -> tuple[str, str]:
    """Local part, "" of a domain, and domain."""
    local, domain = split_address(text.strip().lower()) if "@" in text else ("", text.strip().lower())
    name = ascii_domain(domain)
    if not name:
        raise Unreadable(f"{text!r} is neither a domain nor an address")
    return local, name


def _searched(text: str, account: Account) -> Account:
    """Of other kinds mail is searched for one notation alone: a block of another would say so and do nothing."""
    number = text.strip()[len(OTHER) :].strip()
    if account.kind != "other" or (number.isdecimal() and number.isascii() and len(number) in SEARCHED_DIGITS):
        return account
    least, most = SEARCHED_DIGITS[0], SEARCHED_DIGITS[-1]
    raise Unreadable(
        f"{text!r} would not be recognised in mail: that is {_KINDS}, or {OTHER}NUMBER with {least} to {most} digits, "
        "the account number as it stands behind such a word, without bank code or branch"
    )
