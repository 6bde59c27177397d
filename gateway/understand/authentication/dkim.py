"""DKIM signatures (RFC 6376, 8301, 8463): each with its result, and the reason where it doesn't hold.

Keys are fetched beforehand, all at once; verifying needs no DNS. The signature's tags and the canonical form of the
header are dkimpy's, the arithmetic is OpenSSL's.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from dkim import validate_signature_fields
from dkim.util import parse_tag_value

from gateway.contract import AuthResult, DnsUnavailable, Resolver, Signature
from gateway.message.header.addresses import ascii_domain
from gateway.message.header.field import Header
from gateway.message.model import Message
from gateway.understand.authentication.deadline import until
from gateway.understand.authentication.dkim_keys import Key, UnusableKey, key_name, read_key
from gateway.understand.authentication.dkimpy import (
    STUMBLES,
    Canonicalization,
    Fields,
    WrongSignature,
    canonical_body,
    digest_of_fields,
    fields_of,
    policy_of,
    too_long,
)
from gateway.understand.authentication.public_suffixes import aligned

#: Signatures that are verified, from the top. RFC 6376 6.1 leaves the number to us; mail has three, with lists five.
MAX_SIGNATURES = 8
#: Keys that are asked for at once. Of a message's share of queries (8) two are left for SPF and DMARC, which a sender
#: could otherwise delay with keys whose servers don't answer; ARC has two.
KEYS_AT_ONCE = 4

#: Bodies from this size on are hashed in a thread.
IN_THREAD_BYTES = 64 * 1024

_SELECTOR = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,253}[A-Za-z0-9_])?")

#: For each (selector, domain): its key, or the reason why there is none.
Keys = Mapping[tuple[str, str], Key | UnusableKey | DnsUnavailable]


class PartOfBody(WrongSignature):
    """A signature whose l= leaves out the end of the body.

    Anybody can add to that end, and the signature holds on (RFC 6376 8.2).
    """


@dataclass(slots=True)
class SignedMessage:
    """A message as signatures see it; each canonical body is hashed once."""

    fields: Fields
    body: bytes
    _hashes: dict[tuple[Canonicalization, int | None], bytes] = field(default_factory=dict)

    def body_hash(self, how: Canonicalization, length: int | None) -> bytes:
        """Return the SHA-256 of the canonical body; of its first `length` octets only (l=).

        Raises PartOfBody where `length` leaves octets out.
        """
        key = (how, length)
        if key not in self._hashes:
            body = canonical_body(self.body, how)
            if length is not None and length != len(body):
                raise PartOfBody("it covers a part of the body only")
            self._hashes[key] = hashlib.sha256(body).digest()
        return self._hashes[key]


@dataclass(frozen=True, slots=True)
class ParsedSignature:
    """A signature's field, taken apart; `problem` says why the signature can't be verified."""

    field: tuple[bytes, bytes]
    tags: dict[bytes, bytes]
    domain: str = ""
    selector: str = ""
    problem: str = ""
    result: AuthResult = "permerror"  # what the problem means

    @property
    def key(self) -> tuple[str, str]:
        return self.selector, self.domain

    @property
    def algorithm(self) -> str:
        return self.tags.get(b"a", b"").decode("latin-1") if not self.problem else ""


async def verify_signatures(
    message: Message, resolver: Resolver, authors: Collection[str] = (), ends: float | None = None
) -> tuple[Signature, ...]:
    """Return every signature with its result, from the top; its alignment isn't judged yet.

    Keys of domains that are aligned with one of `authors` (domains of `From:`) are asked for first: the others can't
    delay them. A key that hasn't come by `ends` (monotonic clock, seconds) makes a temperror of its own signatures
    alone.
    """
    found = message.root.fields("dkim-signature")[:MAX_SIGNATURES]
    if not found:
        return ()
    read = [read_signature(header, message) for header in found]
    wanted = [one for one in read if not one.problem]
    wanted.sort(key=lambda one: not any(aligned(one.domain, author) for author in authors))
    keys = await fetch_keys([one.key for one in wanted], resolver, KEYS_AT_ONCE, ends)
    if len(message.raw) <= IN_THREAD_BYTES:
        return _verify(message, read, keys)
    return await asyncio.to_thread(_verify, message, read, keys)


def signed(message: Message) -> SignedMessage:
    return SignedMessage(fields_of(message.headers), message.root.body)


async def fetch_keys(
    names: Iterable[tuple[str, str]], resolver: Resolver, at_once: int, ends: float | None = None
) -> Keys:
    """Fetch each key once, in this order.

    Trouble with a key is kept in the key's place; no answer by `ends` is such trouble.
    """
    wanted, turns = tuple(dict.fromkeys(names)), asyncio.Semaphore(at_once)
    found = await asyncio.gather(*(_fetch(key_name(*name), resolver, turns, ends) for name in wanted))
    return dict(zip(wanted, found, strict=True))


async def _fetch(
    name: str, resolver: Resolver, turns: asyncio.Semaphore, ends: float | None
) -> Key | UnusableKey | DnsUnavailable:
    try:
        async with until(ends), turns:
            return read_key((await resolver.look_up(name, "TXT")).values)
    except (UnusableKey, DnsUnavailable) as trouble:
        return trouble
    except TimeoutError:
        return DnsUnavailable(f"TXT of {name}: no answer in time")


# --- reading ---------------------------------------------------------------------------------------------------------


def read_signature(header: Header, message: Message) -> ParsedSignature:
    """Read a signature's tags, or the reason why it can't be verified."""
    ((name, value),) = fields_of([header])
    if too_long(value):
        return ParsedSignature((name, value), {}, problem="the signature is too long")
    try:
        tags = parse_tag_value(value)
        validate_signature_fields(tags)
    except STUMBLES:
        return ParsedSignature((name, value), {}, problem="the signature can't be read, or is out of date")
    domain, selector = names_of(tags)
    problem = _problem(tags, domain, selector, message)
    return ParsedSignature((name, value), tags, domain, selector, problem)


def names_of(tags: Mapping[bytes, bytes]) -> tuple[str, str]:
    """Return domain and selector; "" for one that is not valid."""
    selector = tags.get(b"s", b"").decode("utf-8", "replace")
    return ascii_domain(tags.get(b"d", b"").decode("utf-8", "replace")), (
        selector.lower() if _SELECTOR.fullmatch(selector) else ""
    )


def signed_names(tags: Mapping[bytes, bytes]) -> list[bytes]:
    """Return the names in the h= tag, and `from` once more.

    One more From than the tag names makes sure that none can be added (dkimpy, Debian bug 644046).
    """
    names = [name.strip().lower() for name in tags[b"h"].split(b":")]
    return [*names, b"from"] if b"from" in names else names


def unsigned_among(names: Iterable[str], header: Header, message: Message) -> list[str]:
    """Return those of these fields that stand more often than the signature in `header` covers them.

    Anybody can have added one, and the signature holds on (RFC 6376 8.15).
    """
    covered = Counter(signed_names(read_signature(header, message).tags))
    return [name for name in names if len(message.root.fields(name)) > covered[name.encode()]]


def _problem(tags: Mapping[bytes, bytes], domain: str, selector: str, message: Message) -> str:
    if not domain or not selector:
        return "the signature's domain or selector is none"
    if b"sha1" in tags[b"a"]:
        return "SHA-1 proves nothing"  # RFC 8301 3.1
    if b"from" not in signed_names(tags):
        return "From is not signed"  # RFC 6376 5.4
    if any(header.name != header.name.strip() for header in message.root.fields("from")):
        return "From is not written plainly"  # `From :` is a From field to mail programs, but not to the signature
    return ""


# --- verifying -------------------------------------------------------------------------------------------------------


def _verify(message: Message, read: Sequence[ParsedSignature], keys: Keys) -> tuple[Signature, ...]:
    content = signed(message)
    return tuple(_judged(one, keys, content) for one in read)


def _judged(read: ParsedSignature, keys: Keys, content: SignedMessage) -> Signature:
    if read.problem:
        return _signature(read, read.result, read.problem)
    key = keys[read.key]
    if not isinstance(key, Key):
        late = isinstance(key, DnsUnavailable)
        return _signature(read, *(("temperror", "the key can't be fetched now") if late else ("permerror", str(key))))
    try:
        holds(read.tags, signed_names(read.tags), read.field, key, content)
    except PartOfBody as partly:
        return _signature(read, "policy", str(partly))
    except WrongSignature as wrong:
        return _signature(read, "fail", str(wrong))
    except STUMBLES:
        return _signature(read, "permerror", "the signature can't be read")
    return _signature(read, "pass", "")


def _signature(read: ParsedSignature, result: AuthResult, reason: str) -> Signature:
    return Signature(read.domain, read.selector, result, reason=reason, algorithm=read.algorithm)


def holds(
    tags: dict[bytes, bytes], names: Sequence[bytes], field: tuple[bytes, bytes], key: Key, content: SignedMessage
) -> None:
    """Verify a signature or a seal (ARC), which has no body hash; `names` are those of the signed fields.

    Raises WrongSignature.
    """
    policy = policy_of(tags)
    if tags[b"a"].partition(b"-")[0] != key.kind:
        raise WrongSignature("the key is of another kind")
    if key.same_domain_only and tags.get(b"i", b"").rpartition(b"@")[2].lower() not in (b"", tags[b"d"].lower()):
        raise WrongSignature("the key is not for subdomains")
    if b"bh" in tags:
        how: Canonicalization = "relaxed" if policy.body_algorithm.name == b"relaxed" else "simple"
        length = int(tags[b"l"]) if b"l" in tags else None
        if content.body_hash(how, length) != _decoded(tags[b"bh"]):
            raise WrongSignature("the body was changed")
    if not key.verifies(_decoded(tags[b"b"]), digest_of_fields(policy, content.fields, names, field, tags)):
        raise WrongSignature("the header was changed, or it is another's signature")


def _decoded(value: bytes) -> bytes:
    return base64.b64decode(b"".join(value.split()))
