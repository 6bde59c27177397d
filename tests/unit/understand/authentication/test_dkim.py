"""DKIM signatures that others made: which hold, and why one doesn't."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.act.signing.dkim import SigningKey
from gateway.contract import Signature
from gateway.message.mime.parse import parse
from gateway.understand.authentication import dkim_keys
from gateway.understand.authentication.dkim import MAX_SIGNATURES, verify_signatures
from gateway.understand.authentication.dkimpy import (
    MAX_FIELDS,
    MAX_NAMES,
    MAX_SIGNATURE_BYTES,
)
from tests.support.builders.authentication import (
    PLAIN,
    FakeResolver,
    ed25519_key,
    outside_key,
    published,
    rsa_key,
    signed_by,
    tagged,
)

KEY = outside_key()
ED = SigningKey("outside.example", "ed", ed25519_key())
ZONE = published(KEY, ED)


async def results(raw: bytes, zone: dict[str, Any] | None = None) -> list[Signature]:
    return list(await verify_signatures(parse(raw), FakeResolver(ZONE if zone is None else zone)))


async def result(raw: bytes, zone: dict[str, Any] | None = None) -> tuple[str, str]:
    (found,) = await results(raw, zone)
    return found.result, found.reason


# --- what holds ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", [b"simple", b"relaxed"])
@pytest.mark.parametrize("body", [b"simple", b"relaxed"])
async def test_a_good_signature_passes(header: bytes, body: bytes) -> None:
    """A signature passes in every canonicalisation."""
    (found,) = await results(signed_by(KEY, canonical=(header, body)))
    assert found == Signature("outside.example", "s1", "pass", algorithm="rsa-sha256")


async def test_an_ed25519_signature_passes() -> None:
    """RFC 8463."""
    (found,) = await results(tagged(ED))
    assert (found.result, found.algorithm) == ("pass", "ed25519-sha256")


async def test_a_large_message_is_hashed_in_a_thread() -> None:
    """The result is the same as for a small message."""
    raw = PLAIN + b"A line of the text.\r\n" * 10_000
    assert await result(signed_by(KEY, raw)) == ("pass", "")


async def test_a_key_without_its_envelope_is_read() -> None:
    """p= holds a bare RSAPublicKey (RFC 8017 A.1.1) in some records."""
    import base64

    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    bare = rsa_key().public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    zone = {"s1._domainkey.outside.example": f"p={base64.b64encode(bare).decode()}"}
    assert await result(signed_by(KEY), zone) == ("pass", "")


async def test_other_records_beside_the_key_are_passed_over() -> None:
    """A wildcard's, for example."""
    name = "s1._domainkey.outside.example"
    assert await result(signed_by(KEY), {name: ["v=spf1 -all", "nonsense", ZONE[name]]}) == ("pass", "")


async def test_each_signature_has_its_result() -> None:
    """Results are listed from the top; a failed signature takes nothing from the others."""
    other = SigningKey("list.example", "s1", rsa_key(1))
    raw = signed_by(other, signed_by(KEY))
    found = await results(raw, ZONE | published(other))
    assert [(s.domain, s.result) for s in found] == [("list.example", "pass"), ("outside.example", "pass")]
    found = await results(raw, ZONE | {"s1._domainkey.list.example": ZONE["s1._domainkey.outside.example"]})
    assert [s.result for s in found] == ["fail", "pass"]


async def test_without_a_signature_nothing_is_asked() -> None:
    """Most mail costs nothing here."""
    zone = FakeResolver(ZONE)
    assert await verify_signatures(parse(PLAIN), zone) == ()
    assert zone.asked == []


# --- what doesn't ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b"Hello  Bob", b"Hello, Bob", "body"),
        (b"Subject: Hello", b"Subject: Hullo", "header"),
        (b"To: bob@", b"To: rob@", "header"),
    ],
)
async def test_a_changed_message_fails(old: bytes, new: bytes, why: str) -> None:
    """The change is in the body, or in a signed field."""
    answer, reason = await result(signed_by(KEY).replace(old, new))
    assert answer == "fail"
    assert why in reason


async def test_a_second_from_breaks_the_signature() -> None:
    """Above or below: mail programs differ in which one they show."""
    forged = b"From: boss@bank.example\r\n"
    raw = signed_by(KEY)
    at = raw.index(b"From:")
    for forgery in (
        forged + raw,
        raw[:at] + forged + raw[at:],
        raw.replace(b"\r\n\r\n", b"\r\n" + forged + b"\r\n", 1),
    ):
        assert (await result(forgery))[0] == "fail"


@pytest.mark.parametrize("canonical", [b"simple", b"relaxed"])
async def test_a_from_with_a_blank_before_its_colon_proves_nothing(canonical: bytes) -> None:
    """It is one to mail programs, and none to the signature."""
    raw = b"From : boss@bank.example\r\n" + signed_by(KEY, canonical=(canonical, b"simple"))
    assert (await result(raw))[0] == "permerror"


async def test_a_part_of_the_body_is_not_enough() -> None:
    """Anybody may add a text behind a body that is signed with l=."""
    raw = signed_by(KEY, length=True, canonical=(b"relaxed", b"simple"))
    assert await result(raw) == ("pass", "")
    assert await result(raw + b"Pay to this account\r\n") == ("policy", "it covers a part of the body only")


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, "pass"),
        ({"h": "to:subject"}, "permerror"),  # RFC 6376 5.4: From must be signed
        ({"h": "From : To"}, "pass"),
        ({"v": "2"}, "permerror"),
        ({"v": None}, "permerror"),
        ({"a": "rsa-sha1"}, "permerror"),  # RFC 8301 3.1
        ({"a": "rsa-md5"}, "permerror"),
        ({"a": "ed25519-sha256"}, "fail"),
        ({"d": "co..uk"}, "permerror"),
        ({"d": "b\u00fccher.example", "i": None}, "permerror"),
        ({"s": "../etc"}, "permerror"),
        ({"s": "nokey"}, "permerror"),
        ({"c": "strict/simple"}, "fail"),
        ({"c": "relaxed"}, "pass"),
        ({"x": "1"}, "permerror"),
        ({"t": "99999999999"}, "permerror"),
        ({"t": "9" * 5000}, "permerror"),
        ({"i": "eve@outside.example"}, "pass"),
        ({"i": "eve@sub.outside.example"}, "pass"),
        ({"i": "eve@other.example"}, "permerror"),
        ({"i": "outside.example"}, "permerror"),  # dkimpy: IndexError
        ({"l": ""}, "permerror"),  # dkimpy: ValueError
        ({"q": "dns/other"}, "permerror"),
        ({"bh": "!!"}, "permerror"),
    ],
)
async def test_odd_tags(tags: dict[str, str | None], expected: str) -> None:
    """Whatever stands in it, it is a result, never an exception."""
    assert (await result(tagged(KEY, **tags)))[0] == expected


@pytest.mark.parametrize(
    "field", [b"", b"v", b"=", b";;;", b"v=1; v=1", b"\xff\xfe", b"v=1; a=rsa-sha256; b=; bh=; d=; h=; s=", b"b=" * 50]
)
async def test_nonsense_is_a_permerror(field: bytes) -> None:
    """The field as a whole is a permerror."""
    assert (await result(b"DKIM-Signature: " + field + b"\r\n" + PLAIN))[0] == "permerror"


# --- keys ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "expected", "why"),
    [
        (None, "permerror", "no key"),
        ("v=DKIM1; p=", "permerror", "revoked"),
        ("v=DKIM2; p={p}", "permerror", "version"),
        ("v=DKIM1; k=rsa; p=!!!", "permerror", "read"),
        ("v=DKIM1; k=dsa; p={p}", "permerror", "kind"),
        ("v=DKIM1; h=sha1; p={p}", "permerror", "SHA-256"),
        ("v=DKIM1; h=sha1:sha256; p={p}", "pass", ""),
        ("v=DKIM1; s=tlsrpt; p={p}", "permerror", "e-mail"),
        ("v=DKIM1; s=email; p={p}", "pass", ""),
        ("v=DKIM1; t=s; p={p}", "pass", ""),
        ("v=DKIM1; k=ed25519; p={p}", "permerror", "read"),
        ("p={p}", "pass", ""),
        ("k=rsa; p={ed}", "permerror", "read"),
    ],
)
async def test_what_a_key_record_says(record: str | None, expected: str, why: str) -> None:
    """RFC 6376 3.6.1."""
    name = "s1._domainkey.outside.example"
    p, ed = (ZONE[n].rpartition("p=")[2] for n in (name, "ed._domainkey.outside.example"))
    zone = {} if record is None else {name: record.format(p=p, ed=ed)}
    answer, reason = await result(signed_by(KEY), zone)
    assert answer == expected
    assert why in reason


async def test_a_key_for_one_domain_is_not_for_its_subdomains() -> None:
    """t=s (RFC 6376 3.6.1)."""
    zone = {"s1._domainkey.outside.example": "t=y:s; " + ZONE["s1._domainkey.outside.example"]}
    assert await result(tagged(KEY, i="eve@outside.example"), zone) == ("pass", "")
    assert (await result(tagged(KEY, i="eve@sub.outside.example"), zone))[0] == "fail"


@pytest.mark.parametrize(("bits", "expected"), [(1024, "pass"), (2048, "pass")])
async def test_long_enough_keys(bits: int, expected: str) -> None:
    """RFC 8301 3.2: 1,024 bits at least."""
    key = SigningKey("outside.example", "short", rsa_key(7, bits))
    assert (await result(signed_by(key), published(key)))[0] == expected


def test_the_limits_of_a_keys_length(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the limit, and one bit past it on either side."""
    record = (ZONE["s1._domainkey.outside.example"],)
    monkeypatch.setattr(dkim_keys, "MIN_RSA_BITS", 2048)
    monkeypatch.setattr(dkim_keys, "MAX_RSA_BITS", 2048)
    assert dkim_keys.read_key(record).kind == b"rsa"
    monkeypatch.setattr(dkim_keys, "MIN_RSA_BITS", 2049)
    with pytest.raises(dkim_keys.UnusableKey, match="2048 bits"):
        dkim_keys.read_key(record)
    monkeypatch.setattr(dkim_keys, "MIN_RSA_BITS", 1024)
    monkeypatch.setattr(dkim_keys, "MAX_RSA_BITS", 2047)
    with pytest.raises(dkim_keys.UnusableKey, match="2048 bits"):
        dkim_keys.read_key(record)


async def test_dns_trouble_is_a_temperror() -> None:
    """Never a pass, and no failure that anybody is to blame for."""
    zone = FakeResolver(ZONE)
    zone.away.add("s1._domainkey.outside.example")
    (found,) = await verify_signatures(parse(signed_by(KEY)), zone)
    assert found.result == "temperror"


# --- limits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [MAX_SIGNATURES - 1, MAX_SIGNATURES, MAX_SIGNATURES + 1])
async def test_so_many_signatures_are_verified(number: int) -> None:
    """Signatures are verified from the top."""
    field = signed_by(KEY).removesuffix(PLAIN)
    assert len(await results(field * number + PLAIN)) == min(number, MAX_SIGNATURES)


@pytest.mark.parametrize(("longer_by", "expected"), [(-1, "pass"), (0, "pass"), (1, "permerror")])
async def test_a_signature_has_a_greatest_length(longer_by: int, expected: str) -> None:
    """The limit guards dkimpy, whose expressions take a time that grows with the square of the length."""
    length = len(tagged(KEY, z="")) - len(PLAIN) - len("DKIM-Signature:") + longer_by
    raw = tagged(KEY, z="x" * (MAX_SIGNATURE_BYTES - length + 2 * longer_by))
    assert (await result(raw))[0] == expected


@pytest.mark.parametrize(("blanks", "expected"), [(98, "pass"), (99, "pass"), (100, "permerror")])
async def test_blanks_in_a_row_have_a_limit(blanks: int, expected: str) -> None:
    """The same; one blank stands there anyway."""
    raw = signed_by(KEY).replace(b"; d=", b";" + b" " * blanks + b"d=")
    assert (await result(raw))[0] == expected


@pytest.mark.parametrize(("extra", "expected"), [(-1, "pass"), (0, "pass"), (1, "fail")])
async def test_names_and_fields_have_limits(extra: int, expected: str) -> None:
    """The limit guards dkimpy, which looks for each name among all fields. From counts once more."""
    names = ":".join(["from", *["x"] * (MAX_NAMES - 2 + extra)])
    assert (await result(tagged(KEY, h=names)))[0] == expected
    many = b"X: 1\r\n" * (MAX_FIELDS - 1 + extra) + PLAIN
    assert (await result(tagged(KEY, many, h="from:x")))[0] == expected
