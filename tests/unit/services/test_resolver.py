"""The resolver against a real DNS server: answers, what is missing, trouble, the cache, and those who ask together."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from gateway.contract import DnsRecords, DnsUnavailable
from gateway.services.fair_queue import FairQueue
from gateway.services.resolver import (
    CACHED_CHARACTERS,
    NEGATIVE_SECONDS,
    TROUBLE_SECONDS,
    DnsResolver,
    Key,
    Outcome,
)
from tests.support.servers.name_server import NameServer, txt
from tests.support.servers.ports import free_port

RECORDS = [
    "host.example. 60 IN A 192.0.2.7",
    "host.example. 60 IN AAAA 2001:db8::7",
    "host.example. 60 IN MX 10 mx.example.",
    "7.2.0.192.in-addr.arpa. 60 IN PTR host.example.",
    txt("host.example", "v=spf1 -all"),
    txt("long.example", "x" * 600),
    txt("big.example", "y" * CACHED_CHARACTERS),
    txt("bigger.example", "y" * (CACHED_CHARACTERS + 1)),
]


@pytest.fixture(scope="module")
def dns() -> Iterator[NameServer]:
    with NameServer(RECORDS) as server:
        yield server


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Counting(DnsResolver):
    """Counts the questions that reach the server."""

    def __init__(self, dns: NameServer, **options: object) -> None:
        self.clock = Clock()
        self.asked: list[Key] = []
        super().__init__(dns.servers, monotonic=self.clock, **options)  # type: ignore[arg-type]

    async def _query(self, name: str, kind: object) -> tuple[Outcome, float]:
        self.asked.append((name, kind))  # type: ignore[arg-type]
        return await super()._query(name, kind)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "kind", "value"),
    [
        ("host.example", "A", "192.0.2.7"),
        ("HOST.example.", "AAAA", "2001:db8::7"),
        ("host.example", "MX", "10 mx.example"),
        ("7.2.0.192.in-addr.arpa", "PTR", "host.example"),
        ("host.example", "TXT", "v=spf1 -all"),
        ("long.example", "TXT", "x" * 600),
    ],
)
async def test_records_come_as_the_contract_has_them(dns: NameServer, name: str, kind: str, value: str) -> None:
    """TXT strings are joined; a final dot and letter case make no difference; long answers come over TCP."""
    assert await DnsResolver(dns.servers).look_up(name, kind) == DnsRecords((value,))  # type: ignore[arg-type]


async def test_no_record_and_no_name_are_told_apart(dns: NameServer) -> None:
    """An existing name without such a record, and a name that is nowhere."""
    resolver = DnsResolver(dns.servers)
    assert await resolver.look_up("mx.example", "A") == DnsRecords(exists=False)
    assert await resolver.look_up("long.example", "A") == DnsRecords()


@pytest.mark.parametrize("name", ["a..example", "x" * 64 + ".example", ".".join(["y" * 60] * 5), "", "\ud800.example"])
async def test_what_can_not_be_a_name_does_not_exist(dns: NameServer, name: str) -> None:
    """Whatever a sender put into it."""
    answer = await DnsResolver(dns.servers).look_up(name, "TXT")
    assert answer.values == ()


@pytest.mark.parametrize("name", ["x.silent.example", "x.refused.example"])
async def test_trouble_is_an_exception_never_an_empty_answer(dns: NameServer, name: str) -> None:
    """No answer in time, and a server that refuses."""
    with pytest.raises(DnsUnavailable, match=name):
        await DnsResolver(dns.servers, query_seconds=0.2).look_up(name, "TXT")


async def test_a_server_that_is_away_is_trouble() -> None:
    """Nothing listens there."""
    with pytest.raises(DnsUnavailable):
        await DnsResolver((("127.0.0.1", free_port()),), query_seconds=0.2).look_up("host.example", "A")


async def test_an_answer_is_kept_for_its_ttl(dns: NameServer) -> None:
    """60 seconds here."""
    resolver = Counting(dns)
    for _ in range(3):
        await resolver.look_up("host.example", "A")
    assert len(resolver.asked) == 1
    resolver.clock.now += 59
    await resolver.look_up("host.example", "A")
    assert len(resolver.asked) == 1
    resolver.clock.now += 1
    await resolver.look_up("host.example", "A")
    assert len(resolver.asked) == 2


@pytest.mark.parametrize(
    ("name", "seconds"), [("nowhere.example", NEGATIVE_SECONDS), ("x.refused.example", TROUBLE_SECONDS)]
)
async def test_what_is_missing_and_trouble_are_kept_for_a_while(dns: NameServer, name: str, seconds: float) -> None:
    """A dead server costs one message the time-out, not each."""
    resolver = Counting(dns)
    for moment in (0, seconds - 0.5, 0.5):
        resolver.clock.now += moment
        try:
            await resolver.look_up(name, "TXT")
        except DnsUnavailable:
            assert seconds == TROUBLE_SECONDS
    assert len(resolver.asked) == 2


@pytest.mark.parametrize(("name", "asked"), [("big.example", 1), ("bigger.example", 2)])
async def test_a_large_answer_is_not_kept(dns: NameServer, name: str, asked: int) -> None:
    """At the limit, and one character past it."""
    resolver = Counting(dns)
    await resolver.look_up(name, "TXT")
    await resolver.look_up(name, "TXT")
    assert len(resolver.asked) == asked


async def test_the_cache_is_bounded(dns: NameServer) -> None:
    """The oldest answer goes."""
    resolver = Counting(dns, entries=2)
    for name in ("host.example", "long.example", "host.example"):
        await resolver.look_up(name, "TXT")
    assert len(resolver.asked) == 2
    await resolver.look_up("nowhere.example", "TXT")
    await resolver.look_up("host.example", "TXT")
    assert len(resolver.asked) == 4


async def test_those_who_ask_together_share_one_query(dns: NameServer) -> None:
    """Each gets the answer, the large one that is not kept too."""
    resolver = Counting(dns)
    answers = await asyncio.gather(*(resolver.look_up("bigger.example", "TXT") for _ in range(20)))
    assert len(resolver.asked) == 1
    assert len(set(answers)) == 1


async def test_a_name_beyond_ascii_does_not_exist(dns: NameServer) -> None:
    """The library dnspython would ask for the name by IDNA2003, which is another name."""
    resolver = DnsResolver(dns.servers)
    assert (await resolver.look_up("host.example", "A")).values
    assert await resolver.look_up("ho\u017ft.example", "A") == DnsRecords(exists=False)


async def test_nobody_waits_for_a_query_that_waits_in_another_messages_queue(dns: NameServer) -> None:
    """A message with names that nobody answers for can't keep others from the answer that it asks for behind them."""
    resolver = Counting(dns, query_seconds=5, turns=FairQueue(4, 2))
    clogged = resolver.for_message()
    silent = [asyncio.ensure_future(clogged.look_up(f"{n}.silent.example", "A")) for n in range(4)]
    behind = asyncio.ensure_future(clogged.look_up("host.example", "A"))
    await asyncio.sleep(0.1)
    assert len(resolver.asked) == 2
    async with asyncio.timeout(2):
        assert (await resolver.for_message().look_up("host.example", "A")).values == ("192.0.2.7",)
    for task in (*silent, behind):
        task.cancel()
    await asyncio.gather(*silent, behind, return_exceptions=True)


async def test_two_messages_that_wait_for_their_turns_share_one_query(dns: NameServer) -> None:
    """Whichever has its turn later finds the answer."""
    resolver = Counting(dns, query_seconds=0.3, turns=FairQueue(1, 1))
    silent = asyncio.ensure_future(resolver.for_message().look_up("x.silent.example", "A"))
    await asyncio.sleep(0)
    two = await asyncio.gather(*(resolver.for_message().look_up("host.example", "A") for _ in range(2)))
    assert two[0] == two[1] == DnsRecords(("192.0.2.7",))
    assert len(resolver.asked) == 2
    with pytest.raises(DnsUnavailable):
        await silent


async def test_whoever_asked_first_may_be_called_off(dns: NameServer) -> None:
    """The others ask anew, and get their answer."""
    resolver = Counting(dns)
    first = asyncio.ensure_future(resolver.look_up("host.example", "A"))
    second = asyncio.ensure_future(resolver.look_up("host.example", "A"))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).values == ("192.0.2.7",)
    assert len(resolver.asked) == 2


async def test_without_a_configuration_the_machine_itself_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The C library asks the machine itself too."""
    import dns.asyncresolver
    import dns.resolver

    real = dns.asyncresolver.Resolver

    def none(configure: bool = True) -> object:
        if configure:
            raise dns.resolver.NoResolverConfiguration
        return real(configure=False)

    monkeypatch.setattr(dns.asyncresolver, "Resolver", none)
    assert DnsResolver()._asker.nameservers == ["127.0.0.1"]
