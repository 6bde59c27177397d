"""Credentials in clear, and talk about them."""

from __future__ import annotations

from functools import cache

import pytest

from filters.confidential.credentials import CredentialReader
from filters.confidential.plain_text import plainly
from gateway.matching import Lexicon
from gateway.message.mime.parse import parse
from tests.unit.filters.confidential.conftest import passage, shipped

PLAIN = parse(b"Subject: x\r\n\r\nx\r\n")


@cache
def reader() -> CredentialReader:
    return CredentialReader(shipped().rules, Lexicon(shipped().rules.lists))


def found(text: str) -> list[str]:
    return [one.quote.partition(":")[0] for one in reader().found(PLAIN, plainly([passage(text)]))]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE", "a private key"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----", "a private key"),
        ("\u2014\u2014BEGIN RSA PRIVATE KEY\u2014\u2014", "a private key"),
        ("----BEGIN\u00a0RSA PRIV\u200bATE KEY----", "a private key"),
        ("key AKIAIOSFODNN7ABCDEFG", "AWS key"),
        ("key AKIAIOSF\u200bODNN7ABCDEFG", "AWS key"),
        ("ghp_" + "a1B2" * 9, "GitHub token"),
        ("xoxb-123456789012-abcdefGHIJ", "Slack token"),
        ("STRIPE=sk_live_51Ab9abcdefghij", "Stripe key"),
        ("postgres://stock:Gable22@10.20.1.4/stock", "login in an address"),
        ("password Timber!Sawdust1911", "a password"),
        ("password: hammer99", "a password"),
        ("p\u0430ssword: hammer99", "a password"),
        ("pwd=Roding#2291", "a password"),
        ("Kim, whose password for our portal is Tiger!4410.", "a password"),
        ("Das Passwort f\u00fcr das Archiv lautet Sommer-2026!", "a password"),
        ("Passwort: Sommer2024!", "a password"),
        ("mot de passe : Cigale77", "a password"),
        ("hasło to Wiosna#55", "a password"),
        ("You log in as admin_mardyke with Blackwater!7782", "a password beside a login"),
        ("The server password: hammer99\n\nZoom at ten.", "a password"),
        ("The server password: hammer99\nZoom at ten.", "a password"),
        ("Zoom at ten. The server password is hammer99!", "a password"),
        ("We join the meeting at ten." + "\n\n1. Lunch in the canteen" * 6 + "\n\nPassword: hammer99", "a password"),
        ("Webinar on Monday.\n\nYou log in as admin_mardyke with Blackwater!7782", "a password beside a login"),
        ("See you at the meeting. The alarm code is 4471.", "an access code"),
        (f"{'word ' * 500}, alarm code 4471", "an access code"),
        ("alarm code 4471", "an access code"),
        ("The key safe is on the wall left of the doors, 2580", "an access code"),
    ],
)
def test_credentials(text: str, what: str) -> None:
    assert what in found(text)


def test_a_door_near_a_meeting_has_a_code() -> None:
    assert found("Meeting room, main door. Passcode: 483920") != []
    assert found("Board meeting. Passcode: 483920") == []


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----",
        "Your password will expire in 14 days.",
        "The password for your account is changed every 90 days.",
        "password: ********",
        "password: <your password>",
        "Reset your password: https://example.org/reset?token=abc123",
        "the password comes by telephone",
        "passwords must have 12 characters, one of them a digit",
        "Zoom meeting, passcode: 8f7Gq2",
        "Join Zoom Meeting\nhttps://zoom.example/j/9\n\nMeeting ID: 978 3\nPasscode: 8f7Gq2",
        "Microsoft Teams meeting\n\nPasscode: x8Gq22",
        "Here is the Zoom link. The password is 8f7Gq2!x",
        "Dial in: 0800 229 0055\nAccess code: 482913",
        "The password 8f7Gq2!x opens the Zoom meeting.",
        "log in at www.example.org/portal",
        "The alarm was serviced in 2024",
        "The alarm, order 4471, is in the post",
        "the padlock costs £4500",
        "TOKEN = xxxx",
    ],
)
def test_no_credentials(text: str) -> None:
    assert found(text) == []


def test_no_secret_is_shown() -> None:
    (one,) = reader().found(PLAIN, [passage("password Timber!Sawdust1911")])
    assert "Timber" not in one.quote
    assert "Sawdust" not in one.quote


@pytest.mark.parametrize(
    ("name", "content", "quote"),
    [
        (b"server.pem", b"-----BEGIN PRIVATE KEY-----\r\nMII", "a private key"),
        (b"id_rsa", b"-----BEGIN OPENSSH PRIVATE KEY-----\r\nMII", "a private key"),
        (b"x.ovpn", b"# comment\r\n" * 9_000 + b"-----BEGIN PRIVATE KEY-----\r\nMII", "a private key"),
        (b"x.bin", b"\0\1\0" * 9_000 + b"PRIVATE KEY " * 9 + b"-----BEGIN EC PRIVATE KEY-----\r\nMII", "a private key"),
        (b"x.ppk", b"PuTTY-User-Key-File-3: ssh-rsa", "a private key"),
        (b"deploy", b"AWS=AKIAIOSFODNN7ABCDEFG", "AWS key: " + "\u2022" * 18 + "FG"),
    ],
)
def test_a_key_in_an_attached_file(name: bytes, content: bytes, quote: str) -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\n"
        b"Content-Type: application/octet-stream; name=" + name + b"\r\n\r\n" + content + b"\r\n--b--\r\n"
    )
    (one,) = reader().found(parse(raw), [])
    assert (one.quote, one.part) == (quote, "1.2")


def test_a_file_that_speaks_of_keys_has_none() -> None:
    raw = b"Content-Type: application/octet-stream; name=x\r\n\r\nKeep the PRIVATE KEY where it is.\r\n" * 2
    assert reader().found(parse(raw), []) == []


@pytest.mark.parametrize(
    "text", ["password " * 6_000, "A!1a" * 15_000, "alarm " * 10_000, "eyJ" * 20_000, "a://" * 15_000]
)
def test_hostile_text_has_none(text: str) -> None:
    assert found(f"login {text}") == []


@pytest.mark.parametrize(
    ("quote", "shown"),
    [
        (
            "pay with the card 4111 1111 1111 1111, expiry 12/28, CVV 737",
            "pay with the card \u2026, expiry \u2026, CVV \u2026",
        ),
        ("my NHS number is 943 476 5919, born 22/11/1990 in Leeds", "my NHS number is \u2026, born \u2026 in Leeds"),
        ("The password is Hunter22horse and nobody knows it", "The password is \u2026"),
        ("the password for the portal is correct horse battery", "the password for the portal is \u2026"),
        ("Passwort: Sommer", "Passwort: \u2026"),
        ("password Hunter, keep it", "password \u2026"),
        ("log in as admin with Blackwater!Rain", "log in as admin with \u2026"),
        ("postgres://stock:Gable@sql.example/stock", "\u2026/stock"),
        ("alarm code 4471", "alarm code \u2026"),
        ("p\u0430ssword: Sommer", "password: \u2026"),
        ("you did not get this from me", "you did not get this from me"),
        ("Board papers - RESTRICTED", "Board papers - RESTRICTED"),
    ],
)
def test_what_a_quotation_hides(quote: str, shown: str) -> None:
    """Numbers, tokens, and all that stands behind the name of a password."""
    assert reader().hidden(quote) == shown
