"""The brake on guessing: failed logins are counted by client, by login and by both, and delayed, then refused.

One worker counts for itself, in bounded memory. It counts alike whether or not a login exists.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass

from gateway.contract import Clock

#: Seconds from a failed attempt to its reply. Each further failure of the same client or login doubles them, to the
#: most. The first ones hide how long the check took.
FIRST_DELAY_SECONDS = 2.0
MOST_DELAY_SECONDS = 16.0
#: Failures within the time after which more attempts are refused: of one client on one login (a device with an old
#: password tries for ever), of one client on any logins (a NAT may have many people behind it), and of all clients on
#: one login, except for clients that have proven it before (strangers must not lock a person out).
MOST_OF_PAIR = 5
MOST_OF_CLIENT = 30
MOST_OF_LOGIN = 100
#: Seconds without a failure after which all is forgotten, and for which attempts are refused.
FORGET_SECONDS = 15 * 60.0
#: The most clients, logins and pairs that are remembered: some 5 MiB. The longest unused are forgotten first.
MOST_REMEMBERED = 20_000

Key = tuple[str, str]  # client and login; "" = any


@dataclass(slots=True)
class _Count:
    failures: int = 0
    at: float = 0.0  # of the last failure, or of the success
    proven: bool = False  # the client has logged in with this login


class Attempts:
    """The failed logins of one worker."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._counts: OrderedDict[Key, _Count] = OrderedDict()

    def blocked(self, client: str, login: str) -> bool:
        """Return whether an attempt is to be refused without a look at its password."""
        network, name = _network(client), login.lower()
        pair = self._count((network, name))
        return (
            pair.failures >= MOST_OF_PAIR
            or self._count((network, "")).failures >= MOST_OF_CLIENT
            or (self._count(("", name)).failures >= MOST_OF_LOGIN and not pair.proven)
        )

    def begin(self, client: str, login: str) -> None:
        """Count an attempt as failed, until `end` says otherwise: many at the same time gain nothing."""
        for key in _keys(client, login):
            count = self._count(key)
            count.failures += 1
            count.at = self._clock.monotonic()
            self._counts[key] = count
            self._counts.move_to_end(key)
        while len(self._counts) > MOST_REMEMBERED:
            self._counts.popitem(last=False)

    def end(self, client: str, login: str, *, proven: bool) -> None:
        """Take back an attempt that failed for no fault of the client's, or that has proven the login."""
        for key in _keys(client, login):
            count = self._count(key)
            count.failures = max(count.failures - 1, 0)
        if proven:
            pair = self._count(_keys(client, login)[0])
            pair.failures, pair.proven = 0, True

    def delay_seconds(self, client: str, login: str) -> float:
        """Return the time from a failed attempt to its reply."""
        failures = max(self._count(key).failures for key in _keys(client, login)[:2])
        return min(FIRST_DELAY_SECONDS * 2.0 ** min(failures - 1, 10), MOST_DELAY_SECONDS)

    def _count(self, key: Key) -> _Count:
        """Return the count of a key, which may not be remembered; failures of long ago are forgotten."""
        count = self._counts.get(key)
        if count is None:
            return _Count()
        if self._clock.monotonic() - count.at >= FORGET_SECONDS:
            count.failures = 0
        return count


def _keys(client: str, login: str) -> tuple[Key, Key, Key]:
    network, name = _network(client), login.lower()
    return (network, name), (network, ""), ("", name)


def _network(client: str) -> str:
    """Return a client's IPv4 address or IPv6 /64, which one customer has (RFC 6177)."""
    if ":" not in client:
        return client or "unknown"
    return str(ipaddress.ip_network(f"{client.partition('%')[0]}/64", strict=False))
