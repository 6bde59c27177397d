"""The accounts that a held message names, each with a handle by which a person chooses among them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from gateway.contract import Account, AccountKind

#: The word that stands for every account in the message.
ALL = "all"

#: The ledger's knowledge of an account: about the message's own sender, or about somebody else.
Known = Literal["new", "seen", "steady", "verified", "relied on by others"]


class AmbiguousAccount(LookupError):
    """Several accounts could be meant; the text lists the handles."""


@dataclass(frozen=True, slots=True)
class AccountHandle:
    """An account as a command may print it, without its number."""

    handle: str  # as for a block: made of the account alone, whoever its owner is
    kind: AccountKind


@dataclass(frozen=True, slots=True)
class OfferedAccount:
    account: Account
    handle: str
    known: Known = "new"
    blocked: bool = False

    @property
    def is_strange(self) -> bool:
        """Return whether nobody relies on the account."""
        return self.known in ("new", "seen")

    @property
    def named(self) -> AccountHandle:
        return AccountHandle(self.handle, self.account.kind)

    def __str__(self) -> str:
        return f"{self.handle} ({self.account.kind}, {self.known}{', blocked' if self.blocked else ''})"


def chosen(
    offers: Sequence[OfferedAccount], handles: Collection[str], strange: Sequence[OfferedAccount]
) -> Sequence[OfferedAccount]:
    """Return the accounts of these handles, or all; without handles the only strange one, if there is only one.

    Raises AmbiguousAccount where several could be meant, or where a handle is unknown.
    """
    if not handles:
        if len(strange) > 1:
            raise AmbiguousAccount(f"it names several accounts: say which one you mean by {_how(offers)}")
        return strange
    if ALL in handles:
        return offers
    unknown = sorted(set(handles) - {one.handle for one in offers})
    if unknown:
        raise AmbiguousAccount(
            f"it names no account {', '.join(unknown)}: {_how(offers) if offers else 'it names none'}"
        )
    return [one for one in offers if one.handle in handles]


def _how(offers: Iterable[OfferedAccount]) -> str:
    listed = ", ".join(map(str, offers))
    return (
        f"--account HANDLE (more than once for more), or --account {ALL}. {listed}; `quarantine show` has the numbers"
    )
