"""What the ledger is kept under: keyed hashes, so that the store alone names no account and no address.

An account's hash is made together with its counterparty's: nobody can see that two of them have one account.
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
    """`secret` keys the hashes: with another one nothing is known, and nothing blocked."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def counterparty(self, name: str) -> bytes:
        return self._hash("counterparty", _compared(name.removeprefix("@")))

    def account(self, counterparty: str, account: Account) -> bytes:
        return self.account_of(self.counterparty(counterparty), account)

    def account_of(self, owner: bytes, account: Account) -> bytes:
        """By the counterparty's hash: whoever has the key can ask, of all counterparties, who has this account."""
        return self._hash("account", owner.hex(), *_identity(account))

    def blocked(self, one: Account | str) -> bytes:
        """Of an account, an address, or a domain as `@domain`."""
        if isinstance(one, Account):
            return self._hash("blocked", *_identity(one))
        return self._hash("sender", _compared(one))

    def _hash(self, *words: str) -> bytes:
        text = "\0".join(words).encode("utf-8", "surrogatepass")
        return hmac.digest(self._secret, text, "sha256")[:KEY_BYTES]


def handle(key: bytes) -> str:
    """Tells nothing to who hasn't the key."""
    return key.hex()[:HANDLE_DIGITS]


def _compared(name: str) -> str:
    """An address, a domain, or `@domain`."""
    return address_key(name) if "@" in name else domain_key(name)


def _identity(account: Account) -> tuple[str, str]:
    """A British account is the same whether it is written as an IBAN or as sort code and number."""
    if account.kind == "iban" and account.number.startswith("GB"):
        return "uk", account.number[_BRITISH_IBAN_PREFIX:]
    return account.kind, account.number
