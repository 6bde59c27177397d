"""`Authenticator`: all of it together, from whose word counts to the time that it may take."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.act.signing.dkim import SigningKey
from gateway.contract import Authentication, Client, DnsRecords, Envelope, Signature
from gateway.message.mime.parse import parse
from gateway.services.fair_queue import QUERIES, QUERIES_OF_A_MESSAGE
from gateway.services.resolver import DnsResolver
from gateway.understand.authentication.verify import Authenticator, TrustedHosts
from tests.support.builders.authentication import (
    OUTSIDE,
    PLAIN,
    FakeResolver,
    outside_key,
    published,
    rsa_key,
    signed_by,
)
from tests.support.builders.judgement import recipient
from tests.support.servers.name_server import NameServer, txt

KEY = outside_key()
RECORDS = {
    **published(KEY),
    "outside.example": "v=spf1 ip4:192.0.2.7 -all",
    "_dmarc.outside.example": "v=DMARC1; p=reject",
}
RELAY = Client("10.0.0.25", "mx.example.co.uk")
BELIEVED = TrustedHosts((ipaddress.ip_network("10.0.0.0/8"),), frozenset({"mx.example.co.uk"}))
UPSTREAM = (
    b"Authentication-Results: mx.example.co.uk; spf=pass smtp.mailfrom=outside.example;\r\n"
    b"\tdkim=fail header.d=x.example\r\n"
)


def envelope(*recipients: str, sender: str = "eve@outside.example") -> Envelope:
    return Envelope(sender, tuple(map(recipient, recipients or ("in:bob@example.co.uk",))))


async def proven(
    raw: bytes = PLAIN, zone: FakeResolver | None = None, client: Client = OUTSIDE, believed: TrustedHosts | None = None
) -> Authentication:
    authenticator = Authenticator(zone or FakeResolver(RECORDS), "gw.example.co.uk", believed or TrustedHosts(), 5)
    return await authenticator.authenticate(parse(raw), client, envelope())


# --- inbound mail ----------------------------------------------------------------------------------------------------


async def test_a_signed_message_from_its_own_server() -> None:
    """Everything passes, and the author is proven twice."""
    found = await proven(signed_by(KEY))
    assert found.verified
    assert (found.spf.result, found.dmarc.result, found.arc.result) == ("pass", "pass", "none")
    assert found.dkim == (Signature("outside.example", "s1", "pass", aligned=True, algorithm="rsa-sha256"),)
    assert [(a.address, a.organisation, sorted(a.aligned)) for a in found.authors] == [
        ("eve@outside.example", "outside.example", ["dkim", "spf"])
    ]
    assert found.authenticated == {"eve@outside.example"}


async def test_a_forwarded_message_is_proven_by_its_signature() -> None:
    """SPF fails at the forwarder's address."""
    found = await proven(signed_by(KEY), client=Client("198.51.100.1", "mx.forwarder.example"))
    assert (found.spf.result, found.dmarc.result, found.authenticated) == ("fail", "pass", {"eve@outside.example"})


async def test_a_forged_message_is_not_proven() -> None:
    """No signature, and another host."""
    found = await proven(client=Client("198.51.100.1", "mx"))
    assert (found.spf.result, found.dmarc.result, found.authenticated) == ("fail", "fail", frozenset())


async def test_an_author_that_can_be_read_in_two_ways_is_not_proven() -> None:
    """Though SPF passes for the reverse-path."""
    found = await proven(PLAIN.replace(b"From: Eve", b"From: boss@bank.example"))
    assert (found.spf.result, found.authors, found.dmarc.result) == ("pass", (), "permerror")


async def test_a_message_without_signatures_costs_two_questions() -> None:
    """One for SPF, one for DMARC."""
    zone = FakeResolver(RECORDS)
    await proven(PLAIN, zone)
    assert sorted(name for name, _ in zone.asked) == ["_dmarc.outside.example", "outside.example"]


async def test_mail_of_our_own_costs_nothing() -> None:
    """Outbound and internal."""
    zone = FakeResolver(RECORDS)
    authenticator = Authenticator(zone, "gw", TrustedHosts(), 5)
    message = parse(signed_by(KEY))
    found = await authenticator.authenticate(
        message, OUTSIDE, envelope("out:ann@outside.example", "us:bob@example.co.uk")
    )
    assert (found, zone.asked) == (Authentication(), [])
    assert authenticator.findings(found, envelope()) == ()


async def test_the_field_is_for_inbound_copies_only() -> None:
    """The message has recipients of both kinds."""
    both = envelope("in:bob@example.co.uk", "us:ann@example.co.uk")
    authenticator = Authenticator(FakeResolver(RECORDS), "gw", TrustedHosts(), 5)
    found = await authenticator.authenticate(parse(PLAIN), OUTSIDE, both)
    (finding,) = authenticator.findings(found, both)
    assert (finding.code, finding.recipients) == ("gateway.authentication", {"bob@example.co.uk"})


@pytest.mark.parametrize(
    ("author", "signer", "proven_as"),
    [
        ("eve@fa\u00df.example", "fass.example", None),
        ("eve@fa\u00df.example", "xn--fa-hia.example", "eve@xn--fa-hia.example"),
        ("eve@\u03b2\u03cc\u03bb\u03bf\u03c2.example", "xn--nxasmq6b.example", None),  # that of a final sigma
        ("eve@\u0392\u038c\u039b\u039f\u03a3.example", "xn--nxasmq6b.example", "eve@xn--nxasmq6b.example"),
        ("eve@fa\u200dss.example", "fass.example", None),
        ("eve@fa\u200css.example", "fass.example", None),
    ],
)
async def test_a_domain_is_proven_by_its_own_signature_only(author: str, signer: str, proven_as: str | None) -> None:
    """IDNA2003 took the first, third and the last two for the same; they are others' (RFC 5894 7.2)."""
    key = outside_key(signer)
    raw = signed_by(key, PLAIN.replace(b"eve@outside.example", author.encode()))
    found = await proven(raw, FakeResolver(published(key)))
    assert [s.result for s in found.dkim] == ["pass"]
    assert found.authenticated == (frozenset({proven_as}) if proven_as else frozenset())


# --- whose word counts -----------------------------------------------------------------------------------------------


async def test_behind_a_relay_spf_is_about_the_host_that_it_names() -> None:
    """And DKIM is verified as always."""
    received = (
        b"Received: from mail.outside.example (x [192.0.2.7]) by mx.example.co.uk; Mon, 2 Mar 2026 09:30:00 +0000\r\n"
    )
    found = await proven(received + PLAIN, client=RELAY, believed=BELIEVED)
    assert found.spf.result == "pass"


async def test_a_relays_own_results_are_used_instead() -> None:
    """Ours is the alignment; SPF and DKIM are not asked for."""
    zone = FakeResolver(RECORDS)
    found = await proven(UPSTREAM + PLAIN, zone, RELAY, BELIEVED)
    assert (found.spf.result, found.dmarc.result, found.dmarc.policy) == ("pass", "pass", "reject")
    assert [(s.domain, s.result, s.aligned) for s in found.dkim] == [("x.example", "fail", False)]
    assert found.authenticated == {"eve@outside.example"}
    assert [name for name, _ in zone.asked] == ["_dmarc.outside.example"]


@pytest.mark.parametrize(
    "client", [Client("198.51.100.1", "mx.example.co.uk"), Client("10.0.0.9", proxy="198.51.100.1")]
)
async def test_anyone_elses_results_are_not(client: Client) -> None:
    """They can be written by everybody; and a client that a proxy names is not our relay."""
    assert (await proven(UPSTREAM + PLAIN, client=client, believed=BELIEVED)).spf.result != "pass"


# --- time ------------------------------------------------------------------------------------------------------------


class Never(FakeResolver):
    async def look_up(self, name: str, kind: object) -> DnsRecords:
        await asyncio.sleep(3600)
        raise AssertionError


async def test_what_is_not_known_in_time_is_a_temperror() -> None:
    """It proves nothing, and the message goes on."""
    authenticator = Authenticator(Never(), "gw", TrustedHosts(), 0.05)
    found = await authenticator.authenticate(parse(signed_by(KEY)), OUTSIDE, envelope())
    assert (found.spf.result, found.dmarc.result, found.arc.result) == ("temperror", "temperror", "none")
    assert [s.result for s in found.dkim] == ["temperror"]
    assert found.authenticated == frozenset()


# --- with a real DNS server ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dns() -> Iterator[NameServer]:
    with NameServer([txt(name, text) for name, text in RECORDS.items()]) as server:
        yield server


async def test_a_real_server_answers(dns: NameServer) -> None:
    """The whole of it; a second message of the same sender asks nothing anew."""
    authenticator = Authenticator(DnsResolver(dns.servers), "gw", TrustedHosts(), 5)
    for _ in range(2):
        found = await authenticator.authenticate(parse(signed_by(KEY)), OUTSIDE, envelope())
        assert (found.spf.result, found.dkim[0].result, found.dmarc.result) == ("pass", "pass", "pass")


def clogged(number: int) -> bytes:
    """Eight signatures and fifteen sets, with keys that nobody answers for: 38 questions of one small message."""
    where = f"n{number}.silent.example"
    keys = [SigningKey(where, f"k{n}", rsa_key()) for n in range(8)]
    raw = PLAIN.replace(b"outside.example", where.encode())
    for key in keys:
        raw = signed_by(key, raw)
    sets = [
        f"ARC-Seal: i={n}; a=rsa-sha256; cv={'pass' if n > 1 else 'none'}; d={where}; s=a{n}; b=AAAA\r\n"
        f"ARC-Message-Signature: i={n}; a=rsa-sha256; c=relaxed/relaxed; d={where}; s=b{n}; h=from; bh=AAAA; b=AAAA\r\n"
        f"ARC-Authentication-Results: i={n}; mx.{where}; arc=none\r\n"
        for n in range(15, 0, -1)
    ]
    return "".join(sets).encode() + raw


async def most_sockets(stop: asyncio.Event) -> int:
    """Return the most sockets that were open, beyond those at the beginning."""

    def count() -> int:
        return sum(link.is_socket() for link in Path("/proc/self/fd").iterdir())

    before, most = count(), 0
    while not stop.is_set():
        most = max(most, count() - before)
        await asyncio.sleep(0.02)
    return most


@pytest.mark.parametrize(("messages", "allowed"), [(1, 2 * QUERIES_OF_A_MESSAGE), (40, QUERIES)])
async def test_names_that_nobody_answers_for_take_no_more_than_their_share(
    dns: NameServer, messages: int, allowed: int
) -> None:
    """Sockets stay bounded, and a query without a turn in time is a temperror.

    Other mail has its own share, and is verified meanwhile.
    """
    authenticator = Authenticator(DnsResolver(dns.servers, query_seconds=1), "gw", TrustedHosts(), 2.5)
    stop, raw = asyncio.Event(), [clogged(number) for number in range(messages)]
    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(most_sockets(stop))
        began = time.monotonic()
        lost = [
            tasks.create_task(
                authenticator.authenticate(parse(one), OUTSIDE, envelope(sender=f"eve@n{n}.silent.example"))
            )
            for n, one in enumerate(raw)
        ]
        await asyncio.sleep(0.3)  # they have all that they can get
        fine = await authenticator.authenticate(parse(signed_by(KEY)), OUTSIDE, envelope())
        took = time.monotonic() - began
        await asyncio.wait(lost)
        ended = time.monotonic() - began
        stop.set()
    assert (fine.spf.result, fine.dkim[0].result, fine.dmarc.result) == ("pass", "pass", "pass")
    assert took < ended
    for one in (task.result() for task in lost):
        assert (one.spf.result, one.dmarc.result, one.arc.result) == ("temperror",) * 3
        assert {signature.result for signature in one.dkim} == {"temperror"}
        assert one.authenticated == frozenset()
    assert 0 < watching.result() <= allowed + 2  # one that ends is closed in the loop's next round
    assert ended < 2.5 + 2


async def test_keys_that_nobody_answers_for_put_off_no_other_question(dns: NameServer) -> None:
    """A forger of an author can't turn the answer of the author's domain into a temperror."""
    authenticator = Authenticator(DnsResolver(dns.servers, query_seconds=1), "gw", TrustedHosts(), 2.5)
    raw = clogged(0).replace(b"From: Eve <eve@n0.silent.example>", b"From: Eve <eve@outside.example>")
    found = await authenticator.authenticate(parse(raw), OUTSIDE, envelope())
    assert (found.spf.result, found.dmarc.policy) == ("pass", "reject")


async def test_silent_servers_hide_no_failure(dns: NameServer) -> None:
    """The author's domain has no such key, and wants such mail refused: both count.

    Seven signatures of silent domains are above one that names the author's domain, and the reverse-path is silent too.
    """
    authenticator = Authenticator(DnsResolver(dns.servers, query_seconds=1), "gw", TrustedHosts(), 2.5)
    raw = signed_by(outside_key(selector="nokey"))
    for n in range(7):
        raw = signed_by(SigningKey("n0.silent.example", f"k{n}", rsa_key()), raw)
    found = await authenticator.authenticate(parse(raw), OUTSIDE, envelope(sender="eve@n0.silent.example"))
    assert found.spf.result == "temperror"
    assert [s.result for s in found.dkim] == ["temperror"] * 7 + ["permerror"]
    assert (found.dmarc.result, found.dmarc.policy) == ("fail", "reject")
    assert not any(author.undecided for author in found.authors)


async def test_a_silent_server_is_trouble_of_its_domains_only(dns: NameServer) -> None:
    """A temperror comes within the time, and other mail is verified meanwhile."""
    authenticator = Authenticator(DnsResolver(dns.servers, query_seconds=0.3), "gw", TrustedHosts(), 1)
    raw = PLAIN.replace(b"outside.example", b"x.silent.example")
    lost, fine = await asyncio.gather(
        authenticator.authenticate(parse(raw), OUTSIDE, envelope(sender="eve@x.silent.example")),
        authenticator.authenticate(parse(signed_by(KEY)), OUTSIDE, envelope()),
    )
    assert (lost.spf.result, lost.dmarc.result) == ("temperror", "temperror")
    assert fine.dmarc.result == "pass"
