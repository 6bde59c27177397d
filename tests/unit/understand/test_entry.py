"""Fields that only the gateway may set, which are renamed when they come from outside."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from gateway.judge.codes import GATEWAY_CODES
from gateway.message.edits import Edit, render
from gateway.message.header.fieldblock import MAX_FIELDS
from gateway.message.mime.parse import parse
from gateway.message.model import Message
from gateway.understand.entry import IMPERSONATION, blocked_sender, findings_on_entry, impersonation
from tests.support.builders.judgement import mail


def entry_edits(message: Message, authserv_id: str) -> tuple[Edit, ...]:
    """Return the edits of all findings on entry."""
    return tuple(edit for finding in findings_on_entry(message, authserv_id) for edit in finding.edits)


def after(header: str) -> str:
    """Return the header as it leaves."""
    message = parse(header.encode() + b"\r\n\r\nx\r\n")
    return render(message, entry_edits(message, "gw.example.co.uk")).decode().removesuffix("\r\n\r\nx\r\n")


@pytest.mark.parametrize(
    "header",
    [
        "X-Mailwarden-Tag: attachment.macro",
        "x-mailwarden-anything: 1",
        "X-MAILWARDEN-ID: 1",
        "Authentication-Results: gw.example.co.uk; spf=pass",
        "Authentication-Results: GW.Example.co.uk; spf=pass",
        "authentication-results:gw.example.co.uk;spf=pass",
        "Authentication-Results:\r\n gw.example.co.uk; spf=pass",
        "Authentication-Results: (a comment) gw.example.co.uk 1; spf=pass",
        'Authentication-Results: "gw.example.co.uk"; spf=pass',
        "Authentication-Results: gw.example.co.uk",
        "Authentication-Results : gw.example.co.uk; spf=pass",
        "Authentication-Results: (nested (twice (;))) (and again) gw.example.co.uk; spf=pass",
        r"Authentication-Results: (a \) bracket) gw.example.co.uk; spf=pass",
        r'Authentication-Results: "gw\.example.co.uk" 1; spf=pass',
        "Authentication-Results: gw.example.co.uk.; spf=pass",
        "Authentication-Results: gw.example.\r\n co.uk; dkim=pass header.d=partner.example",
        "Authentication-Results: gw (x) .example.co.uk; dkim=pass",
        "Authentication-Results: gw .example.co.uk 1; dkim=pass",
        'Authentication-Results: "gw".example.co.uk; dkim=pass',
        r"Authentication-Results: gw\.example.co.uk; dkim=pass",
        "Authentication-Results: gw\N{ZERO WIDTH SPACE}.example.co.uk; dkim=pass",
        "Authentication-Results: [gw.example.co.uk]; dkim=pass",
        "Authentication-Results: gw.example.co.uk/1; dkim=pass",
        "Authentication-Results: , gw.example.co.uk; dkim=pass",
        "Authentication-Results: (gw.example.co.uk",
        "Authentication-Results: gw\uff0eexample.co.uk; spf=pass",
        "Authentication-Results: gw\u3002example\uff61co.uk; spf=pass",
        "Authentication-Results: \uff27\uff37.example.co.uk; spf=pass",
        "Authentication-Results: =?utf-8?q?gw=2Eexample=2Eco=2Euk?=; spf=pass",
        "Authentication-Results: gw.ex\0ample.co.uk; spf=pass",
        "Authentication-Results: gw.example.co.uk\0.evil.example; spf=pass",
        "Authentication-Results: \0gw.example.co.uk; spf=pass",
        "Authentication-Results: :; gw.example.co.uk; spf=pass",
        "Authentication-Results: ; gw.example.co.uk; spf=pass",
        "Authentication-Results: ;;; gw.example.co.uk; spf=pass",
        "Authentication-Results: 1; gw.example.co.uk; spf=pass",
        'Authentication-Results: ""; gw.example.co.uk; spf=pass',
        "Authentication-Results: gw.\r\n\texample\r\n .co.uk; spf=pass",
    ],
)
def test_it_is_renamed(header: str) -> None:
    """Our header names, and RFC 8601 under our name, however a reader may find it; the value stays as it came."""
    name, _, value = header.partition(":")
    assert after(header) == f"X-Untrusted-{name.strip()}:{value}"


@pytest.mark.parametrize(
    "header",
    [
        "X-Mailwarden: 1",
        "X-Mailwardens-Tag: 1",
        "Authentication-Results: other.example; spf=pass",
        "Authentication-Results: gw.example.co.uk.evil.example; spf=pass",
        "Authentication-Results: ; spf=pass",
        "Authentication-Results: ; spf=pass; gw.example.co.uk",
        "Authentication-Results: ;;;; gw.example.co.uk",
        "Authentication-Results: other.example; gw.example.co.uk",
        "Authentication-Results: (gw.example.co.uk) other.example; spf=pass",
        "Authentication-Results: spf=pass smtp.mailfrom=partner.example; dkim=pass header.d=partner.example",
        "Authentication-Results: other.example 1; smtp.mailfrom=gw.example.co.uk",
        "X-Untrusted-X-Mailwarden-Tag: 1",
        "Subject: X-Mailwarden-Tag: 1",
    ],
)
def test_the_rest_stays(header: str) -> None:
    """Law 4."""
    assert after(header) == header


@pytest.mark.parametrize(
    ("name", "new"),
    [
        ("Authentication-Results\r\n ", "X-Untrusted-Authentication-Results"),
        ("Authentication-Results\0", "X-Untrusted-Authentication-Results"),
        ("\x01Authentication-Results\t", "X-Untrusted-Authentication-Results"),
        ("Authentication-Results(a)", "X-Untrusted-Authentication-Results"),
        ("Authentication-Results\u200b", "X-Untrusted-Authentication-Results"),
        ("X-Mailwarden-Tag\0", "X-Untrusted-X-Mailwarden-Tag"),
        ("X-Mailwarden-" + "A" * 100, "X-Untrusted-X-Mailwarden-" + "A" * 51),
    ],
)
def test_odd_names_are_renamed(name: str, new: str) -> None:
    """A name that some readers take for ours is written anew without what they pass over, and 76 octets at most."""
    assert (
        after(f"Subject: s\r\n{name}: gw.example.co.uk; spf=pass") == f"Subject: s\r\n{new}: gw.example.co.uk; spf=pass"
    )


def test_a_domain_of_ours_that_is_internationalised() -> None:
    """Is compared in both of its forms."""
    for written in ("xn--mller-kva.example", "m\u00fcller.example", "M\u00dcLLER\u3002example", "mu\u0308ller.example"):
        message = parse(f"Authentication-Results: {written}; spf=pass\r\n\r\nx\r\n".encode())
        assert entry_edits(message, "xn--mller-kva.example"), written


def test_every_such_field_is_renamed() -> None:
    """Several of one name; only in the message's own header."""
    raw = b"X-Mailwarden-A: 1\r\nSubject: s\r\nX-Mailwarden-A: 2\r\nContent-Type: message/rfc822\r\n\r\n"
    message = parse(raw + b"X-Mailwarden-B: 3\r\n\r\nx\r\n")
    edits = entry_edits(message, "gw.example.co.uk")
    assert len(edits) == 2
    assert render(message, edits).count(b"X-Untrusted-") == 2


def test_nothing_is_no_edit() -> None:
    """A plain message is relayed octet for octet."""
    message = parse(b"Subject: s\r\n\r\nx\r\n")
    assert render(message, entry_edits(message, "gw.example.co.uk")) is message.raw


def test_what_changes_on_entry_is_on_record() -> None:
    """Law 4: each change is a finding of the gateway's own."""
    message = parse(b"X-Mailwarden-Tag: forged\r\n\r\nx\r\n")
    found = findings_on_entry(message, "gw.example.co.uk", newlines_made_crlf=True)
    assert [f.code for f in found] == ["newline.normalised", "header.untrusted"]
    assert [e.quote for e in found[1].evidence] == ["X-Mailwarden-Tag"]
    assert set(GATEWAY_CODES) >= {f.code for f in found}


def test_many_comments_cost_little() -> None:
    """The field is a quarter of the largest header; copying each comment anew took 0.8 seconds for 200 KB."""
    message = parse(b"Authentication-Results: " + b"()" * 100_000 + b" gw.example.co.uk; spf=pass\r\n\r\nx\r\n")
    began = time.process_time()
    assert [edit.name for edit in entry_edits(message, "gw.example.co.uk")] == ["Authentication-Results"]
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize("comments", ["(a(b)c)", "(a\\)b)", "()()", "(a) (b)"])
def test_comments_around_a_name(comments: str) -> None:
    """However they nest; what is left open is no comment."""
    named = parse(f"Authentication-Results: {comments}gw.example.co.uk; spf=pass\r\n\r\nx\r\n".encode())
    assert entry_edits(named, "gw.example.co.uk")


# --- blocked senders -------------------------------------------------------------------------------------------------

BLOCKED = frozenset({"eve@outside.example", "@spam.example", "a@xn--bcher-kva.example"})


@pytest.mark.parametrize(
    ("author", "path", "found"),
    [
        ("Eve <eve@outside.example>", "", ["eve@outside.example"]),
        ("EVE@Outside.example", "x@y.example", ["eve@outside.example"]),
        ("a@y.example", "eve@outside.example", ["eve@outside.example"]),
        ("a@y.example, eve@outside.example", "", ["eve@outside.example"]),
        ("anybody@spam.example", "bounce@spam.example", ["anybody@spam.example", "bounce@spam.example"]),
        ("a@b\u00fccher.example", "", ["a@xn--bcher-kva.example"]),
        ("joe@outside.example", "joe@sub.spam.example", []),
        ("eve@outside.example.org", "", []),
        ("", "", []),
    ],
)
def test_mail_of_a_blocked_sender_is_found(author: str, path: str, found: list[str]) -> None:
    """By author or reverse-path, by address or domain, and for our recipients of inbound mail alone."""
    raw = f"From: {author}\r\n\r\nx\r\n".encode()
    findings = blocked_sender(mail("in:bob@example.co.uk", "out:joe@x.example", raw=raw, sender=path), BLOCKED)
    assert [one.quote for finding in findings for one in finding.evidence] == found
    assert all(finding.recipients == {"bob@example.co.uk"} for finding in findings)
    assert {finding.code for finding in findings} <= set(GATEWAY_CODES)


def test_our_own_mail_is_never_a_blocked_senders() -> None:
    """A forged envelope from inside isn't what the rule is about."""
    assert blocked_sender(mail("out:joe@x.example", sender="eve@outside.example"), BLOCKED) == ()


# --- logins ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("author", "found"),
    [
        ("Ann <ANN@example.com>", []),
        ("bob@example.com", ["bob@example.com"]),
        ("Bob <ann@example.com>, eve@outside.example", ["eve@outside.example"]),
        ("", []),
    ],
)
def test_an_author_that_is_not_the_logins_is_found(author: str, found: list[str]) -> None:
    """Each address that a reader may show counts."""
    message = mail("out:joe@x.example", raw=f"From: {author}\r\n\r\nx\r\n".encode())
    logged_in = replace(message, client=replace(message.client, login="ann@example.com"))
    findings = impersonation(logged_in, lambda login, address: login == address.lower())
    assert [one.quote for finding in findings for one in finding.evidence] == found
    assert {(finding.code, GATEWAY_CODES[finding.code]) for finding in findings} <= {(IMPERSONATION, "reject")}
    assert impersonation(message, lambda login, address: False) == ()


LONG = "x" * 9000


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("From: ann@example.com\r\nSender: Bob <bob@example.com>", ["bob@example.com"]),
        ("Sender: bob@example.com", ["bob@example.com"]),
        ("From: ann@example.com\r\nResent-From: bob@example.com", ["bob@example.com"]),
        ("From: ann@example.com\r\nSENDER : ann@example.com\r\nResent-Sender: ann@example.com", []),
        (f"From: ann@example.com ({LONG}), bob@example.com", ["From: can't be read whole"]),
        (f'From: "{LONG}" <bob@example.com>', ["From: can't be read whole"]),
        (
            f"From: (({LONG[:4500]} ann@example.com\r\nFrom: {LONG[:4500]} <bob@example.com>",
            ["From: can't be read whole"],
        ),
        ("From: Bob", ["From: can't be read whole"]),
        ("From: bob@[192.0.2.1]", ["From: can't be read whole"]),
        ("From: " + ", ".join(f"ann@x{n}.example" for n in range(11)), ["From: can't be read whole"]),
        ("X: y\r\n" * MAX_FIELDS + "From: bob@example.com", ["The header can't be read whole"]),
    ],
)
def test_no_other_author_hides_from_the_comparison(header: str, found: list[str]) -> None:
    """Neither in another field that a reader may show, nor where no address is read."""
    message = mail("out:joe@x.example", raw=f"{header}\r\n\r\nx\r\n".encode())
    logged_in = replace(message, client=replace(message.client, login="ann@example.com"))
    findings = impersonation(logged_in, lambda login, address: address.lower().startswith("ann@"))
    assert [one.quote for finding in findings for one in finding.evidence] == found
