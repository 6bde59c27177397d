"""Arguments of the payment commands: an account with its checksum, a counterparty, a sender.

A counterparty is named as the ledger is asked for it: by its organisational domain, in free mail by the address. An
argument is refused with a sentence if the ledger would never be asked for it, or if it would stop our own mail.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.contract import Account, Directory, Refused, parse_account
from gateway.matching import ACCOUNT_CHARACTERS, Counterparties, is_public_suffix, organisation
from gateway.message import ascii_domain

#: Prefix of accounts of other countries, which have no checksum that we know: `other:12345678`.
OTHER = "other:"
#: Characters of such an account: from the shortest that a country has to twice the longest.
OTHER_CHARACTERS = range(5, 65)
#: Digits of such an account for which mail is searched: in one piece behind a word for an account, without the bank's
#: code.
SEARCHED_DIGITS = range(7, 18)

_KINDS = "an IBAN, a UK sort code and account number, a US routing number and account number, a wallet's address"


class Unreadable(Refused):
    """The argument names no account, counterparty or sender."""


def read_account(text: str) -> Account:
    """Return the account of a text.

    Raises Unreadable for any other text: a digit is wrong, or the account is of a kind that is written as `other:`.
    """
    if len(text) > ACCOUNT_CHARACTERS:
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
    """Return the account, the address, or all of a domain as `@domain`, for any command. Raises Unreadable."""
    local, at, domain = text.strip().lower().rpartition("@")
    if not at:
        return read_account(text)
    name = ascii_domain(domain)
    if not name:
        raise Unreadable(f"{text!r} is no address: `@example.org` means a whole domain")
    return f"{local}@{name}"


@dataclass(frozen=True, slots=True)
class PaymentNames:
    """Counterparties and senders as the ledger names them; those of our own domains are refused."""

    counterparties: Counterparties
    directory: Directory

    def counterparty(self, text: str) -> str:
        """Return a counterparty as the ledger keeps it. Raises Unreadable."""
        local, name = _parted(text)
        return self.counterparties(f"{local}@{name}") if local else self._organisation(name)

    def typed(self, text: str) -> str:
        """Return a domain as the ledger keeps it, and an address as it is. Raises Unreadable.

        The ledger may never be asked for such an address.
        """
        local, name = _parted(text)
        return f"{local}@{name}" if local else self._organisation(name)

    def new_counterparty(self, text: str) -> str:
        """Return a counterparty whose accounts are entered. Raises Unreadable if the ledger is never asked for it."""
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
        """Return the account, address or domain to block. Raises Unreadable if that would stop our mail, or nothing."""
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
        return self.directory.is_ours(f"@{domain}") or self.directory.is_ours(f"@{organisation(domain)}")


def _parted(text: str) -> tuple[str, str]:
    """Return the local part, "" for a domain alone, and the domain. Raises Unreadable."""
    local, _, domain = text.strip().lower().rpartition("@")
    name = ascii_domain(domain)
    if not name:
        raise Unreadable(f"{text!r} is neither a domain nor an address")
    return local, name


def _searched(text: str, account: Account) -> Account:
    """Return the account if mail is searched for it. Raises Unreadable for others: a block would do nothing.

    For accounts with the prefix `other:` mail is searched in one notation alone.
    """
    number = text.strip()[len(OTHER) :].strip()
    if account.kind != "other" or (number.isdecimal() and number.isascii() and len(number) in SEARCHED_DIGITS):
        return account
    least, most = SEARCHED_DIGITS[0], SEARCHED_DIGITS[-1]
    raise Unreadable(
        f"{text!r} would not be recognised in mail: that is {_KINDS}, or {OTHER}NUMBER with {least} to {most} digits, "
        "the account number as it stands behind such a word, without bank code or branch"
    )
