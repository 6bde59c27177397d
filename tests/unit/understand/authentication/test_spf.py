"""SPF: pyspf over our Resolver, in a greenlet; what it may cost, and that trouble proves nothing."""

from __future__ import annotations

import asyncio
import inspect
import time

import pytest
import spf

from gateway.contract import Client, DnsRecords, RecordKind, Spf
from gateway.understand.authentication.spf import (
    MAX_LOOKUPS,
    MAX_RECORD_CHARACTERS,
    MAX_TERM_CHARACTERS,
    _Query,
    evaluate,
)
from tests.support.builders.authentication import OUTSIDE, FakeResolver

EVE = "eve@outside.example"


async def result(record: str, client: Client = OUTSIDE, sender: str = EVE, **zone: dict[str, list[str]]) -> str:
    domain = sender.rpartition("@")[2] or client.helo
    found = await evaluate(FakeResolver({domain: record}, **zone), client, sender)
    return found.result


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ("v=spf1 ip4:192.0.2.0/24 -all", "pass"),
        ("v=spf1 ip4:198.51.100.1 -all", "fail"),
        ("v=spf1 ip4:198.51.100.1 ~all", "softfail"),
        ("v=spf1 ip4:198.51.100.1 ?all", "neutral"),
        ("v=spf1", "neutral"),
        ("v=spf10 -all", "none"),
        ("something else", "none"),
        ("v=spf1 ip4:nonsense -all", "permerror"),
        ("v=spf1 ip4:192.0.2.0/99 -all", "permerror"),
        ("v=spf1 wrong:mechanism -all", "permerror"),
        ("v=spf1 include:nowhere.example -all", "permerror"),
        ("v=spf1 redirect=nowhere.example", "permerror"),
        ("v=spf1 include:outside.example -all", "permerror"),  # of itself, for ever
        ("v=spf1 redirect=outside.example", "permerror"),
        ("v=spf1 a:%{q}.example -all", "permerror"),
        ("v=spf1 exists:%{i}.%{l}.spf.example -all", "fail"),
        ("v=spf1 ip4:192.0.2.7 exp=nowhere.example", "pass"),
    ],
)
async def test_a_record_has_its_result(record: str, expected: str) -> None:
    """RFC 7208."""
    assert await result(record) == expected


async def test_names_are_looked_up_on_the_way() -> None:
    """a, mx, include, exists and ptr."""
    zone = FakeResolver(
        {
            "outside.example": "v=spf1 a:none.example include:esp.example -all",
            "esp.example": "v=spf1 mx:m.example -all",
        },
        MX={"m.example": ["20 b.example", "10 a.example"]},
        A={"a.example": ["198.51.100.1"], "b.example": ["192.0.2.7"]},
    )
    assert await evaluate(zone, OUTSIDE, EVE) == Spf("pass", "outside.example")
    kinds = [kind for _, kind in zone.asked]
    assert kinds == ["TXT", "A", "TXT", "MX", "A", "A"]


async def test_ipv6_is_looked_up_as_such() -> None:
    """AAAA, and ip6."""
    client = Client("2001:db8::7", "mx")
    assert await result("v=spf1 a:h.example -all", client, AAAA={"h.example": ["2001:db8::7"]}) == "pass"
    assert await result("v=spf1 ip6:2001:db8::/32 -all", client) == "pass"


async def test_ptr_is_validated() -> None:
    """Both ways (RFC 7208 5.5)."""
    zone = {"PTR": {"7.2.0.192.in-addr.arpa": ["mx.outside.example"]}, "A": {"mx.outside.example": ["192.0.2.7"]}}
    assert await result("v=spf1 ptr -all", **zone) == "pass"
    assert await result("v=spf1 ptr -all", **zone | {"A": {"mx.outside.example": ["192.0.2.8"]}}) == "fail"


@pytest.mark.parametrize("record", ["v=spf1 ptr -all", "v=spf1 exists:%{p}.ok.example -all"])
@pytest.mark.parametrize("away", ["7.2.0.192.in-addr.arpa", "mx.outside.example"])
async def test_trouble_with_the_clients_own_names_is_no_match(record: str, away: str) -> None:
    """RFC 7208 5.5 and 7.3: the client's network answers for them, so it could make a temperror of every fail."""
    zone = FakeResolver({"outside.example": record}, PTR={"7.2.0.192.in-addr.arpa": ["mx.outside.example"]})
    zone.away.add(away)
    assert (await evaluate(zone, OUTSIDE, EVE)).result == "fail"


async def test_after_the_first_trouble_with_them_no_more_are_asked() -> None:
    """Ten silent names would take all the time that there is."""
    names = [f"h{n}.client.example" for n in range(10)]
    zone = FakeResolver({"outside.example": "v=spf1 ptr -all"}, PTR={"7.2.0.192.in-addr.arpa": names})
    zone.away |= set(names)
    assert (await evaluate(zone, OUTSIDE, EVE)).result == "fail"
    assert len([name for name, kind in zone.asked if kind == "A"]) == 1


@pytest.mark.parametrize(
    "record", ["v=spf1 ptr -all", "v=spf1 exists:%{p}.ok.example -all", "v=spf1 ptr ptr:a.example -all"]
)
async def test_slow_names_of_the_client_leave_time_for_the_record(record: str) -> None:
    """Each answers in time, all together don't: a fail would be a temperror for whoever sends from slow names."""

    class Slow(FakeResolver):
        async def look_up(self, name: str, kind: RecordKind) -> DnsRecords:
            if name.endswith((".client.example", ".arpa")):
                await asyncio.sleep(0.09)
            return await super().look_up(name, kind)

    names = [f"h{n}.client.example" for n in range(10)]
    zone = Slow({"outside.example": record}, PTR={"7.2.0.192.in-addr.arpa": names})
    assert (await evaluate(zone, OUTSIDE, EVE, time.monotonic() + 0.4)).result == "fail"


async def test_names_of_the_client_that_lead_nowhere_are_no_void_look_ups() -> None:
    """The author of the record can't help them."""
    names = [f"h{n}.client.example" for n in range(5)]
    zone = {"PTR": {"7.2.0.192.in-addr.arpa": names}}
    assert await result("v=spf1 ptr -all", **zone) == "fail"


@pytest.mark.parametrize(("address", "other"), [("2001:db8::7", "A"), ("192.0.2.7", "AAAA")])
async def test_hosts_of_the_other_family_are_no_void_look_ups(address: str, other: str) -> None:
    """The names exist; a network without IPv6 does not make every IPv6 sender a permerror."""
    hosts = {other: {f"h{n}.example": ["x"] for n in range(5)}, "MX": {"m.example": ["1 h3.example", "2 h4.example"]}}
    terms = "a:h0.example a:h1.example a:h2.example mx:m.example"
    assert await result(f"v=spf1 {terms} -all", Client(address, "mx"), **hosts) == "fail"


async def test_no_answer_in_time_is_a_temperror_of_that_domain() -> None:
    """Its name is kept: only an aligned one matters to DMARC."""

    class Never(FakeResolver):
        async def look_up(self, name: str, kind: object) -> DnsRecords:
            await asyncio.sleep(3600)
            raise AssertionError

    ends = time.monotonic() + 0.05
    assert await evaluate(Never(), OUTSIDE, EVE, ends) == Spf("temperror", "outside.example")


async def test_an_explanation_is_not_looked_up() -> None:
    """Nobody is told it."""
    zone = FakeResolver({"outside.example": "v=spf1 -all exp=why.example"})
    assert (await evaluate(zone, OUTSIDE, EVE)).result == "fail"
    assert zone.asked == [("outside.example", "TXT")]


# --- who ------------------------------------------------------------------------------------------------------------


async def test_the_null_sender_is_judged_by_helo() -> None:
    """RFC 7208 2.4."""
    zone = FakeResolver({"mx.outside.example": "v=spf1 ip4:192.0.2.7 -all"})
    assert await evaluate(zone, OUTSIDE, "") == Spf("pass", "mx.outside.example", "helo")


@pytest.mark.parametrize("helo", ["", "pc", "[192.0.2.7]", "a b", "x\x00.example"])
async def test_a_helo_that_is_no_domain_is_none(helo: str) -> None:
    """And nothing is asked."""
    zone = FakeResolver()
    assert (await evaluate(zone, Client("192.0.2.7", helo), "")).result == "none"
    assert zone.asked == []


@pytest.mark.parametrize("sender", ["postmaster", "x@localhost", "x@[192.0.2.7]", "x@a..b"])
async def test_a_sender_without_a_domain_is_none(sender: str) -> None:
    """Nothing can be published for it."""
    assert (await evaluate(FakeResolver(), OUTSIDE, sender)).result == "none"


async def test_the_domain_stands_behind_the_last_at() -> None:
    """A quoted local part may hold another; pyspf splits at the first."""
    assert (
        await evaluate(FakeResolver({"outside.example": "v=spf1 +all"}), OUTSIDE, '"x@bank.example"@outside.example')
    ) == Spf("pass", "outside.example")


async def test_an_internationalised_domain_is_asked_in_ascii() -> None:
    """RFC 7208 4.3."""
    found = await evaluate(FakeResolver({"xn--bcher-kva.example": "v=spf1 +all"}), OUTSIDE, "x@b\u00fccher.example")
    assert found == Spf("pass", "xn--bcher-kva.example")


# --- trouble and limits ----------------------------------------------------------------------------------------------


async def test_dns_trouble_is_a_temperror() -> None:
    """At the record itself, or behind it; an include that can't be asked is no "no"."""
    zone = FakeResolver({"outside.example": "v=spf1 include:esp.example +all"})
    zone.away.add("esp.example")
    assert (await evaluate(zone, OUTSIDE, EVE)).result == "temperror"
    zone.away.add("outside.example")
    assert (await evaluate(zone, OUTSIDE, EVE)).result == "temperror"


async def test_no_more_than_ten_terms_are_looked_up() -> None:
    """RFC 7208 4.6.4."""
    addresses = {f"h{n}.example": ["198.51.100.1"] for n in range(11)}
    for number, expected in ((9, "fail"), (10, "fail"), (11, "permerror")):
        terms = " ".join(f"a:h{n}.example" for n in range(number))
        assert await result(f"v=spf1 {terms} -all", A=addresses) == expected


@pytest.mark.parametrize(("void", "expected"), [(1, "fail"), (2, "fail"), (3, "permerror")])
async def test_no_more_than_two_look_ups_may_be_void(void: int, expected: str) -> None:
    """RFC 7208 4.6.4."""
    terms = " ".join(f"a:none{n}.example" for n in range(void))
    assert await result(f"v=spf1 {terms} -all") == expected


@pytest.mark.parametrize(("lookups", "expected"), [(-1, "fail"), (0, "fail"), (1, "permerror")])
async def test_look_ups_in_all_have_a_limit(lookups: int, expected: str) -> None:
    """One for the record, one for each `mx`, one for each name of it."""
    names = MAX_LOOKUPS + lookups - 1
    lists = [10] * (names // 11) + ([names % 11 - 1] if names % 11 else [])
    mx = {f"m{n}.example": [f"10 h{n}x{k}.example" for k in range(count)] for n, count in enumerate(lists)}
    hosts = {f"h{n}x{k}.example": ["198.51.100.1"] for n, count in enumerate(lists) for k in range(count)}
    terms = " ".join(f"mx:{name}" for name in mx)
    zone = FakeResolver({"outside.example": f"v=spf1 {terms} -all"}, MX=mx, A=hosts)
    assert (await evaluate(zone, OUTSIDE, EVE)).result == expected
    assert len(zone.asked) == MAX_LOOKUPS + min(lookups, 0)


@pytest.mark.parametrize(("extra", "expected"), [(-1, "pass"), (0, "pass"), (1, "permerror")])
async def test_a_record_and_its_terms_have_a_greatest_length(extra: int, expected: str) -> None:
    """The limit guards pyspf, whose time grows with the square of the length."""
    start = "v=spf1 ip4:192.0.2.7 "
    blanks = " " * (MAX_RECORD_CHARACTERS - len(start) + extra)
    assert await result(start + blanks) == expected
    term = "x=" + "y" * (MAX_TERM_CHARACTERS - 2 + extra)
    assert await result(start + term) == expected


@pytest.mark.parametrize(
    "record",
    ["v=spf1 a:" + "%{d}." * 80, "v=spf1 " + "%{" * 250, "v=spf1 exists:" + "%{l99999r}" * 40, "v=spf1 =" * 99],
)
async def test_a_hostile_record_ends(record: str) -> None:
    """A hostile record has some result."""
    assert await result(record) in ("permerror", "fail", "neutral")


async def test_it_can_be_called_off() -> None:
    """While the DNS is waited for; nothing is left behind."""

    class Never(FakeResolver):
        async def look_up(self, name: str, kind: object) -> DnsRecords:
            self.asked.append((name, str(kind)))
            await asyncio.sleep(3600)
            raise AssertionError

    zone = Never()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await evaluate(zone, OUTSIDE, EVE)
    assert len(zone.asked) == 1


async def test_many_wait_without_a_thread() -> None:
    """A hundred evaluations are under way at once, and each gets its own answers."""

    class Slow(FakeResolver):
        def __init__(self) -> None:
            super().__init__()
            self.waiting = 0
            self.together = asyncio.Event()

        async def look_up(self, name: str, kind: object) -> DnsRecords:
            self.waiting += 1
            if self.waiting == 100:
                self.together.set()
            await self.together.wait()
            number = int(name.partition(".")[0].removeprefix("d"))
            return DnsRecords((f"v=spf1 ip4:192.0.2.{number} -all",))

    zone = Slow()
    found = await asyncio.gather(
        *(evaluate(zone, Client(f"192.0.2.{n if n % 2 else 200}"), f"x@d{n}.example") for n in range(100))
    )
    assert [one.result for one in found] == ["pass" if n % 2 else "fail" for n in range(100)]


def test_pyspf_asks_where_we_answer() -> None:
    """Its methods call `dns`, with the arguments that ours takes."""
    assert [*inspect.signature(spf.query.dns).parameters] == [*inspect.signature(_Query.dns).parameters]
    for method in (spf.query.dns_txt, spf.query.dns_mx, spf.query.dns_a, spf.query.dns_ptr):
        assert "dns" in method.__code__.co_names
    assert "DNSLookup" not in {n for m in (spf.query.check0, spf.query.dns_spf) for n in m.__code__.co_names}
