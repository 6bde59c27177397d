"""The proof that a message comes from our own account at a mail service: missing, spoofed and good ones."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.act.signing.dkim import SigningKey
from gateway.contract import Direction, Envelope, Recipient
from gateway.directory.domains import Domains
from gateway.understand.authentication.tenants import COVERED, PROVEN, GoogleProof, Microsoft365Proof, Proof
from tests.support.builders.authentication import FakeResolver, published, rsa_key, signed_by

ID = "72f988bf-86f1-41af-91ab-2d7cd011db47"
OTHER = "00000000-86f1-41af-91ab-2d7cd011db47"
NAMES = frozenset({"mail.protection.outlook.com"})
OURS = Domains(["example.co.uk", "example.onmicrosoft.com"])
TENANT, ORIGINATOR = f"X-MS-Exchange-CrossTenant-Id: {ID}", "X-OriginatorOrg: example.co.uk"


def envelope(*directions: Direction) -> Envelope:
    return Envelope("a@example.co.uk", tuple(Recipient(f"b{n}@x.example", d) for n, d in enumerate(directions)))


# --- Microsoft 365 ---------------------------------------------------------------------------------------------------


async def microsoft(
    fields: Sequence[str], *directions: Direction, names: frozenset[str] = NAMES, body: str = "Hello\r\n"
) -> Proof:
    raw = "".join(f"{field}\r\n" for field in ("From: a@example.co.uk", *fields)) + "\r\n" + body
    return await Microsoft365Proof(ID, OURS, NAMES).prove(raw.encode(), envelope(*directions), names)


@pytest.mark.parametrize(
    ("fields", "directions"),
    [
        ((TENANT, ORIGINATOR), ("outbound",)),
        ((TENANT, ORIGINATOR), ("internal", "outbound")),
        ((TENANT.upper(), "x-originatororg:EXAMPLE.onmicrosoft.com "), ("outbound",)),
        ((f"X-MS-Exchange-CrossTenant-Id:\r\n {ID}", ORIGINATOR), ("outbound",)),
        ((TENANT,), ("inbound",)),
        ((TENANT, "X-OriginatorOrg: stranger.example"), ("inbound",)),
    ],
)
async def test_our_tenant_is_proven(fields: Sequence[str], directions: Sequence[Direction]) -> None:
    """Mail from outside, which our tenant hands on, has no originator of ours."""
    assert await microsoft(fields, *directions) == PROVEN


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ((), "X-MS-Exchange-CrossTenant-Id is missing"),
        ((ORIGINATOR,), "X-MS-Exchange-CrossTenant-Id is missing"),
        ((f"X-MS-Exchange-CrossTenant-Id: {OTHER}", ORIGINATOR),
         f"X-MS-Exchange-CrossTenant-Id is {OTHER}, which is not ours"),
        ((TENANT, f"X-MS-Exchange-CrossTenant-Id: {OTHER}", ORIGINATOR), "X-MS-Exchange-CrossTenant-Id stands 2 times"),
        ((TENANT, TENANT, ORIGINATOR), "X-MS-Exchange-CrossTenant-Id stands 2 times"),
        ((f"X-MS-Exchange-CrossTenant-Id : {ID}", ORIGINATOR),
         "X-MS-Exchange-CrossTenant-Id is not written plainly"),
        ((f"X-MS-Exchange-CrossTenant-Id: =?utf-8?q?{ID}?=", ORIGINATOR), "which is not ours"),
        ((f"X-MS-Exchange-CrossTenant-Id: {ID} ({OTHER})", ORIGINATOR), "which is not ours"),
        ((f"X-MS-Exchange-CrossTenant-Id: {{{ID}}}", ORIGINATOR), "which is not ours"),
        ((f"X-MS-Exchange-Organization-Id: {ID}", ORIGINATOR), "X-MS-Exchange-CrossTenant-Id is missing"),
        ((TENANT,), "X-OriginatorOrg is missing"),
        ((TENANT, "X-OriginatorOrg: stranger.example"), "X-OriginatorOrg is stranger.example, which is not ours"),
        ((TENANT, "X-OriginatorOrg: sub.example.co.uk"), "X-OriginatorOrg is sub.example.co.uk, which is not ours"),
        ((TENANT, ORIGINATOR, "X-OriginatorOrg: stranger.example"), "X-OriginatorOrg stands 2 times"),
        ((TENANT, "X-OriginatorOrg:"), "X-OriginatorOrg is not written plainly"),
        (("a line that is no field", TENANT, ORIGINATOR), "X-MS-Exchange-CrossTenant-Id is not written plainly"),
        ((TENANT, "\0", ORIGINATOR), "X-OriginatorOrg is not written plainly"),
    ],
)  # fmt: skip
async def test_removed_and_spoofed_fields_prove_nothing(fields: Sequence[str], why: str) -> None:
    """Each field must stand once, as its server writes it."""
    found = await microsoft(fields, "outbound")
    assert found.result == "unproven"
    assert why in found.why


async def test_one_recipient_outside_needs_the_originator() -> None:
    """However many others are inbound."""
    assert (await microsoft((TENANT,), "inbound", "outbound")).result == "unproven"


async def test_fields_in_the_body_or_in_a_part_prove_nothing() -> None:
    found = await microsoft((), "outbound", body=f"{TENANT}\r\n{ORIGINATOR}\r\n\r\nHello\r\n")
    assert found == Proof("unproven", "X-MS-Exchange-CrossTenant-Id is missing")


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (frozenset[str](), "the client showed no certificate of mail.protection.outlook.com"),
        (frozenset({"mail.stranger.example"}), "of mail.protection.outlook.com, but of mail.stranger.example"),
        (frozenset({"x.mail.protection.outlook.com"}), "but of x.mail.protection.outlook.com"),
    ],
)
async def test_without_the_certificate_no_field_counts(names: frozenset[str], why: str) -> None:
    found = await microsoft((TENANT, ORIGINATOR), "outbound", names=names)
    assert (found.result, why in found.why) == ("unproven", True)


async def test_what_stands_beyond_the_fields_that_are_read_proves_nothing() -> None:
    """Else the field of the service would be hidden behind thousands of others."""
    found = await microsoft(
        (TENANT, ORIGINATOR, *["a:"] * 20_000, f"X-MS-Exchange-CrossTenant-Id: {OTHER}"), "outbound"
    )
    assert found == Proof("unproven", "the header is larger than what is read of it")
    raw = signed_by(KEY, MESSAGE).replace(b"\r\n\r\n", b"\r\na:" * 20_000 + b"\r\nFrom: e@stranger.example\r\n\r\n", 1)
    assert await proven(raw) == Proof("unproven", "the header is larger than what is read of it")


@given(st.binary(max_size=400))
def test_no_octets_prove_our_tenant(octets: bytes) -> None:
    """Nothing is raised; without the id itself nothing is proven."""
    proof = Microsoft365Proof(ID, OURS, NAMES).prove(octets, envelope("outbound"), NAMES)
    assert asyncio.run(proof).result == "unproven"


# --- Google ----------------------------------------------------------------------------------------------------------

KEY = SigningKey("example.co.uk", "google", rsa_key())
STRANGER = SigningKey("stranger.example", "google", rsa_key(1))
MESSAGE = b"From: A <a@example.co.uk>\r\nTo: b@x.example\r\nSubject: Hello\r\n\r\nHello Bob\r\n"


def google(resolver: FakeResolver | None = None) -> GoogleProof:
    return GoogleProof(OURS, resolver or FakeResolver(published(KEY, STRANGER)), 5)


async def proven(raw: bytes, resolver: FakeResolver | None = None) -> Proof:
    return await google(resolver).prove(raw, envelope("outbound"), frozenset())


async def test_our_signature_proves_our_account() -> None:
    """A stranger's beside it does no harm, and a large message is read in a thread."""
    assert await proven(signed_by(KEY, MESSAGE)) == PROVEN
    assert await proven(signed_by(STRANGER, signed_by(KEY, MESSAGE))) == PROVEN
    assert await proven(signed_by(KEY, MESSAGE + b"A line of the text.\r\n" * 10_000)) == PROVEN


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (MESSAGE, "it has no DKIM signature of ours"),
        (signed_by(STRANGER, MESSAGE), "it has no DKIM signature of ours"),
        (signed_by(KEY, MESSAGE).replace(b"Hello Bob", b"Hello Eve"), "example.co.uk: the body was changed"),
        (signed_by(KEY, MESSAGE).replace(b"d=example.co.uk", b"d=stranger.example"), "no DKIM signature of ours"),
        (signed_by(STRANGER, MESSAGE.replace(b"a@example.co.uk", b"a@stranger.example")),
         "`From:` names stranger.example, none of our domains"),
        (signed_by(KEY, MESSAGE.replace(b"a@example.co.uk", b"a@stranger.example")),
         "`From:` names stranger.example, none of our domains"),
        (signed_by(KEY, MESSAGE.replace(b"A <a@example.co.uk>", b"a@example.co.uk, e@stranger.example")),
         "`From:` names stranger.example, none of our domains"),
        (b"From: e@stranger.example\r\n" + signed_by(KEY, MESSAGE), "`From:` names stranger.example"),
        (b"From: a@example.co.uk <e@stranger.example\r\n" + signed_by(KEY, MESSAGE), "`From:` is unclear"),
        (b"Subject: x\r\n\r\nHello\r\n", "`From:` is unclear"),
    ],
)  # fmt: skip
async def test_anything_else_proves_nothing(raw: bytes, why: str) -> None:
    """No signature, a stranger's, a broken one, and authors who aren't ours."""
    found = await proven(raw)
    assert found.result == "unproven"
    assert why in found.why


@pytest.mark.parametrize(
    ("field", "why"),
    [
        (b"Reply-To: e@stranger.example", "reply-to"),
        (b"Subject: Our new account", "subject"),
        (b"Cc: e@stranger.example", "cc"),
        (b"To: e@stranger.example", "to"),
    ],
)
async def test_a_field_that_was_added_to_a_signed_message_proves_nothing(field: bytes, why: str) -> None:
    """Another customer of the service can send a message of ours again; the signature holds on."""
    raw = field + b"\r\n" + signed_by(KEY, MESSAGE)
    assert await proven(raw) == Proof("unproven", f"its DKIM signature doesn't cover every field {why}")
    every = [name for name in COVERED for _ in range(2)]
    assert await proven(signed_by(KEY, field + b"\r\n" + MESSAGE, names=[name.encode() for name in every])) == PROVEN


async def test_without_an_answer_of_dns_it_is_undecided() -> None:
    """Unless another signature of ours holds; a stranger's key is of no interest."""
    resolver = FakeResolver(published(KEY, STRANGER))
    resolver.away = {"google._domainkey.example.co.uk"}
    found = await proven(signed_by(KEY, MESSAGE), resolver)
    assert found == Proof("undecided", "the signature of example.co.uk: the key can't be fetched now")
    other = SigningKey("example.co.uk", "second", rsa_key())
    resolver.records |= FakeResolver(published(other)).records
    assert await proven(signed_by(other, signed_by(KEY, MESSAGE)), resolver) == PROVEN
    resolver.away = {"google._domainkey.stranger.example"}
    assert (await proven(signed_by(STRANGER, MESSAGE), resolver)).result == "unproven"
