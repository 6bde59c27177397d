"""Next hops as the configuration names them, and what they offer."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.act.relay.next_hop import Capabilities, NextHop, parse_capabilities, parse_next_hop, what_all_offer


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://127.0.0.1:2526", NextHop("smtp", "127.0.0.1", 2526)),
        ("smtp://mail.example.com", NextHop("smtp", "mail.example.com", 25)),
        ("smtp://mail.example.com/", NextHop("smtp", "mail.example.com", 25)),
        ("smtps://mail.example.com", NextHop("smtps", "mail.example.com", 465)),
        ("lmtp://localhost", NextHop("lmtp", "localhost", 24)),
        ("smtp://[::1]:25", NextHop("smtp", "::1", 25)),
        ("maildir:var/delivered", NextHop("maildir", path="var/delivered")),
        ("maildir:/var/mail", NextHop("maildir", path="/var/mail")),
    ],
)
def test_a_next_hop_is_read(url: str, expected: NextHop) -> None:
    """Each scheme with its port."""
    assert parse_next_hop(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example.com",
        "mail.example.com:25",
        "http://mail.example.com",
        "SMTP:mail.example.com",
        "smtp:mail.example.com",
        "smtp://",
        "smtp://:25",
        "smtp://host:0",
        "smtp://host:65536",
        "smtp://host:smtp",
        "smtp://host/path",
        "smtp://host?tls=off",
        "smtp://me:secret@host",
        "smtp://ho st",
        "smtp://[::1",
        "maildir:",
        "maildir",
    ],
)
def test_what_is_no_next_hop_is_refused_in_a_sentence(url: str) -> None:
    """The error is for the administrator; a password in the URL isn't repeated in it."""
    with pytest.raises(ValueError, match=r"^.{20,}$") as refused:
        parse_next_hop(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("url", ["smtp://[::1]:25", "smtps://a.test:465", "lmtp://a.test:24", "maildir:var/delivered"])
def test_a_next_hop_is_shown_as_it_is_written(url: str) -> None:
    """`str` gives the URL back."""
    assert str(parse_next_hop(url)) == url


@pytest.mark.parametrize(
    "parts",
    [
        {"login": "me"},
        {"password_file": "secret"},
        {"login": "me", "password_file": "secret", "tls": "off"},
        {"tls": "sometimes"},
        {"scheme": "smtps", "tls": "off"},
        {"scheme": "maildir", "path": "x", "login": "me", "password_file": "secret"},
    ],
)
def test_contradictions_are_refused(parts: dict[str, Any]) -> None:
    """A password is never shown in plain text, and smtps:// is never plain."""
    with pytest.raises(ValueError):  # noqa: PT011  # the sentence is for people
        NextHop(**{"scheme": "smtp", "host": "a.test", "port": 25, **parts})


@pytest.mark.parametrize(
    ("hop", "verified"),
    [
        (NextHop("smtp", "a.test", 25), False),
        (NextHop("smtp", "a.test", 25, tls="required"), True),
        (NextHop("smtps", "a.test", 465), True),
        (NextHop("smtp", "a.test", 25, login="me", password_file="secret"), True),
    ],
)
def test_which_certificates_are_verified(hop: NextHop, verified: bool) -> None:
    """Certificates are verified by policy, for smtps://, and wherever a password is shown."""
    assert hop.verified is verified


def test_capabilities_are_read() -> None:
    """Keywords in any case, values where they have some; what we don't know is passed over."""
    lines = ["hop.test hello", "size 1000", "8bitmime", "SMTPUTF8", "DSN", "PIPELINING", "STARTTLS", "X-UNKNOWN 1", ""]
    assert parse_capabilities("\n".join([*lines, "XFORWARD NAME ADDR", "AUTH PLAIN", "AUTH=LOGIN"])) == Capabilities(
        size=1000,
        announces_size=True,
        eightbitmime=True,
        smtputf8=True,
        dsn=True,
        pipelining=True,
        starttls=True,
        xforward=frozenset({"NAME", "ADDR"}),
        auth=frozenset({"PLAIN", "LOGIN"}),
    )


def test_the_greeting_offers_nothing() -> None:
    """The first line is a name, even if it looks like a keyword (RFC 5321 4.1.1.1)."""
    assert parse_capabilities("8BITMIME DSN") == Capabilities()


@pytest.mark.parametrize("line", ["SIZE", "SIZE 0", "SIZE -1", "SIZE many", f"SIZE {'9' * 21}", "SIZE ²"])
def test_a_size_that_limits_nothing(line: str) -> None:
    """`SIZE` alone and `SIZE 0` mean that no limit is known (RFC 1870 4); so does nonsense."""
    offered = parse_capabilities(f"hop.test\n{line}")
    assert (offered.size, offered.announces_size) == (None, True)


def test_what_several_offer_is_what_each_offers() -> None:
    """The smallest size limit, and no extension that one of them lacks."""
    many = Capabilities(2000, True, True, True, True, True, True, frozenset({"NAME", "ADDR"}), frozenset({"PLAIN"}))
    few = Capabilities(1000, True, True, xforward=frozenset({"ADDR"}))
    assert what_all_offer([many, few]) == few
    assert what_all_offer([many]) == many
    assert what_all_offer([many, Capabilities(None, True)]) == Capabilities(2000, True)
    assert what_all_offer([]).size is None
