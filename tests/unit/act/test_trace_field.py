"""Our `Received:`: what a client says of itself can't be read as anything else."""

from __future__ import annotations

from email import message_from_bytes

import pytest

from gateway.act.trace_field import received_field
from gateway.contract import Client
from tests.support.builders.judgement import mail

BOB, ANN = "in:bob@example.co.uk", "in:ann@example.co.uk"


def field(*recipients: str, protocol: str = "ESMTP", client: Client | None = None, **parts: object) -> bytes:
    about = mail(*(recipients or (BOB,)), client=client or Client("192.0.2.7", "mx.outside.example"), **parts)
    return received_field(about, protocol, "gw.example.co.uk")


def test_it_is_one_folded_field() -> None:
    """RFC 5321 4.4."""
    assert field(client=Client("192.0.2.7", "helo.example", name="mx.outside.example")) == (
        b"Received: from helo.example (mx.outside.example [192.0.2.7])\r\n"
        b"\tby gw.example.co.uk (Mailwarden) with ESMTP id m1\r\n"
        b"\tfor <bob@example.co.uk>;\r\n"
        b"\tMon, 02 Mar 2026 09:30:00 +0000\r\n"
    )


def test_for_names_a_single_recipient_only() -> None:
    """Law 7: of two, one may be hidden from the other."""
    assert b"for <" not in field(BOB, ANN)
    assert b"bob" not in field(BOB, ANN)


@pytest.mark.parametrize(
    ("client", "shown"),
    [
        (Client("2001:db8::7", "h"), b"from h ([IPv6:2001:db8::7])"),
        (Client("192.0.2.7"), b"from unknown ([192.0.2.7])"),
        (Client("", "h", name="n"), b"from h (n)"),
        (Client("", "h"), b"from h (unknown)"),
        (Client("192.0.2.7", "[192.0.2.7]"), b"from [192.0.2.7] ([192.0.2.7])"),
    ],
)
def test_how_the_client_is_named(client: Client, shown: bytes) -> None:
    """The field names the client as far as it is known."""
    assert shown in field(client=client)


HOSTILE = [
    "x\r\nX-Injected: 1",
    "x\nX-Injected: 1",
    "x\r\n\r\nbody",
    "x; Mon, 1 Jan 2001 00:00:00 +0000",
    "x) by evil.example (x",
    "x\\",
    'x" <a@b>',
    "trusted.example by evil.example with ESMTP",
    "\x1b]0;title\x07",
    "münchen.example",
    "\u2028x",
    "\x85x",
    "x" * 5000,
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("where", ["helo", "name"])
def test_helo_and_a_proxys_name_inject_nothing(where: str, text: str) -> None:
    """One field of four lines, seven-bit, one date, balanced comments."""
    content = field(client=Client("192.0.2.7", **{where: text}))
    assert content.count(b"\r\n") == content.count(b"\n") == content.count(b"\r") == 4
    assert list(message_from_bytes(content + b"\r\n").keys()) == ["Received"]
    assert content.isascii()
    assert content.count(b";") == 1
    assert content.count(b"(") == content.count(b")") == 2
    assert content.count(b" by ") + content.count(b"\tby ") == 1
    assert max(map(len, content.split(b"\r\n"))) < 998


@pytest.mark.parametrize(
    ("protocol", "smtputf8", "named"),
    [
        ("ESMTP", False, b"with ESMTP id"),
        ("SMTP", False, b"with SMTP id"),
        ("ESMTPS", False, b"with ESMTPS id"),
        ("ESMTP", True, b"with UTF8SMTP id"),
        ("ESMTPS", True, b"with UTF8SMTPS id"),
    ],
)
def test_the_protocol_is_named(protocol: str, smtputf8: bool, named: bytes) -> None:
    """RFC 3848; RFC 6531 4.3 where the transaction is internationalised."""
    assert named in field(protocol=protocol, envelope={"smtputf8": smtputf8})


def test_an_internationalised_recipient_is_named() -> None:
    """RFC 6531 3.7.3."""
    assert "for <jörg@example.co.uk>".encode() in field("in:jörg@example.co.uk", envelope={"smtputf8": True})
