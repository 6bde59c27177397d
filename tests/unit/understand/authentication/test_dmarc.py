"""DMARC: records, alignment of every address of `From:`, and the worst result."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.contract import Dmarc, Signature, Spf
from gateway.understand.authentication.dmarc import MAX_DOMAINS, align, judge, policies
from tests.support.builders.authentication import FakeResolver

EVE = ("eve@mail.outside.example",)
PASS = Spf("pass", "outside.example")
NONE = Spf()


def dkim(domain: str, result: Any = "pass") -> Signature:
    return Signature(domain, "s1", result)


async def found(
    zone: FakeResolver, authors: tuple[str, ...] = EVE, spf: Spf = NONE, *signatures: Signature
) -> tuple[Dmarc, list[list[str]]]:
    published = await policies(authors, zone)
    by = align(authors, published, spf, signatures)
    return judge(by, published), [sorted(author.aligned) for author in by]


def zone(record: str | list[str], domain: str = "outside.example") -> FakeResolver:
    return FakeResolver({f"_dmarc.{domain}": record})


@pytest.mark.parametrize(
    ("spf", "signatures", "expected"),
    [
        (PASS, (), "pass"),
        (NONE, (dkim("outside.example"),), "pass"),
        (NONE, (dkim("other.example"), dkim("deep.mail.outside.example")), "pass"),
        (NONE, (), "fail"),
        (Spf("fail", "outside.example"), (dkim("outside.example", "fail"),), "fail"),
        (Spf("pass", "other.example"), (dkim("other.example"),), "fail"),
        (Spf("softfail", "outside.example"), (), "fail"),
        (Spf("temperror", "outside.example"), (), "temperror"),
        (NONE, (dkim("outside.example", "temperror"),), "temperror"),
        (Spf("temperror", "other.example"), (dkim("outside.example"),), "pass"),
        (Spf("temperror", "other.example"), (), "fail"),
        (NONE, (dkim("other.example", "temperror"),), "fail"),
        (Spf("temperror", ""), (dkim("", "temperror"),), "fail"),
        (Spf("temperror", "other.example"), (dkim("mail.outside.example", "temperror"),), "temperror"),
        (NONE, (dkim("outside.example", "policy"),), "fail"),
    ],
)
async def test_one_aligned_pass_is_enough(spf: Spf, signatures: tuple[Signature, ...], expected: str) -> None:
    """RFC 7489 3; what could not be asked now is no failure."""
    dmarc, _ = await found(zone("v=DMARC1; p=reject"), EVE, spf, *signatures)
    assert dmarc == Dmarc(expected, "reject", "mail.outside.example")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("record", "policy"),
    [
        ("v=DMARC1; p=none", "none"),
        ("v=DMARC1;p=quarantine;", "quarantine"),
        ("v = DMARC1 ; p = Reject", "reject"),
        ("v=DMARC1; p=none; sp=reject", "reject"),  # the author's is a subdomain
        ("v=DMARC1; p=odd; rua=mailto:x@outside.example", "none"),  # RFC 7489 6.6.3
        (["v=spf1 -all", "v=DMARC1; p=reject"], "reject"),
    ],
)
async def test_what_a_record_asks_for(record: str | list[str], policy: str) -> None:
    """The organisation's record counts for a subdomain without its own."""
    dmarc, _ = await found(zone(record))
    assert (dmarc.result, dmarc.policy) == ("fail", policy)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ("v=DMARC2; p=reject", "none"),
        ("v=dmarc1; p=reject", "none"),
        ("p=reject; v=DMARC1", "none"),
        ("v=DMARC10; p=reject", "none"),
        (["v=DMARC1; p=none", "v=DMARC1; p=reject"], "none"),
        ("v=DMARC1", "permerror"),
        ("v=DMARC1; p=odd", "permerror"),
        ("v=DMARC1; p=none; sp=odd", "permerror"),
    ],
)
async def test_records_that_are_none(record: str | list[str], expected: str) -> None:
    """RFC 7489 6.6.3."""
    dmarc, _ = await found(zone(record), EVE, PASS)
    assert (dmarc.result, dmarc.policy) == (expected, "")


async def test_a_domains_own_record_comes_first() -> None:
    """Its `sp` is for what is below it."""
    both = FakeResolver(
        {"_dmarc.mail.outside.example": "v=DMARC1; p=none; sp=reject", "_dmarc.outside.example": "v=DMARC1; p=reject"}
    )
    dmarc, _ = await found(both)
    assert dmarc.policy == "none"
    assert both.asked == [("_dmarc.mail.outside.example", "TXT")]


async def test_one_look_up_where_the_author_is_at_the_organisations_domain() -> None:
    """One look-up is made whether or not the domain has a record."""
    empty = FakeResolver()
    dmarc, by = await found(empty, ("eve@outside.example",), PASS)
    assert (dmarc.result, by) == ("none", [["spf"]])
    assert len(empty.asked) == 1


async def test_strict_alignment_is_the_domains_choice() -> None:
    """SPF and DKIM are chosen apart."""
    both = (PASS, dkim("outside.example"))
    for tags, expected in (("", ["dkim", "spf"]), ("aspf=s", ["dkim"]), ("adkim=s", ["spf"]), ("aspf=s; adkim=s", [])):
        _, by = await found(zone(f"v=DMARC1; p=reject; {tags}"), EVE, *both)
        assert by == [expected]


@pytest.mark.parametrize("own", ["outside.example", "mail.outside.example"])
async def test_dns_trouble_is_a_temperror(own: str) -> None:
    """At either record; alignment without it is relaxed."""
    away = zone("v=DMARC1; p=reject")
    away.away.add(f"_dmarc.{own}")
    dmarc, by = await found(away, EVE, PASS)
    assert (dmarc.result, by) == ("temperror", [["spf"]])


# --- several authors -------------------------------------------------------------------------------------------------

BOTH = ("eve@outside.example", "boss@acme-ltd.example")


async def test_of_several_authors_the_worst_counts() -> None:
    """A forged one beside a true one is a failure of the domain that is forged."""
    records = FakeResolver(
        {"_dmarc.outside.example": "v=DMARC1; p=none", "_dmarc.acme-ltd.example": "v=DMARC1; p=reject"}
    )
    dmarc, by = await found(records, BOTH, PASS)
    assert dmarc == Dmarc("fail", "reject", "acme-ltd.example")
    assert by == [["spf"], []]
    dmarc, by = await found(records, BOTH, PASS, dkim("acme-ltd.example"))
    assert (dmarc.result, by) == ("pass", [["spf"], ["dkim"]])


@pytest.mark.parametrize("signer", ["acme.example", "ltd.example", "acme-ltd-x.example"])
async def test_a_hyphen_divides_nothing(signer: str) -> None:
    """The domain that authheaders cuts."""
    _, by = await found(FakeResolver(), BOTH[1:], NONE, dkim(signer))
    assert by == [[]]


@pytest.mark.parametrize(
    ("number", "expected"), [(MAX_DOMAINS - 1, "none"), (MAX_DOMAINS, "none"), (MAX_DOMAINS + 1, "permerror")]
)
async def test_domains_of_from_have_a_limit(number: int, expected: str) -> None:
    """Past it none is asked."""
    empty = FakeResolver()
    dmarc, _ = await found(empty, tuple(f"x@d{n}.example" for n in range(number)))
    assert dmarc.result == expected
    assert len(empty.asked) == (number if expected == "none" else 0)


async def test_without_a_readable_author_it_is_a_permerror() -> None:
    """And nobody is asked."""
    dmarc, by = await found(FakeResolver(), ())
    assert (dmarc, by) == (Dmarc("permerror"), [])


async def test_an_identifier_counts_as_strictly_as_the_domain_asks() -> None:
    """Its parent's silence proves nothing where only the very domain is aligned (RFC 7489 3.1)."""
    dmarc, _ = await found(zone("v=DMARC1; p=reject; adkim=s"), EVE, NONE, dkim("outside.example", "temperror"))
    assert dmarc.result == "fail"
    dmarc, _ = await found(zone("v=DMARC1; p=reject; adkim=s"), EVE, NONE, dkim("mail.outside.example", "temperror"))
    assert dmarc.result == "temperror"


async def test_the_name_of_the_version_tag_has_no_case() -> None:
    """Names of tags have none, the value has (RFC 7489 6.3)."""
    assert (await found(zone("V=DMARC1; P=reject")))[0] == Dmarc("fail", "reject", "mail.outside.example")
    assert (await found(zone("v=dmarc1; p=reject")))[0].result == "none"


async def test_of_two_failures_the_stricter_policy_is_told() -> None:
    """A forger who names a domain of his own first doesn't hide what the other asks for."""
    records = FakeResolver({"_dmarc.lax.example": "v=DMARC1; p=none", "_dmarc.bank.example": "v=DMARC1; p=reject"})
    dmarc, _ = await found(records, ("eve@lax.example", "boss@bank.example"))
    assert dmarc == Dmarc("fail", "reject", "bank.example")
