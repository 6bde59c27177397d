"""The ARC chain: sealed by dkimpy's own walk, verified by ours."""

from __future__ import annotations

import dkim
import pytest

from gateway.act.signature import SigningKey
from gateway.contract import Arc
from gateway.message.parse import parse
from gateway.understand.authentication.arc import MAX_SETS, verify_chain
from tests.proving import PLAIN, Zone, outside_key, published, rsa_key, signed_by

LIST = SigningKey("list.example", "a1", rsa_key(2))
HUB = SigningKey("hub.example", "a1", rsa_key(3))
ZONE = published(outside_key(), LIST, HUB)


def sealed(key: SigningKey, raw: bytes, arc: str = "none", host: str = "mx") -> bytes:
    """As a mail server would that verified it."""
    name = f"{host}.{key.domain}"
    raw = f"Authentication-Results: {name}; arc={arc}; spf=pass smtp.mailfrom=outside.example\r\n".encode() + raw
    names = [b"from", b"to", b"subject", b"message-id"]
    fields = dkim.ARC(raw).sign(
        key.selector.encode(), key.domain.encode(), key.key, name.encode(), include_headers=names
    )
    assert fields
    return b"".join(fields) + raw


async def chain(raw: bytes, zone: Zone | None = None) -> Arc:
    return await verify_chain(parse(raw), zone or Zone(ZONE))


async def test_without_seals_there_is_no_chain() -> None:
    """Nothing is asked."""
    zone = Zone(ZONE)
    assert await chain(signed_by(outside_key()), zone) == Arc()
    assert zone.asked == []


async def test_a_chain_passes() -> None:
    """Of one set, and of two; it is named after who sealed last."""
    once = sealed(LIST, signed_by(outside_key()))
    assert await chain(once) == Arc("pass", "list.example")
    assert await chain(sealed(HUB, once, "pass")) == Arc("pass", "hub.example")


async def test_a_large_message_is_verified_in_a_thread() -> None:
    """With the same result."""
    assert (await chain(sealed(LIST, PLAIN + b"A line of the text.\r\n" * 10_000))).result == "pass"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Hello  Bob", b"Hello, Bob"),
        (b"Subject: Hello", b"Subject: Hullo"),
        (b"spf=pass smtp", b"spf=fail smtp"),
        (b"cv=none", b"cv=pass"),
        (b"i=1", b"i=2"),
        (b"ARC-Seal: i=1", b"ARC-Seal: i = 1"),
        (b"ARC-Message-Signature", b"X-ARC-Message-Signature"),
        (b"d=list.example", b"d=hub.example"),
    ],
)
async def test_a_chain_that_was_tampered_with_fails(old: bytes, new: bytes) -> None:
    """Wherever."""
    raw = sealed(LIST, PLAIN)
    assert old in raw
    assert (await chain(raw.replace(old, new))).result == "fail"


async def test_a_set_that_is_missing_fails() -> None:
    """Instances go from one without a gap."""
    twice = sealed(HUB, sealed(LIST, PLAIN), "pass")
    first = twice.index(b"ARC-Seal: i=1")
    assert (await chain(twice[:first] + twice[twice.index(b"Authentication-Results: mx.list") :])).result == "fail"


async def test_a_chain_that_ended_in_failure_stays_failed() -> None:
    """cv=fail."""
    assert (await chain(sealed(HUB, sealed(LIST, PLAIN), "fail"))).result == "fail"


async def test_dns_trouble_is_a_temperror() -> None:
    """With any key; a key that is not there is a failure."""
    zone = Zone(ZONE)
    zone.away.add("a1._domainkey.list.example")
    assert (await chain(sealed(LIST, PLAIN), zone)).result == "temperror"
    assert (await chain(sealed(LIST, PLAIN), Zone())).result == "fail"


@pytest.mark.parametrize(
    "field", [b"", b"i=1", b"i=99999999999999999999; a=rsa-sha256", b"i=1; b=\xff", b" " * 500 + b"i=1", b"i=1;" * 5000]
)
async def test_nonsense_fails(field: bytes) -> None:
    """It is a result, never an exception."""
    raw = b"".join(
        b"%s: %s\r\n" % (name, field) for name in (b"ARC-Seal", b"ARC-Message-Signature", b"ARC-Authentication-Results")
    )
    assert (await chain(raw + PLAIN)).result == "fail"


@pytest.mark.parametrize(("sets", "expected"), [(MAX_SETS - 1, "pass"), (MAX_SETS, "pass"), (MAX_SETS + 1, "fail")])
async def test_a_chain_has_a_greatest_length(sets: int, expected: str) -> None:
    """Each set costs two keys and two signatures."""
    raw = sealed(LIST, PLAIN)
    for number in range(sets - 1):
        raw = sealed(LIST, raw, "pass", f"mx{number}")
    assert (await chain(raw)).result == expected
