"""Authentication on the way through the gateway: before the edits, on record, and with effect on exemptions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.message.edits import SetSubject
from gateway.message.mime.parse import parse
from gateway.understand.authentication.dkim import verify_signatures
from tests.support.builders.authentication import FakeResolver, outside_key, published, signed_by
from tests.support.builders.judgement import PLAIN, finding
from tests.support.servers.embedded_gateway import EmbeddedGateway

BOB, ANN, JOE = "in:bob@example.co.uk", "in:ann@example.co.uk", "out:joe@outside.example"
RECORDS = {**published(outside_key()), "outside.example": "v=spf1 ip4:192.0.2.7 -all"}
FIELD = b"Authentication-Results: gw.example.co.uk; spf=pass"
EXEMPT = "- probe: {exempt: [{codes: [probe.hold], senders: ['*@outside.example']}]}"


async def test_inbound_mail_gets_the_field_on_top(tmp_path: Path) -> None:
    """Below our Received field; the octets received are a suffix of what leaves, and the edit is on record."""
    async with EmbeddedGateway(tmp_path, resolver=FakeResolver(RECORDS)) as gateway:
        assert (await gateway.accept(BOB)).ok
        (got,) = gateway.home.got
        assert got.content.endswith(PLAIN)
        on_top = got.content.removesuffix(PLAIN)
        assert on_top.startswith(b"Received: ")
        assert FIELD in on_top
        assert await gateway.actions() == {"bob@example.co.uk": "amend"}
        assert (await gateway.trace()).codes == ("gateway.authentication",)


async def test_a_signature_is_verified_before_our_edits(tmp_path: Path) -> None:
    """The filter sees that it holds; in what leaves it is broken."""
    async with EmbeddedGateway(tmp_path, resolver=FakeResolver(RECORDS)) as gateway:
        gateway.probe.finds = [finding("probe.amend", edits=(SetSubject("[external] Hello"),))]
        assert (await gateway.accept(BOB, raw=signed_by(outside_key()))).ok
        (seen,) = gateway.probe.seen
        assert seen.authentication.authenticated == {"eve@outside.example"}
        (got,) = gateway.home.got
        assert b"dkim=pass header.d=outside.example" in got.content
        (left,) = await verify_signatures(parse(got.content), FakeResolver(RECORDS))
        assert left.result == "fail"


async def test_outbound_mail_asks_nothing(tmp_path: Path) -> None:
    """And gets no field."""
    zone = FakeResolver(RECORDS)
    async with EmbeddedGateway(tmp_path, resolver=zone) as gateway:
        assert (await gateway.accept(JOE, sender="ann@example.co.uk")).ok
        assert zone.asked == []
        assert b"Authentication-Results" not in gateway.world.got[0].content
        assert not gateway.probe.seen[0].authentication.verified


async def test_without_the_switch_nothing_is_asked_or_added(tmp_path: Path) -> None:
    """The switch is off as shipped."""
    async with EmbeddedGateway(tmp_path) as gateway:
        assert (await gateway.accept(BOB)).ok
        assert b"Authentication-Results" not in gateway.home.got[0].content
        assert await gateway.actions() == {"bob@example.co.uk": "relay"}


async def test_a_dns_that_is_away_loses_nothing(tmp_path: Path) -> None:
    """temperror, and the message goes on."""
    zone = FakeResolver(RECORDS)
    zone.away |= {"outside.example", "_dmarc.outside.example"}
    async with EmbeddedGateway(tmp_path, resolver=zone) as gateway:
        assert (await gateway.accept(BOB)).ok
        assert b"spf=temperror" in gateway.home.got[0].content
        assert gateway.probe.seen[0].authentication.authenticated == frozenset()


@pytest.mark.parametrize(
    ("raw", "forged"), [(b"Authentication-Results: gw.example.co.uk; dmarc=pass\r\n" + PLAIN, True), (PLAIN, False)]
)
async def test_a_forged_field_is_renamed_and_ours_stands_alone(tmp_path: Path, raw: bytes, forged: bool) -> None:
    """Under our name there is one."""
    async with EmbeddedGateway(tmp_path, resolver=FakeResolver(RECORDS)) as gateway:
        assert (await gateway.accept(BOB, raw=raw)).ok
        content = gateway.home.got[0].content
        assert content.count(b"\r\nAuthentication-Results: gw.example.co.uk") == 1
        assert (b"X-Untrusted-Authentication-Results: gw.example.co.uk; dmarc=pass" in content) is forged


# --- exemptions by sender --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("zone", "held"), [(RECORDS, False), ({}, True)])
async def test_an_exemption_by_sender_needs_proof(tmp_path: Path, zone: dict[str, str], held: bool) -> None:
    """SPF passes, or nothing proves the address."""
    async with EmbeddedGateway(tmp_path, filters=EXEMPT, resolver=FakeResolver(zone)) as gateway:
        gateway.probe.finds = [finding("probe.hold")]
        assert (await gateway.accept(BOB)).ok
        assert bool(await gateway.held()) is held


async def test_what_was_waived_for_a_proven_sender_does_not_stop_a_release(tmp_path: Path) -> None:
    """It is verified anew, on the octets as they came; the field is added as before."""
    rules: Any = "- probe: {exempt: [{codes: [probe.hold], senders: ['*@outside.example'], recipients: ['*']}]}"
    async with EmbeddedGateway(tmp_path, filters=rules, resolver=FakeResolver(RECORDS)) as gateway:
        gateway.probe.finds = [finding("probe.hold"), finding("virus.found")]
        assert (await gateway.accept(BOB)).ok
        (entry,) = await gateway.held()
        assert entry.codes == ("virus.found",)
        gateway.probe.finds = [finding("probe.hold")]
        assert (await gateway.release.release("m1", actor="alice", reason="")).delivered
        (got,) = gateway.home.of("eve@outside.example")
        assert FIELD in got.content


async def test_a_large_message_with_an_attachment_is_opened_meanwhile(tmp_path: Path) -> None:
    """Both are done when the filters see it."""
    raw = PLAIN.replace(
        b"\r\n\r\nHello", b"\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream; name=a.txt\r\n\r\nHello", 1
    )
    async with EmbeddedGateway(tmp_path, resolver=FakeResolver(RECORDS)) as gateway:
        assert (await gateway.accept(BOB, raw=raw)).ok
        (seen,) = gateway.probe.seen
        assert seen.message.root.true_type
        assert seen.authentication.spf.result == "pass"
