"""The chain of ARC sets (RFC 8617): its seals, and the signature of the last sealer.

dkimpy walks the chain; each signature in it is verified as DKIM's are, with keys that were fetched beforehand.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dkim
from dkim import validate_signature_fields
from dkim.util import parse_tag_value

from gateway.contract import Arc, DnsUnavailable, Resolver
from gateway.message.header.field import Header
from gateway.message.model import Message
from gateway.understand.authentication.dkim import (
    IN_THREAD_BYTES,
    Keys,
    SignedMessage,
    fetch_keys,
    holds,
    names_of,
    signed,
)
from gateway.understand.authentication.dkim_keys import Key
from gateway.understand.authentication.dkimpy import STUMBLES, WrongSignature, fields_of, too_long

#: Sets that are verified. RFC 8617 4.2.1 allows 50; a message passes two or three that seal, and each costs a key.
MAX_SETS = 15
#: Keys that are asked for at once, for the reason given at dkim.KEYS_AT_ONCE.
KEYS_AT_ONCE = 2

SEAL = "arc-seal"
SIGNATURE = "arc-message-signature"
RESULTS = "arc-authentication-results"

#: Tags that each signature must have (RFC 8617 4.1.2, 4.1.3).
_SEAL_TAGS = (b"i", b"a", b"b", b"cv", b"d", b"s")
_SIGNATURE_TAGS = (b"i", b"a", b"b", b"bh", b"d", b"h", b"s")


@dataclass(frozen=True, slots=True)
class _Set:
    """The tags of one set's two signatures."""

    seal: dict[bytes, bytes]
    signature: dict[bytes, bytes]


async def verify_chain(message: Message, resolver: Resolver, ends: float | None = None) -> Arc:
    """Verify the whole chain and return its state: "fail" also where it has more than MAX_SETS sets.

    `ends` limits the wait for keys, as for DKIM.
    """
    seals, signatures = message.root.fields(SEAL), message.root.fields(SIGNATURE)
    if not seals and not signatures:
        return Arc()
    results = message.root.fields(RESULTS)
    if max(map(len, (seals, signatures, results))) > MAX_SETS or any(
        too_long(header.raw_value) for header in (*seals, *signatures)
    ):
        return Arc("fail")
    sets = _sets([*seals, *signatures, *results])
    if sets is None:
        return Arc("fail")
    keys = await fetch_keys(_key_names(sets), resolver, KEYS_AT_ONCE, ends)
    if len(message.raw) <= IN_THREAD_BYTES:
        return _verify(message, keys)
    return await asyncio.to_thread(_verify, message, keys)


def _sets(headers: Sequence[Header]) -> Sequence[_Set] | None:
    """Read the sets, the last one first; return None where they form no chain (RFC 8617 5.2, steps 2 and 3).

    The keys don't matter here.
    """
    walk = dkim.ARC()
    walk.headers = fields_of(headers)
    last, numbered = walk.sorted_arc_headers()
    fields = {(instance, name.decode("latin-1").lower()): value for instance, (name, value) in numbered}
    if not 3 * last == len(fields) == len(headers):
        return None
    try:
        sets = [_read_set(fields, instance) for instance in range(last, 0, -1)]
    except STUMBLES:  # a set that lacks a field too: a LookupError
        return None
    told = [one.seal[b"cv"] for one in sets]
    return sets if told == [dkim.CV_Pass] * (last - 1) + [dkim.CV_None] else None


def instance_of(header: Header) -> int:
    """Return the number of the set that a field of a chain belongs to (`i=`); 0 where it names none."""
    match = dkim.ARC.INSTANCE_RE.search(header.text.encode("latin-1", "replace"))
    return int(match[1]) if match else 0


def _read_set(fields: Mapping[tuple[int, str], bytes], instance: int) -> _Set:
    """Read one set and check its tags. Raises one of STUMBLES."""
    seal, signature = (parse_tag_value(fields[instance, name]) for name in (SEAL, SIGNATURE))
    validate_signature_fields(seal, _SEAL_TAGS, True)
    validate_signature_fields(signature, _SIGNATURE_TAGS, True)
    if (instance, RESULTS) not in fields or b"h" in seal or not int(seal[b"i"]) == int(signature[b"i"]) == instance:
        raise WrongSignature("the set is none")
    return _Set(seal, signature)


def _key_names(sets: Sequence[_Set]) -> Iterator[tuple[str, str]]:
    """Yield selector and domain of every seal, and of the last signature.

    Earlier signatures needn't hold any more (RFC 8617 5.2, step 4).
    """
    for tags in (sets[0].signature, *(one.seal for one in sets)):
        domain, selector = names_of(tags)
        if domain and selector:
            yield selector, domain


def _verify(message: Message, keys: Keys) -> Arc:
    try:
        chain = _Chain(signed(message), keys)
        result, sets, _ = chain.verify()
    except STUMBLES:
        return Arc("fail")
    domain = sets[0].get("as-domain", b"").decode("latin-1").lower() if sets else ""
    if result == dkim.CV_Pass:
        return Arc("pass", domain)
    return Arc("temperror" if chain.unavailable else "fail", domain)


class _Chain(dkim.ARC):  # type: ignore[misc]
    """dkimpy's chain over our map of the message."""

    def __init__(self, content: SignedMessage, keys: Keys) -> None:
        super().__init__()
        self.headers, self.body = content.fields, content.body
        self.unavailable = False  # a key could not be fetched now
        self._content = content
        self._keys = keys
        self._numbered = super().sorted_arc_headers()
        # dkimpy looks for the signature's field by the octets " i=1;", and not every server writes them so. So dkimpy
        # is given a stand-in for each field, and `verify_sig` takes the field itself instead.
        written = [field for field in content.fields if field[0].strip().lower() == SIGNATURE.encode()]
        self._signatures = {parse_tag_value(value).get(b"i", b""): (name, value) for name, value in written}
        self.headers = [(SIGNATURE.encode(), b" i=%s;" % number) for number in self._signatures]

    def sorted_arc_headers(self) -> Any:
        """Return the fields of the sets with their numbers, the last set first."""
        return self._numbered

    def verify_sig(self, sig: dict[bytes, bytes], include_headers: list[bytes], sig_header: Any, _: Any) -> bool:
        """Verify one signature or seal; dkimpy has set c=."""
        domain, selector = names_of(sig)
        key = self._keys.get((selector, domain))
        self.unavailable = self.unavailable or isinstance(key, DnsUnavailable)
        if not isinstance(key, Key):
            return False
        if b"bh" in sig:
            sig_header = self._signatures[sig[b"i"]]
        names = [*include_headers, b"from"] if b"from" in include_headers else include_headers
        try:
            holds(sig, names, sig_header, key, self._content)
        except WrongSignature:
            return False
        return True
