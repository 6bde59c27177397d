"""The brake on guessing: failed logins are counted by client, by login and by both, and delayed, then refused.

One worker counts for itself, in bounded memory. It counts alike whether or not a login exists.
"""

from __future__ import annotations

import ipaddress
import unicodedata
from collections import OrderedDict
from dataclasses import dataclass, replace

from gateway.contract import Clock

#: Seconds from a failed attempt to its reply. Each further failure of the same client or login doubles them, to the
#: most. The first ones hide how long the check took.
FIRST_DELAY_SECONDS = 2.0
MOST_DELAY_SECONDS = 16.0
#: Failures within the time after which more attempts are refused: of one client on one login (a device with an old
#: password tries for ever), of one client on any logins (a NAT may have many people behind it), and of all clients on
#: one login. The last two spare clients that have proven the login before: strangers must not lock a person out.
MOST_OF_PAIR = 5
MOST_OF_CLIENT = 30
MOST_OF_LOGIN = 100
#: Seconds without a failure after which all is forgotten, and for which attempts are refused.
FORGET_SECONDS = 15 * 60.0
#: The most clients, logins and pairs that are remembered, and the most proven pairs: some 10 MiB together. The longest
#: unused are forgotten first.
MOST_REMEMBERED = 20_000

Key = tuple[str, ...]  # of a client and a login, of a client, of a login


@dataclass(frozen=True, slots=True)
class _Count:
    """The failures of a client, of a login, or of both."""

    failures: int = 0
    at: float = 0.0  # of the last failure


class Attempts:
    """The failed logins of one worker."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._counts: OrderedDict[Key, _Count] = OrderedDict()
        self._proven: OrderedDict[Key, None] = OrderedDict()  # strangers can't push these out

    def blocked(self, client: str, login: str) -> bool:
        """Return whether an attempt is to be refused without a look at its password."""
        pair, of_client, of_login = map(self._count, _keys(client, login))
        many = of_client.failures >= MOST_OF_CLIENT or of_login.failures >= MOST_OF_LOGIN
        return pair.failures >= MOST_OF_PAIR or (many and not self.is_proven(client, login))

    def failed(self, client: str, login: str) -> None:
        """Count a failed attempt."""
        for key in _keys(client, login):
            self._add(key)

    def given_up(self, client: str) -> None:
        """Count an attempt whose client didn't wait for the answer, against the client alone."""
        self._add(_keys(client, "")[1])

    def proven(self, client: str, login: str) -> None:
        """Forget the failures of a client on a login that it has proven; those of the client on other logins stay."""
        pair = _keys(client, login)[0]
        self._counts.pop(pair, None)
        self._proven[pair] = None
        _bound(self._proven, pair)

    def is_proven(self, client: str, login: str) -> bool:
        """Return whether the client has logged in with this login."""
        return _keys(client, login)[0] in self._proven

    def turn(self, client: str, login: str) -> Key:
        """Return the key of attempts that are checked one after another: all of a client, but for a proven login."""
        pair, of_client, _ = _keys(client, login)
        return pair if pair in self._proven else of_client

    def delay_seconds(self, client: str, login: str) -> float:
        """Return the time from a failed attempt to its reply."""
        failures = max(self._count(key).failures for key in _keys(client, login)[:2])
        return min(FIRST_DELAY_SECONDS * 2.0 ** min(failures - 1, 10), MOST_DELAY_SECONDS)

    def _add(self, key: Key) -> None:
        """Count one failure."""
        self._counts[key] = _Count(self._count(key).failures + 1, self._clock.monotonic())
        _bound(self._counts, key)

    def _count(self, key: Key) -> _Count:
        """Return the count of a key, without failures of long ago."""
        count = self._counts.get(key, _Count())
        old = self._clock.monotonic() - count.at >= FORGET_SECONDS
        return replace(count, failures=0) if old else count


def _keys(client: str, login: str) -> tuple[Key, Key, Key]:
    network, name = _network(client), _spelled(login)
    return ("pair", network, name), ("client", network), ("login", name)


def _bound(remembered: OrderedDict[Key, _Count] | OrderedDict[Key, None], newest: Key) -> None:
    """Make a key the newest, and forget the oldest one beyond the limit."""
    remembered.move_to_end(newest)
    if len(remembered) > MOST_REMEMBERED:
        remembered.popitem(last=False)


def _spelled(login: str) -> str:
    """Return a login without what a server may leave out as it compares: no other spelling gains more guesses.

    LDAP folds letters and blanks (RFC 4518 2), and Active Directory accents.
    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", login).casefold())
    return "".join(c for c in folded if not c.isspace() and unicodedata.category(c) != "Mn")


def _network(client: str) -> str:
    """Return a client's IPv4 address or IPv6 /64, which one customer has (RFC 6177)."""
    if ":" not in client:
        return client or "unknown"
    return str(ipaddress.ip_network(f"{client.partition('%')[0]}/64", strict=False))
