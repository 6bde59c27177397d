"""The ledger's keys: keyed hashes, so that the store alone names no account and no address.

An account's hash is made together with its counterparty's: nobody can see that two counterparties share an account.
"""

from __future__ import annotations

import hmac

from gateway.contract import Account
from gateway.message.header.addresses import address_key, domain_key

#: Octets of a hash, as those of correspondents.
KEY_BYTES = 16
#: Hexadecimal digits by which a person tells one row from another.
HANDLE_DIGITS = 8
#: Characters of a British IBAN before sort code and account number: country, check digits, bank.
_BRITISH_IBAN_PREFIX = 8


class LedgerKeys:
    """Maker of the hashes, keyed by `secret`: with another secret no account is known, and none blocked."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def counterparty(self, name: str) -> bytes:
        return self._hash("counterparty", _compared(name.removeprefix("@")))

    def account(self, counterparty: str, account: Account) -> bytes:
        return self.account_of(self.counterparty(counterparty), account)

    def account_of(self, owner: bytes, account: Account) -> bytes:
        """Return the account's hash by the counterparty's hash.

        The holder of the secret can so find out which of all counterparties has this account.
        """
        return self._hash("account", owner.hex(), *_identity(account))

    def blocked(self, one: Account | str) -> bytes:
        """Return the key for a block of an account, an address, or a domain as `@domain`."""
        if isinstance(one, Account):
            return self._hash("blocked", *_identity(one))
        return self._hash("sender", _compared(one))

    def _hash(self, *words: str) -> bytes:
        text = "\0".join(words).encode("utf-8", "surrogatepass")
        return hmac.digest(self._secret, text, "sha256")[:KEY_BYTES]


def handle(key: bytes) -> str:
    """Return the key's short name, which tells nothing to anybody without the secret."""
    return key.hex()[:HANDLE_DIGITS]


def _compared(name: str) -> str:
    """Return an address, a domain, or `@domain` in the form for comparison."""
    return address_key(name) if "@" in name else domain_key(name)


def _identity(account: Account) -> tuple[str, str]:
    """Return what identifies an account. A British one is the same as an IBAN and as sort code and number."""
    if account.kind == "iban" and account.number.startswith("GB"):
        return "uk", account.number[_BRITISH_IBAN_PREFIX:]
    return account.kind, account.number
