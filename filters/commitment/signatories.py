"""The people who may bind the organisation, and the amounts up to which they may. Pure, besides the directory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from fnmatch import fnmatchcase

from filters.commitment.amounts import UNKNOWN, Amount
from filters.commitment.settings import Signatory
from gateway.contract import Directory, Mail
from gateway.message import address_key


class Signatories:
    """The entries of `signatories`; the first that fits decides."""

    def __init__(self, entries: Sequence[Signatory], directory: Directory) -> None:
        self._entries = [(one, one.limits) for one in entries]
        self._directory = directory

    def limits(self, mail: Mail, recipients: Iterable[str]) -> Mapping[str, Mapping[str, Decimal] | None]:
        """Return for each recipient the limits of the sender: empty for any amount, None where no entry fits."""
        groups = self._groups(mail)
        return {one: self._limits(groups, address_key(one)) for one in recipients}

    def _limits(self, groups: Collection[str], recipient: str) -> Mapping[str, Decimal] | None:
        for entry, limits in self._entries:
            towards = not entry.counterparties or any(fnmatchcase(recipient, one) for one in entry.counterparties)
            if entry.group in groups and towards:
                return limits
        return None

    def _groups(self, mail: Mail) -> Collection[str]:
        """Return the groups of the sender.

        They are those that the reverse-path and the addresses of `From:` share: an assistant who writes in a
        signatory's name must be in the group too.
        """
        senders = {mail.envelope.mail_from, *mail.sender.addresses}
        return frozenset.intersection(*(frozenset(self._directory.groups(one)) for one in senders))


def exceeding(amounts: Mapping[str, Amount], limits: Mapping[str, Decimal]) -> list[Amount]:
    """Return the amounts that are over the limits.

    Every amount in a currency without a limit is over it. An amount of which the currency isn't named has the lowest
    limit of all.
    """
    bounds = {UNKNOWN: min(limits.values()), **limits} if limits else {}
    return [one for currency, one in amounts.items() if currency not in bounds or one.value > bounds[currency]]
