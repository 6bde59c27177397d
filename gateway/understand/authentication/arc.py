"""The chain of ARC sets (RFC 8617): whether the seals hold, and the last holder's signature.

dkimpy walks the chain; each signature in it is verified as DKIM's are, with keys that were fetched beforehand.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import dkim
from dkim.util import parse_tag_value

from gateway.contract import Arc, Header, Message, NamesUnavailable, Resolver
from gateway.understand.authentication.dkim import (
    IN_THREAD_BYTES,
    Keys,
    Signed,
    fetch_keys,
    holds,
    names_of,
    signed,
)
from gateway.understand.authentication.dkimpy import STUMBLES, WrongSignature, too_long
from gateway.understand.authentication.keys import Key

#: Sets that are verified. RFC 8617 4.2.1 allows 50; a message passes two or three that seal, and each costs two keys.
MAX_SETS = 15

SEAL = "arc-seal"
SIGNATURE = "arc-message-signature"
RESULTS = "arc-authentication-results"


async def verify_chain(message: Message, resolver: Resolver) -> Arc:
    """The state of the whole chain; "fail" too where it is longer than we follow."""
    seals, signatures = message.root.fields(SEAL), message.root.fields(SIGNATURE)
    if not seals and not signatures:
        return Arc()
    results = message.root.fields(RESULTS)
    if max(map(len, (seals, signatures, results))) > MAX_SETS or any(
        too_long(header.raw_value) for header in (*seals, *signatures)
    ):
        return Arc("fail")
    keys = await fetch_keys(_key_names([*seals, *signatures]), resolver)
    if len(message.raw) <= IN_THREAD_BYTES:
        return _verify(message, keys)
    return await asyncio.to_thread(_verify, message, keys)


def _key_names(headers: Sequence[Header]) -> set[tuple[str, str]]:
    found = set()
    for header in headers:
        try:
            domain, selector = names_of(parse_tag_value(header.raw_value))
        except dkim.InvalidTagValueList:
            continue
        if domain and selector:
            found.add((selector, domain))
    return found


def _verify(message: Message, keys: Keys) -> Arc:
    chain = _Chain(signed(message), keys)
    try:
        result, sets, _ = chain.verify()
    except STUMBLES:
        return Arc("fail")
    domain = sets[0].get("as-domain", b"").decode("latin-1").lower() if sets else ""
    if result == dkim.CV_Pass:
        return Arc("pass", domain)
    return Arc("temperror" if chain.unavailable else "fail", domain)


class _Chain(dkim.ARC):  # type: ignore[misc]
    """dkimpy's chain over our map of the message."""

    def __init__(self, content: Signed, keys: Keys) -> None:
        super().__init__()
        self.headers, self.body = content.fields, content.body
        self.unavailable = False  # a key could not be fetched now
        self._content = content
        self._keys = keys

    def verify_sig(self, sig: dict[bytes, bytes], include_headers: list[bytes], sig_header: Any, _: Any) -> bool:
        """One signature or seal; c= is set by dkimpy."""
        domain, selector = names_of(sig)
        key = self._keys.get((selector, domain))
        self.unavailable = self.unavailable or isinstance(key, NamesUnavailable)
        if not isinstance(key, Key):
            return False
        names = [*include_headers, b"from"] if b"from" in include_headers else include_headers
        try:
            holds(sig, names, sig_header, key, self._content)
        except WrongSignature:
            return False
        return True
