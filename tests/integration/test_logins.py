"""Clients that log in at a running gateway, with Python's own mail client."""

from __future__ import annotations

import smtplib
import ssl
import subprocess
import time
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from argon2 import PasswordHasher

from tests.support.servers.gateway import ATTACHMENTS_ONLY, Gateway
from tests.support.servers.ports import free_port
from tests.support.servers.receiver import self_signed

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Gateway, ssl.SSLContext]]:
    """The gateway, whose listener `outbound` has STARTTLS and `inbound` TLS from the first octet."""
    folder = tmp_path_factory.mktemp("logins")
    _, trusting = self_signed(folder)
    users = folder / "users.txt"
    users.write_text(f"aarcher:{CHEAP.hash(PASSWORD)}\n")
    users.chmod(0o640)
    tls = f"certificate: {folder}/certificate.pem, key: {folder}/key.pem"
    implicit, starttls = free_port(), free_port()
    listeners = (
        "listeners:\n"
        f'  - {{name: starttls, address: "127.0.0.1:{starttls}", direction: outbound, auth: required,\n'
        f'     {tls}, next_hop: "maildir:delivered"}}\n'
        f'  - {{name: implicit, address: "127.0.0.1:{implicit}", direction: auto, auth: allowed, implicit_tls: true,\n'
        f'     {tls}, next_hop: "maildir:delivered"}}'
    )
    people = (
        f"auth: {{logins: {users}}}\n"
        "directory: {people: [{name: Ann Archer, addresses: [ann@example.co.uk], login: AArcher}]}\n"
    )
    built = Gateway(
        folder / "gateway", "", ATTACHMENTS_ONLY, workers=1, listeners=listeners, more=people,
        inbound=implicit, outbound=starttls,
    )  # fmt: skip
    with built as running:
        yield running, trusting


def mail(author: str, name: str = "") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = author, "joe@outside.example", "Hello"
    message["Message-ID"] = f"<{author}.{name}>"
    message.set_content("Good day.\n")
    if name:
        message.add_attachment(b"MZ" + bytes(200), maintype="application", subtype="octet-stream", filename=name)
    return message


def traced(gateway: Gateway, word: str) -> dict[str, Any]:
    """Return the one row, which is written within a second."""
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        if rows := gateway.ask("trace", words=[word])["rows"]:
            (row,) = rows
            found: dict[str, Any] = row
            return found
        time.sleep(0.1)
    raise TimeoutError(word)


def starttls(gateway: tuple[Gateway, ssl.SSLContext]) -> smtplib.SMTP:
    client = smtplib.SMTP("localhost", gateway[0].outbound, timeout=60)
    client.starttls(context=gateway[1])
    return client


def test_a_person_sends_from_their_own_address(gateway: tuple[Gateway, ssl.SSLContext]) -> None:
    """The login is in the log, and `trace` finds it; the fields of the mail name no login."""
    with starttls(gateway) as client:
        client.login("aarcher", PASSWORD)
        assert client.send_message(mail("Ann <ann@example.co.uk>")) == {}
    row = traced(gateway[0], "AArcher")
    assert (row["login"], row["from"], row["recipients"][0]["action"]) == ("aarcher", "ann@example.co.uk", "relay")
    assert "[127.0.0.1 aarcher]" in gateway[0].log.read_text()
    (file,) = (gateway[0].data_dir / "delivered/new").iterdir()
    assert b"with ESMTPSA" in file.read_bytes()
    assert b"aarcher" not in file.read_bytes()


@pytest.mark.parametrize(
    ("sender", "author", "code", "said"),
    [
        ("bob@example.co.uk", "ann@example.co.uk", 553, b"bob@example.co.uk is not an address that the login aarcher"),
        ("ann@example.co.uk", "Ann <bob@example.co.uk>", 550, b"an address that the login of its sender may not send"),
    ],
)
def test_nobody_sends_from_anothers_address(
    gateway: tuple[Gateway, ssl.SSLContext], sender: str, author: str, code: int, said: bytes
) -> None:
    """Neither in the envelope nor in the header."""
    with smtplib.SMTP_SSL("localhost", gateway[0].inbound, context=gateway[1], timeout=60) as client:
        client.login("AARCHER", PASSWORD)
        with pytest.raises(smtplib.SMTPResponseException) as caught:
            client.send_message(mail(author), from_addr=sender)
    assert caught.value.smtp_code == code
    assert isinstance(caught.value.smtp_error, bytes)
    assert said in caught.value.smtp_error


def test_an_impersonation_is_on_record(gateway: tuple[Gateway, ssl.SSLContext]) -> None:
    """With the clause of the policy, and the login in the entry of held mail."""
    with starttls(gateway) as client:
        client.login("aarcher", PASSWORD)
        with pytest.raises(smtplib.SMTPDataError):
            client.send_message(mail("carl@example.co.uk"), from_addr="ann@example.co.uk")
        assert client.send_message(mail("ann@example.co.uk", "setup.exe")) == {}
    row = traced(gateway[0], "<carl@example.co.uk.>")
    assert (row["codes"], row["login"]) == (["gateway.impersonation"], "aarcher")
    (held,) = gateway[0].held()
    assert gateway[0].ask("quarantine.show", id=held["id"], reason="a test")["client"]["login"] == "aarcher"


def test_nobody_sends_without_a_login(gateway: tuple[Gateway, ssl.SSLContext]) -> None:
    """In plain text the client can't log in; over TLS it has to."""
    with smtplib.SMTP("localhost", gateway[0].outbound, timeout=60) as client:
        with pytest.raises(smtplib.SMTPNotSupportedError):
            client.login("aarcher", PASSWORD)
        with pytest.raises(smtplib.SMTPSenderRefused, match="530"):
            client.send_message(mail("ann@example.co.uk"))


def test_a_broken_file_is_trouble(gateway: tuple[Gateway, ssl.SSLContext]) -> None:
    """The client is told to try again, and `status` says why, until the file is right."""
    users = gateway[0].folder.parent / "users.txt"
    right = users.read_text()
    with starttls(gateway) as client:
        users.write_text("aarcher:secret\n")
        with pytest.raises(smtplib.SMTPAuthenticationError, match="454"):
            client.login("aarcher", PASSWORD)
        assert any("users.txt:1: only hashes" in one["sentence"] for one in gateway[0].ask("status")["conditions"])
        users.write_text(right)
        client.login("aarcher", PASSWORD)
        assert not any("users.txt" in one["sentence"] for one in gateway[0].ask("status")["conditions"])


def test_openssl_sees_no_greeting_in_plain_text(gateway: tuple[Gateway, ssl.SSLContext]) -> None:
    """Another program's handshake on the port with TLS from the first octet."""
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{gateway[0].inbound}", "-quiet", "-ign_eof"],
        input=b"QUIT\r\n", capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout.startswith(b"220 ")
