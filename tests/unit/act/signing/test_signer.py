"""Fields put on top of the copies that leave: signatures, their owners and times; the octets below stay unchanged."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dkim
import pytest
from structlog.testing import capture_logs

from gateway.act.signing import signer as signing
from gateway.act.signing.dkim import SigningKey
from gateway.act.signing.signer import Outgoing, Signer
from gateway.contract import Arc, Authentication
from gateway.judge.judgement import Copy
from gateway.message.edits import AddHeader, Edit, RenameHeader, SetSubject, render
from gateway.message.mime.parse import parse
from gateway.understand.authentication.arc import verify_chain
from gateway.understand.authentication.dkim import verify_signatures
from tests.support.builders.authentication import FakeResolver, ed25519_key, outside_key, published, rsa_key, signed_by
from tests.support.builders.judgement import FakeClock, finding, mail
from tests.support.servers.embedded_gateway import EmbeddedGateway
from tests.support.servers.sink import Sink

OURS = SigningKey("example.co.uk", "mw1", rsa_key())
ED = SigningKey("example.co.uk", "ed1", ed25519_key())
SEAL = SigningKey("example.co.uk", "arc1", rsa_key(5))
ZONE = published(OURS, ED, SEAL)

JOE, FAR, US, BOB = "out:joe@outside.example", "out:far@branch.example", "us:ann@example.co.uk", "in:bob@example.co.uk"
ANN_WRITES = (
    b"From: Ann Example <ann@example.co.uk>\r\nTo: joe@outside.example\r\nSubject: Hello\r\n"
    b"Date: Mon, 2 Mar 2026 09:30:00 +0000\r\nMessage-ID: <1@example.co.uk>\r\n\r\nHello Joe\r\n"
)
ANN: dict[str, Any] = {"sender": "ann@example.co.uk", "raw": ANN_WRITES}


async def results(content: bytes) -> list[tuple[str, str]]:
    return [(s.selector, s.result) for s in await verify_signatures(parse(content), FakeResolver(ZONE))]


async def outgoing(signer: Signer, *recipients: str, raw: bytes = ANN_WRITES, **parts: Any) -> list[Outgoing]:
    about = mail(*recipients, raw=raw, **parts)
    return await signer.outgoing(about, [Copy(about.envelope.recipients, raw, ())])


def signer(*keys: SigningKey, seal: SigningKey | None = None) -> Signer:
    return Signer(FakeClock(), keys or (OURS,), seal, "gw.example.co.uk")


# --- who is signed for -----------------------------------------------------------------------------------------------


async def test_copies_to_outside_are_signed_and_no_others() -> None:
    """A copy for both becomes two; the content itself is not copied."""
    signed, plain = await outgoing(signer(), JOE, US, FAR)
    assert [r.address for r in signed.recipients] == ["joe@outside.example", "far@branch.example"]
    assert signed.on_top.startswith(b"DKIM-Signature: ")
    assert signed.content is plain.content
    assert await results(signed.on_top + signed.content) == [("mw1", "pass")]
    assert ([r.address for r in plain.recipients], plain.on_top) == (["ann@example.co.uk"], b"")


async def test_a_message_of_our_own_is_signed() -> None:
    assert await Signer(FakeClock()).signed("q1", ANN_WRITES) == ANN_WRITES
    signed = await Signer(FakeClock(), (OURS,)).signed("q1", ANN_WRITES)
    assert signed.endswith(ANN_WRITES)
    assert signed.startswith(b"DKIM-Signature:")


async def test_without_keys_copies_leave_as_they_are() -> None:
    """All recipients get the content in one piece."""
    (one,) = await outgoing(Signer(FakeClock()), JOE, US)
    assert (one.on_top, one.content) == (b"", ANN_WRITES)
    assert one.below(b"Received: x\r\n") == (b"Received: x\r\n", ANN_WRITES)


async def test_all_keys_of_a_domain_sign() -> None:
    """RSA and Ed25519 together (RFC 8463 4)."""
    (one,) = await outgoing(signer(OURS, ED), JOE)
    assert await results(one.on_top + one.content) == [("mw1", "pass"), ("ed1", "pass")]


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        ("ann@example.co.uk", ["mw1"]),
        ("ann@EXAMPLE.co.uk", ["mw1"]),
        ("ann@mail.example.co.uk", ["sub"]),
        ("ann@deep.mail.example.co.uk", ["sub"]),
        ("ann@other.example.co.uk", ["mw1"]),
        ("ann@xexample.co.uk", []),
        ("ann@co.uk", []),
        ("joe@outside.example", []),
        ("ann@example.co.uk, joe@outside.example", ["mw1"]),
        ("ann@example.co.uk, bob@mail.example.co.uk", ["mw1", "sub"]),
        ("undisclosed", []),
    ],
)
async def test_the_domain_of_from_chooses_the_keys(author: str, expected: list[str]) -> None:
    """Its own, else those of the nearest domain above it."""
    sub = SigningKey("mail.example.co.uk", "sub", rsa_key())
    raw = ANN_WRITES.replace(b"Ann Example <ann@example.co.uk>", author.encode())
    (one,) = await outgoing(signer(OURS, sub), JOE, raw=raw)
    assert one.on_top.count(b"DKIM-Signature:") == len(expected)
    assert [name for name in ("mw1", "sub") if f"s={name};".encode() in one.on_top] == expected


@pytest.mark.parametrize(
    ("raw", "domains", "reason"),
    [
        (ANN_WRITES.replace(b"ann@example.co.uk", b"ann@other.example"), ["other.example"], signing.NO_KEY),
        (ANN_WRITES.replace(b"Ann Example <ann@example.co.uk>", b"undisclosed"), [], signing.NO_AUTHOR),
        (b" fold\r\n" + ANN_WRITES, ["example.co.uk"], signing.FOLD),
        (b"From: ann@example.co.uk\r\n" + ANN_WRITES, ["example.co.uk"], signing.TWO_AUTHORS),
        (b"From :\tjoe@outside.example\r\n" + ANN_WRITES, ["outside.example", "example.co.uk"], signing.TWO_AUTHORS),
    ],
)
async def test_the_log_says_who_leaves_unsigned_and_why(raw: bytes, domains: list[str], reason: str) -> None:
    """An administrator can tell a forgotten key from a strange message."""
    with capture_logs() as logs:
        await outgoing(signer(), JOE, raw=raw)
    assert [(one["event"], one["domains"], one["reason"]) for one in logs] == [("dkim.unsigned", domains, reason)]


@pytest.mark.parametrize("raw", [b"", b"no header at all\r\n", b"To: x\r\n\r\nHello\r\n", b" fold\r\n" + ANN_WRITES])
async def test_what_can_not_be_signed_leaves_unsigned(raw: bytes) -> None:
    """It is not lost for that."""
    (one,) = await outgoing(signer(), JOE, raw=raw)
    assert (one.on_top, one.content) == (b"", raw)


@pytest.mark.parametrize("extra", [-1, 0, 1])
async def test_large_content_is_signed_in_a_thread(extra: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The result is the same on both sides of the limit."""
    monkeypatch.setattr(signing, "IN_THREAD_BYTES", len(ANN_WRITES) - extra)
    (one,) = await outgoing(signer(), JOE)
    assert await results(one.on_top + one.content) == [("mw1", "pass")]


# --- sealing ---------------------------------------------------------------------------------------------------------

INBOUND = signed_by(outside_key())
RESULTS = AddHeader("Authentication-Results", "gw.example.co.uk; spf=none; dkim=pass header.d=outside.example")


async def sealed(*edits: Edit, arc: Arc | None = None, seal: SigningKey | None = SEAL, verified: bool = True) -> bytes:
    found = Authentication(verified=verified, arc=arc or Arc())
    about = mail(BOB, raw=INBOUND, authentication=found)
    content = render(about.message, edits)
    (one,) = await signer(seal=seal).outgoing(about, [Copy(about.envelope.recipients, content, tuple(edits))])
    assert one.content is content
    return one.on_top


async def test_amended_inbound_mail_is_sealed() -> None:
    """The set has the results from before the amendment; the chain holds."""
    edits = (RESULTS, SetSubject("[external] Hello"))
    on_top = await sealed(*edits)
    assert [line.partition(b":")[0] for line in on_top.split(b"\r\n") if line[:3] == b"ARC"] == [
        *(b"ARC-Seal", b"ARC-Message-Signature", b"ARC-Authentication-Results")
    ]
    assert b"dkim=pass" in on_top
    content = on_top + render(parse(INBOUND), edits)
    assert await verify_chain(parse(content), FakeResolver(ZONE)) == Arc("pass", "example.co.uk")
    key = ZONE["arc1._domainkey.example.co.uk"].encode()
    assert dkim.arc_verify(content, dnsfunc=lambda *_, **__: key)[0] == b"pass"


async def test_the_seal_has_our_results_word_for_word() -> None:
    """Comments say why a check failed and what the domain asks for (RFC 8601 2.2)."""
    said = "gw.example.co.uk; spf=none; dkim=fail (the body was changed) header.d=x.example; dmarc=fail (p=reject)"
    edits = (AddHeader("Authentication-Results", said), SetSubject("[external] Hello"))
    on_top = await sealed(*edits)
    assert b" ".join(on_top.split()).endswith(b"ARC-Authentication-Results: i=1; " + said.encode())
    content = on_top + render(parse(INBOUND), edits)
    assert await verify_chain(parse(content), FakeResolver(ZONE)) == Arc("pass", "example.co.uk")


async def test_a_second_seal_covers_the_first() -> None:
    """The seal covers the sets in their order, whoever wrote them (RFC 8617 5.1.1)."""
    first = await sealed(RESULTS, SetSubject("Once"))
    once = first + render(parse(INBOUND), (RESULTS, SetSubject("Once")))
    found = Authentication(verified=True, arc=Arc("pass", "example.co.uk"))
    about = mail(BOB, raw=once, authentication=found)
    edits = (AddHeader("Authentication-Results", "gw.example.co.uk; arc=pass"), SetSubject("Twice"))
    content = render(about.message, edits)
    (one,) = await signer(seal=SEAL).outgoing(about, [Copy(about.envelope.recipients, content, edits)])
    assert one.on_top.startswith(b"ARC-Seal: i=2;")
    assert await verify_chain(parse(one.on_top + content), FakeResolver(ZONE)) == Arc("pass", "example.co.uk")
    key = ZONE["arc1._domainkey.example.co.uk"].encode()
    assert dkim.arc_verify(one.on_top + content, dnsfunc=lambda *_, **__: key)[0] == b"pass"


@pytest.mark.parametrize(
    ("edits", "parts"),
    [
        ((RESULTS,), {}),
        ((RESULTS, RenameHeader("X-Mailwarden-Tag", "X-Untrusted-X-Mailwarden-Tag")), {}),
        ((RESULTS, SetSubject("x")), {"seal": None}),
        ((RESULTS, SetSubject("x")), {"verified": False}),
        ((RESULTS, SetSubject("x")), {"arc": Arc("fail")}),
        ((RESULTS, SetSubject("x")), {"arc": Arc("temperror")}),
        ((SetSubject("x"),), {}),
        ((AddHeader("Authentication-Results", "other.example; dkim=pass"), SetSubject("x")), {}),
    ],
)
async def test_what_is_not_sealed(edits: Sequence[Edit], parts: dict[str, Any]) -> None:
    """Mail whose signatures we broke none of; without our own results; a chain that is broken already."""
    assert await sealed(*edits, **parts) == b""


# --- on the way ------------------------------------------------------------------------------------------------------


async def test_what_leaves_is_signed_after_the_edits(tmp_path: Path) -> None:
    """Below our Received field, above the content; the signature is of the amended message."""
    async with EmbeddedGateway(tmp_path, keys=(OURS, ED)) as gateway:
        gateway.probe.finds = [finding("probe.amend", edits=(AddHeader("X-Note", "1"), SetSubject("Amended")))]
        assert (await gateway.accept(JOE, US, **ANN)).ok
        (outside,), (inside,) = gateway.world.got, gateway.home.got
        assert outside.content.startswith(b"Received: ")
        assert await results(outside.content) == [("mw1", "pass"), ("ed1", "pass")]
        assert b"Subject: Amended" in outside.content
        assert b"DKIM-Signature" not in inside.content


async def test_the_outbox_holds_what_was_signed(tmp_path: Path) -> None:
    """Every attempt sends the same octets, and they verify."""
    world = Sink(rcpt_reply=lambda _: b"450 4.2.1 busy")
    async with EmbeddedGateway(tmp_path, world=world, keys=(OURS,)) as gateway:
        assert (await gateway.accept(FAR, JOE, **ANN)).ok
        assert (await gateway.waiting())["relay"] == ["joe@outside.example"]
        world.rcpt_reply = lambda _: None
        gateway.clock.move(minutes=5)
        await gateway.tidy()
        (got,) = world.got
        assert await results(got.content) == [("mw1", "pass")]


async def test_a_released_message_is_signed(tmp_path: Path) -> None:
    """The message is signed as if it had been sent at once; our own recipient's copy is not."""
    async with EmbeddedGateway(tmp_path, keys=(OURS,)) as gateway:
        gateway.probe.finds = [finding("probe.hold")]
        assert (await gateway.accept(JOE, US, **ANN)).ok
        assert (await gateway.release.release("m1", actor="alice", reason="")).delivered
        (outside,) = gateway.world.got
        assert await results(outside.content) == [("mw1", "pass")]
        (inside,) = gateway.home.of("ann@example.co.uk")
        assert b"DKIM-Signature" not in inside.content


async def test_signed_content_without_a_final_line_break_verifies(tmp_path: Path) -> None:
    """The relay adds it, and the signature counts on it."""
    async with EmbeddedGateway(tmp_path, keys=(OURS,)) as gateway:
        assert (await gateway.accept(JOE, **ANN | {"raw": ANN_WRITES + b"No end \t"})).ok
        assert await results(gateway.world.got[0].content) == [("mw1", "pass")]
