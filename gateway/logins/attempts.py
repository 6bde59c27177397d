"""The brake on guessing: failed logins are counted by client, by login and by both, and delayed, then refused.

One worker counts for itself, in bounded memory. It counts alike whether or not a login exists.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass, replace

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

Key = tuple[str, ...]  # of a client and a login, of a client, of a login


@dataclass(frozen=True, slots=True)
class _Count:
    """The failures of a client, of a login, or of both."""

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
        pair, of_client, of_login = map(self._count, _keys(client, login))
        return (
            pair.failures >= MOST_OF_PAIR
            or of_client.failures >= MOST_OF_CLIENT
            or (of_login.failures >= MOST_OF_LOGIN and not pair.proven)
        )

    def failed(self, client: str, login: str) -> None:
        """Count a failed attempt."""
        for key in _keys(client, login):
            count = self._count(key)
            self._remember(key, _Count(count.failures + 1, self._clock.monotonic(), count.proven))

    def proven(self, client: str, login: str) -> None:
        """Forget the failures of a client on a login that it has proven; those of the client on other logins stay."""
        self._remember(_keys(client, login)[0], _Count(0, self._clock.monotonic(), proven=True))

    def delay_seconds(self, client: str, login: str) -> float:
        """Return the time from a failed attempt to its reply."""
        failures = max(self._count(key).failures for key in _keys(client, login)[:2])
        return min(FIRST_DELAY_SECONDS * 2.0 ** min(failures - 1, 10), MOST_DELAY_SECONDS)

    def _remember(self, key: Key, count: _Count) -> None:
        self._counts[key] = count
        self._counts.move_to_end(key)
        if len(self._counts) > MOST_REMEMBERED:
            self._counts.popitem(last=False)

    def _count(self, key: Key) -> _Count:
        """Return the count of a key, without failures of long ago."""
        count = self._counts.get(key, _Count())
        old = self._clock.monotonic() - count.at >= FORGET_SECONDS
        return replace(count, failures=0) if old else count


def _keys(client: str, login: str) -> tuple[Key, Key, Key]:
    network, name = _network(client), login.lower()
    return ("pair", network, name), ("client", network), ("login", name)


def _network(client: str) -> str:
    """Return a client's IPv4 address or IPv6 /64, which one customer has (RFC 6177)."""
    if ":" not in client:
        return client or "unknown"
    return str(ipaddress.ip_network(f"{client.partition('%')[0]}/64", strict=False))
