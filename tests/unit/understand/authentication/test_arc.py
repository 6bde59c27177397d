"""The ARC chain: sealed by dkimpy's own walk, verified by ours."""

from __future__ import annotations

import dkim
import pytest

from gateway.act.signing.dkim import SigningKey
from gateway.contract import Arc
from gateway.message.mime.parse import parse
from gateway.understand.authentication.arc import MAX_SETS, verify_chain
from tests.support.builders.authentication import PLAIN, FakeResolver, outside_key, published, rsa_key, signed_by

LIST = SigningKey("list.example", "a1", rsa_key(2))
HUB = SigningKey("hub.example", "a1", rsa_key(3))
ZONE = published(outside_key(), LIST, HUB)


def sealed(key: SigningKey, raw: bytes, arc: str = "none", host: str = "mx") -> bytes:
    """Return the message sealed as by a mail server that verified it."""
    name = f"{host}.{key.domain}"
    raw = f"Authentication-Results: {name}; arc={arc}; spf=pass smtp.mailfrom=outside.example\r\n".encode() + raw
    names = [b"from", b"to", b"subject", b"message-id"]
    fields = dkim.ARC(raw).sign(
        key.selector.encode(), key.domain.encode(), key.key, name.encode(), include_headers=names
    )
    assert fields
    return b"".join(fields) + raw


async def chain(raw: bytes, zone: FakeResolver | None = None) -> Arc:
    return await verify_chain(parse(raw), zone or FakeResolver(ZONE))


async def test_without_seals_there_is_no_chain() -> None:
    """Nothing is asked."""
    zone = FakeResolver(ZONE)
    assert await chain(signed_by(outside_key()), zone) == Arc()
    assert zone.asked == []


async def test_a_chain_passes() -> None:
    """A chain of one set and one of two pass; a chain is named after the last sealer."""
    once = sealed(LIST, signed_by(outside_key()))
    assert await chain(once) == Arc("pass", "list.example")
    assert await chain(sealed(HUB, once, "pass")) == Arc("pass", "hub.example")


async def test_a_large_message_is_verified_in_a_thread() -> None:
    """The result is the same as for a small message."""
    assert (await chain(sealed(LIST, PLAIN + b"A line of the text.\r\n" * 10_000))).result == "pass"


@pytest.mark.parametrize("blank", [b"", b"\t", b"\r\n\t", b" \t ", b"\r\n "])
@pytest.mark.parametrize("field", [b"ARC-Seal", b"ARC-Message-Signature", b"ARC-Authentication-Results"])
async def test_blanks_before_the_number_are_free(field: bytes, blank: bytes) -> None:
    """The relaxed form is the same (RFC 6376 3.4.2), and servers write it in many ways."""
    raw = sealed(LIST, PLAIN)
    assert field + b": i=1" in raw
    assert await chain(raw.replace(field + b": i=1", field + b":" + blank + b"i=1")) == Arc("pass", "list.example")


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


TWICE = sealed(HUB, sealed(LIST, PLAIN), "pass")


def without(name: bytes, instance: int) -> bytes:
    """TWICE without one field of a set."""
    start = TWICE.index(b"%s: i=%d" % (name, instance))
    end = TWICE.index(b"\r\n", start) + 2
    while TWICE[end : end + 1] in (b" ", b"\t"):
        end = TWICE.index(b"\r\n", end) + 2
    return TWICE[:start] + TWICE[end:]


@pytest.mark.parametrize(
    "raw",
    [
        *(without(name, n) for name in (b"ARC-Seal", b"ARC-Message-Signature") for n in (1, 2)),
        *(without(b"ARC-Authentication-Results", n) for n in (1, 2)),
        without(b"ARC-Seal", 1).replace(b"ARC-Seal: i=2", b"ARC-Seal: i=1"),
        TWICE.replace(b"i=2", b"i=3"),
        TWICE.replace(b"i=1", b"i=0"),
        TWICE.replace(b"i=2", b"i=1"),
        TWICE.replace(b"i=2", b"i=999999999999"),
        TWICE.replace(b"i=2", b"x=2"),
        TWICE.replace(b"ARC-Seal: i=2", b"ARC-Seal: ri=2; i=1"),
        TWICE.replace(b"cv=none", b"cv=pass"),
        TWICE.replace(b"cv=pass", b"cv=none"),
        TWICE.replace(b"cv=pass", b"cv=fail"),
        TWICE.replace(b"cv=pass", b"cv=maybe"),
        TWICE.replace(b"cv=pass", b"h=from; cv=pass"),
        TWICE.replace(b"; s=a1", b""),
        b"ARC-Seal: i=1; cv=none\r\n" + TWICE,
    ],
)
async def test_what_is_no_chain_fails_without_a_question(raw: bytes) -> None:
    """Gaps, doubles, what each cv= must say, and fields that lack a tag (RFC 8617 5.2): no key can mend them."""
    assert raw != TWICE
    zone = FakeResolver(ZONE)
    assert (await chain(raw, zone)).result == "fail"
    assert zone.asked == []


async def test_an_earlier_signature_needs_no_key() -> None:
    """Every seal must hold, and the last signature alone (RFC 8617 5.2, step 4)."""
    zone = FakeResolver(ZONE)
    start = TWICE.index(b"ARC-Message-Signature: i=1")
    await chain(TWICE[:start] + TWICE[start:].replace(b"s=a1", b"s=z9", 1), zone)
    assert zone.asked == [("a1._domainkey.hub.example", "TXT"), ("a1._domainkey.list.example", "TXT")]


async def test_a_chain_that_ended_in_failure_stays_failed() -> None:
    """cv=fail."""
    assert (await chain(sealed(HUB, sealed(LIST, PLAIN), "fail"))).result == "fail"


async def test_dns_trouble_is_a_temperror() -> None:
    """DNS trouble counts for any key; a missing key is a failure."""
    zone = FakeResolver(ZONE)
    zone.away.add("a1._domainkey.list.example")
    assert (await chain(sealed(LIST, PLAIN), zone)).result == "temperror"
    assert (await chain(sealed(LIST, PLAIN), FakeResolver())).result == "fail"


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
