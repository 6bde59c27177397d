"""Signatures and seals between the gateway and others: OpenDKIM, Mail::DKIM and dkimpy, with a real DNS server.

Others verify those of the gateway. The gateway, as a stranger runs it, verifies those of others.
"""

from __future__ import annotations

import asyncio
import smtplib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dkim
import pytest

from gateway.act.signing.arc import arc_set
from gateway.act.signing.dkim import SigningKey, signatures
from gateway.act.signing.key_record import pem, record_text
from gateway.message.edits import AddHeader, InsertText, SetSubject, render
from gateway.message.header.fieldblock import read_fields
from gateway.message.mime.parse import parse
from gateway.services.resolver import DnsResolver
from gateway.understand.authentication.dkim_keys import key_name
from tests.support.builders.authentication import ed25519_key, outside_key, rsa_key, signed_by
from tests.support.probes import mail_dkim, opendkim
from tests.support.servers.gateway import Gateway
from tests.support.servers.name_server import NameServer, txt

RSA = SigningKey("example.co.uk", "mw1", rsa_key())
ED = SigningKey("example.co.uk", "ed1", ed25519_key())
LONG = SigningKey(".".join(["d" * 60] * 2) + ".example", "s" * 40, rsa_key(1))
SEAL = SigningKey("example.co.uk", "arc1", rsa_key(5))
THEIRS = outside_key()
KEYS = (RSA, ED, LONG, SEAL, THEIRS)

RECORDS = [
    *(txt(key_name(key.selector, key.domain), record_text(key.key)) for key in KEYS),
    txt("outside.example", "v=spf1 ip4:192.0.2.7 -all"),
    txt("_dmarc.outside.example", "v=DMARC1; p=reject"),
]

_HEADER = (
    b"From: Ann Example <ann@example.co.uk>\r\nTo: joe@outside.example,\r\n\tjim@outside.example\r\nSubject: Hello\r\n"
    b"Date: Mon, 2 Mar 2026 09:30:00 +0000\r\nMessage-ID: <1@example.co.uk>\r\n"
)
_MULTIPART = (
    b"MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary=b\r\n\r\nPreamble \r\n"
    b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello Joe\r\n"
    b"--b\r\nContent-Type: text/html\r\n\r\n<html><body><p>Hello <b>Joe</b></p></body></html>\r\n--b--\r\n\r\n\r\n"
)
MESSAGES = {
    "plain": _HEADER + b"\r\nHello Joe\r\n",
    "empty": _HEADER + b"\r\n",
    "blank lines": _HEADER + b"\r\n\r\n \r\n\t\r\n\r\n",
    "blanks": _HEADER + b"\r\n  Hello \t  Joe \t\r\n\ttab\r\n.\r\n..dots\r\n\r\n\r\n",
    "no end": _HEADER + b"\r\nHello Joe \t",
    "multipart": _HEADER + _MULTIPART,
    "8-bit": _HEADER + "X-Note: J\u00fcrgen\r\n\r\nSch\u00f6ne Gr\u00fc\u00dfe\r\n".encode(),
    "long lines": _HEADER + b"\r\n" + b"word " * 190 + b"\r\n" + b"x" * 990 + b"\r\n",
    "several fields": b"Received: from a by b\r\nAuto-Submitted: no\r\n (x)\r\nComments: x\r\nAuto-Submitted: yes\r\n"
    + _HEADER
    + b"\r\nHi\r\n",
    "odd fields": _HEADER.replace(b"Subject: ", b"SUBJECT:\t ") + b"Cc:\r\nReply-To:ann@example.co.uk  \r\n\r\nHi\r\n",
    "large": _HEADER + b"\r\n" + b"A line of the text, and more.\r\n" * 20_000,
}


@pytest.fixture(scope="module")
def dns() -> Iterator[NameServer]:
    with NameServer(RECORDS) as server:
        yield server


def signed(raw: bytes, *keys: SigningKey) -> bytes:
    """Sign a message and return it as it arrives: the relay ends the last line."""
    block = read_fields(raw, 0, len(raw))
    sent = signatures(block.headers, raw[block.body_start :], keys, int(time.time())) + raw
    return sent if sent.endswith(b"\r\n") else sent + b"\r\n"


def amended(raw: bytes) -> bytes:
    """Amend a message as the disclaimer does."""
    message = parse(raw)
    text = "This e-mail is monitored. Gr\u00fc\u00dfe"
    parts = [part.path for part in message.leaves if part.content_type in ("text/plain", "text/html")]
    edits = [InsertText(path, "end", text, f"<p>{text}</p>") for path in parts]
    return render(message, [*edits, AddHeader("X-Mailwarden", "1"), SetSubject("Gr\u00fc\u00dfe")])


SIGNED = [signed(raw, RSA, ED) for raw in MESSAGES.values()]
AMENDED = [signed(amended(raw), RSA, ED) for raw in MESSAGES.values()]
TAMPERED = [
    signed(MESSAGES["plain"], RSA).replace(b"Hello Joe", b"Hello Jim"),
    signed(MESSAGES["plain"], ED).replace(b"Subject: Hello", b"Subject: Hullo"),
    signed(MESSAGES["plain"], RSA).replace(b"From: Ann", b"From: boss@bank.example\r\nFrom: Ann"),
    signed(MESSAGES["plain"], RSA).replace(b"Date:", b"Reply-To: eve@bank.example\r\nDate:"),
]


def test_opendkim_verifies_what_we_sign() -> None:
    """Every shape, amended and not, with both keys each; and it would say if they did not hold."""
    good = [*SIGNED, *AMENDED, signed(MESSAGES["plain"].replace(b"example.co.uk", LONG.domain.encode()), LONG)]
    said = opendkim.verdicts([*good, *TAMPERED], RECORDS)
    assert said[: len(good)] == [""] * len(good)
    assert all(said[len(good) :])


def test_mail_dkim_verifies_what_we_sign(dns: NameServer) -> None:
    """RSA and Ed25519, each by name."""
    said = mail_dkim.verdicts([*SIGNED, *AMENDED], dns.port)
    assert [one for one, _ in said] == [["mw1 pass", "ed1 pass"]] * len(said)
    (long, _), *tampered = mail_dkim.verdicts([signed(MESSAGES["plain"], LONG), *TAMPERED], dns.port)
    assert long == [f"{LONG.selector} pass"]
    assert [one[0].partition(" ")[2] for one, _ in tampered] == ["fail"] * len(TAMPERED)


@pytest.mark.parametrize("number", range(len(MESSAGES)))
async def test_dkimpy_verifies_what_we_sign(dns: NameServer, number: int) -> None:
    """Verifying uses dkimpy's own arithmetic, which is replaced for signing alone."""
    name = key_name(RSA.selector, RSA.domain)
    record = (await DnsResolver(dns.servers).look_up(name, "TXT")).values[0].encode()
    for message in (SIGNED[number], AMENDED[number]):
        assert dkim.verify(message, dnsfunc=lambda *_, **__: record)
    assert not dkim.verify(TAMPERED[0], dnsfunc=lambda *_, **__: record)


def test_mail_dkim_verifies_what_we_seal(dns: NameServer) -> None:
    """A chain of one set on amended mail; after another change it fails."""
    results = AddHeader("Authentication-Results", "gw.example.co.uk; spf=pass smtp.mailfrom=outside.example; dkim=pass")
    raw = render(parse(signed_by(THEIRS)), [results, SetSubject("[external] Hello")])
    block = read_fields(raw, 0, len(raw))
    chain = arc_set(block.headers, raw[block.body_start :], SEAL, "gw.example.co.uk", int(time.time())) + raw
    said = mail_dkim.verdicts([chain, chain.replace(b"Hello  Bob", b"Hello, Bob")], dns.port)
    assert [arc for _, arc in said] == ["pass", "fail"]


# --- the whole gateway -----------------------------------------------------------------------------------------------


@dataclass
class Delivered:
    """The messages in the next hop's maildir."""

    folder: Path

    def wait(self, number: int, seconds: float = 20) -> list[bytes]:
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            found = sorted(self.folder.glob("*"))
            if len(found) >= number:
                return [path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") for path in found]
            time.sleep(0.05)
        raise TimeoutError(f"{number} messages are not there after {seconds} s")


@pytest.fixture(scope="module")
def gateway(dns: NameServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("gateway")
    for name, key in (("rsa.pem", RSA), ("ed.pem", ED)):
        (folder / name).write_bytes(pem(key.key))
        (folder / name).chmod(0o600)
    more = f"""authentication: {{verify: true, nameservers: ['127.0.0.1:{dns.port}']}}
dkim:
  - {{domain: example.co.uk, selector: mw1, key: rsa.pem}}
  - {{domain: example.co.uk, selector: ed1, key: ed.pem}}
"""
    gateway = Gateway(folder, workers=1, more=more, inbound_keys="proxies: [127.0.0.1], ")
    try:
        yield gateway.start()
    finally:
        gateway.stop()


def test_what_the_gateway_sends_is_verified_by_all(gateway: Gateway, dns: NameServer) -> None:
    """The message comes by SMTP and leaves by SMTP."""
    with smtplib.SMTP("127.0.0.1", gateway.outbound) as client:
        client.sendmail("ann@example.co.uk", ["joe@outside.example"], MESSAGES["multipart"])
    (left,) = [m for m in Delivered(gateway.data_dir / "delivered/new").wait(1) if b"<1@example.co.uk>" in m]
    assert left.startswith(b"Received: ")
    assert opendkim.verdicts([left], RECORDS) == [""]
    assert mail_dkim.verdicts([left], dns.port)[0][0] == ["mw1 pass", "ed1 pass"]


def test_what_the_gateway_receives_is_verified(gateway: Gateway) -> None:
    """The client that a proxy names, and a signature by dkimpy, over the real DNS server."""
    with smtplib.SMTP("127.0.0.1", gateway.inbound) as client:
        client.ehlo()
        assert client.docmd("XFORWARD", "ADDR=192.0.2.7 HELO=mx.outside.example")[0] == 250
        client.sendmail("eve@outside.example", ["bob@example.co.uk"], signed_by(THEIRS))
    delivered = Delivered(gateway.data_dir / "delivered/new")
    for number in (1, 2):
        found = [m for m in delivered.wait(number) if b"<1@outside.example>" in m]
        if found:
            break
    (left,) = found
    field = parse(left).header("authentication-results")
    assert field == (
        "gw.example.co.uk; spf=pass smtp.mailfrom=outside.example; "
        "dkim=pass header.d=outside.example header.s=s1 header.a=rsa-sha256; "
        "dmarc=pass (p=reject) header.from=outside.example"
    )
    assert left.endswith(signed_by(THEIRS)[-60:])


async def test_a_dns_that_is_away_loses_nothing(tmp_path: Path) -> None:
    """Nothing listens at the name server's port: temperror, and the message is delivered."""
    more = "authentication: {verify: true, nameservers: ['127.0.0.1:9'], timeout_seconds: 1}\n"
    gateway = Gateway(tmp_path, workers=1, more=more)
    try:
        await asyncio.to_thread(gateway.start)
        await asyncio.to_thread(_send_in, gateway)
        (left,) = Delivered(gateway.data_dir / "delivered/new").wait(1)
        assert b"dmarc=temperror" in left
    finally:
        gateway.stop()


def _send_in(gateway: Gateway) -> None:
    with smtplib.SMTP("127.0.0.1", gateway.inbound) as client:
        client.sendmail("eve@outside.example", ["bob@example.co.uk"], signed_by(THEIRS))
