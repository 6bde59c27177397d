"""SPF (RFC 7208) by pyspf. All its look-ups go to our Resolver, and it never holds a thread.

pyspf is synchronous and learns the names that it needs only on the way. In a thread it would wait for the DNS with a
thread of the pool in hand, and a dead DNS would stop everything else that needs a thread. It runs in a greenlet
instead, which is left when pyspf asks and entered again with the answer.
"""

from __future__ import annotations

import math
import time
from typing import Any

import spf
from greenlet import getcurrent, greenlet

from gateway.contract import AuthResult, Client, DnsRecords, DnsUnavailable, RecordKind, Resolver, Spf
from gateway.message.header.addresses import ascii_domain
from gateway.understand.authentication.deadline import until

#: DNS look-ups for one message. RFC 7208 4.6.4 allows ten terms that look up; each `mx` has up to ten names more.
MAX_LOOKUPS = 50
#: Characters of one record, and of one of its terms: pyspf's time grows with the square. RFC 7208 3.4 asks for 512.
MAX_RECORD_CHARACTERS = 4096
MAX_TERM_CHARACTERS = 512

#: Seconds for the client's names (`ptr`, `%{p}`), and no more than half of the time that is left: the client chose the
#: servers that answer, and slow ones must not delay the domain's own record.
PTR_SECONDS = 4.0

#: Errors besides its own that pyspf raises on a hostile record.
_STUMBLES = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, AssertionError, RecursionError)

_GIVEN_UP = DnsUnavailable("nobody waits for the answer any more")


async def evaluate(resolver: Resolver, client: Client, mail_from: str, ends: float | None = None) -> Spf:
    """Evaluate whether this client may send for this reverse-path.

    Trouble with the DNS gives temperror, and so does no answer by `ends`, a time of the monotonic clock in seconds.
    None waits as long as it takes.
    """
    local, _, host = mail_from.rpartition("@")
    domain = ascii_domain(host if mail_from else client.helo)
    if not domain:
        return Spf("none", "", "mailfrom" if mail_from else "helo")
    try:
        query = _Query(client.address, local or "postmaster", domain, client.helo, ends)
        async with until(ends):
            result = await _run(query, resolver)
    except TimeoutError:
        result = "temperror"
    except (spf.PermError, *_STUMBLES):
        result = "permerror"
    return Spf(result, domain, "mailfrom" if mail_from else "helo")


async def _run(query: _Query, resolver: Resolver) -> AuthResult:
    inner = greenlet(query.check)
    try:
        said: Any = inner.switch()
        while not inner.dead:
            said = inner.switch(await _answer(resolver, *said))
    finally:
        while not inner.dead:  # cancelled: it ends at once, at most after MAX_LOOKUPS questions
            inner.switch(_GIVEN_UP)
    result: AuthResult = said[0]
    return result


async def _answer(resolver: Resolver, name: str, kind: RecordKind, ends: float | None) -> DnsRecords | DnsUnavailable:
    try:
        async with until(ends):
            return await resolver.look_up(name, kind)
    except DnsUnavailable as trouble:
        return trouble
    except TimeoutError:
        return DnsUnavailable(f"{kind} of {name}: no answer in time")


class _Query(spf.query):  # type: ignore[misc]
    """One evaluation; pyspf's methods ask through `dns`."""

    def __init__(self, address: str, local: str, domain: str, helo: str, ends: float | None = None) -> None:
        super().__init__(i=address, s=f"{local}@{domain}", h=helo)
        # pyspf splits at the first @, which may stand in a quoted local part.
        self.l, self.o, self.d = local, domain, domain
        self._asked = 0
        self._ends = ends
        self._ptr_ends: float | None = None  # set by the first look-up of the client's names
        self._asks_for_ptr = False

    def dns(self, name: Any, qtype: RecordKind, cnames: Any = None, ignore_void: bool = False) -> list[Any]:
        """Look up records and return them in pyspf's form; CNAMEs have been followed."""
        name = str(name).removesuffix(".")
        if any(not 0 < len(label) < 64 for label in name.split(".")):
            return []
        records = self._ask(name, qtype)
        found = _values(records, qtype)
        # A host that has only an address of the other family is no mistake of the record's author: RFC 7208 4.6.4
        # limits the look-ups without an answer that a record can cause.
        of_other_family = qtype in ("A", "AAAA") and records.exists
        if not found and not ignore_void and not of_other_family:
            self.void_lookups += 1
            if self.void_lookups > spf.MAX_VOID_LOOKUPS:
                raise spf.PermError(f"Void lookup limit of {spf.MAX_VOID_LOOKUPS} exceeded")
        return found

    def validated_ptrs(self) -> list[str]:
        """Return the client's names that lead back to its address, for `ptr` and `%{p}`.

        A DNS error gives no name, and nothing is asked after the first error (RFC 7208 5.5, 7.3): the client's network
        chose the servers that answer, the domain did not.
        """
        found: list[str] = []
        self._asks_for_ptr = True
        try:
            names = self.dns(f"{spf.reverse_dots(self.i)}.{self.v}.arpa", "PTR", ignore_void=True)
            found.extend(name for name in names[: spf.MAX_PTR] if self._leads_back(name))
        except spf.TempError:
            return found
        finally:
            self._asks_for_ptr = False
        return found

    def _leads_back(self, name: str) -> bool:
        return bool(self.cidrmatch(self.dns(name, self.A, ignore_void=True), self.cidrmax))

    def get_explanation(self, spec: str) -> None:
        """Look up no explanation: nobody reads it."""

    def _ask(self, name: str, kind: RecordKind) -> DnsRecords:
        self._asked += 1
        if self._asked > MAX_LOOKUPS:
            raise spf.PermError(f"More than {MAX_LOOKUPS} DNS lookups")
        ends = self._end_for_ptr() if self._asks_for_ptr else None
        answer: DnsRecords | DnsUnavailable = getcurrent().parent.switch((name, kind, ends))
        if isinstance(answer, DnsUnavailable):
            raise spf.TempError(str(answer))
        return answer

    def _end_for_ptr(self) -> float:
        """Return the time by which look-ups of the client's names end.

        It is the same for all `ptr` and `%{p}` of a record.
        """
        if self._ptr_ends is None:
            now = time.monotonic()
            left = math.inf if self._ends is None else (self._ends - now) / 2
            self._ptr_ends = now + min(PTR_SECONDS, left)
        return self._ptr_ends


def _values(records: DnsRecords, kind: RecordKind) -> list[Any]:
    if kind == "MX":
        pairs = (value.partition(" ") for value in records.values)
        return [(int(preference), name) for preference, _, name in pairs]
    if kind == "TXT":
        return [(_checked(value).encode("latin-1"),) for value in records.values]
    return list(records.values)


def _checked(text: str) -> str:
    if text[:6].lower() == "v=spf1" and (
        len(text) > MAX_RECORD_CHARACTERS or max(map(len, text.split(" "))) > MAX_TERM_CHARACTERS
    ):
        raise spf.PermError("The SPF record is too long")
    return text
