"""Our `Authentication-Results`: read back by another parser, and closed to what a sender wrote."""

from __future__ import annotations

import authres
import pytest

from gateway.contract import Arc, Authentication, Author, Dmarc, Signature, Spf
from gateway.message.edits import render
from gateway.message.mime.parse import parse
from gateway.understand.authentication.header import finding, results
from gateway.understand.authentication.upstream import reported
from gateway.understand.entry import findings_on_entry
from tests.support.builders.authentication import PLAIN

FULL = Authentication(
    verified=True,
    spf=Spf("pass", "outside.example"),
    dkim=(
        Signature("outside.example", "s1", "pass", aligned=True, algorithm="rsa-sha256"),
        Signature("list.example", "s2", "fail", reason="the body was changed", algorithm="ed25519-sha256"),
    ),
    dmarc=Dmarc("pass", "reject", "outside.example"),
    arc=Arc("pass", "list.example"),
    authors=(Author("eve@outside.example", "outside.example", frozenset({"spf", "dkim"})),),
)


def test_all_that_was_verified_is_in_it() -> None:
    """RFC 8601."""
    assert results(FULL, "gw.example.co.uk") == (
        "gw.example.co.uk; spf=pass smtp.mailfrom=outside.example; "
        "dkim=pass header.d=outside.example header.s=s1 header.a=rsa-sha256; "
        "dkim=fail (the body was changed) header.d=list.example header.s=s2 header.a=ed25519-sha256; "
        "dmarc=pass (p=reject) header.from=outside.example; arc=pass header.as-d=list.example"
    )


def test_nothing_found_is_said_too() -> None:
    """So that nobody takes silence for a result."""
    nothing = Authentication(verified=True, dmarc=Dmarc("permerror"))
    assert results(nothing, "gw") == "gw; spf=none; dkim=none; dmarc=permerror"


def test_another_parser_reads_it() -> None:
    """authres, from the message as it leaves."""
    edits = finding(FULL, "gw.example.co.uk", frozenset({"bob@example.co.uk"})).edits
    message = parse(render(parse(PLAIN), edits))
    assert message.headers[0].name == "Authentication-Results"
    assert message.raw.endswith(PLAIN)
    read = authres.all_features().parse_value(message.headers[0].text)
    assert read.authserv_id == "gw.example.co.uk"
    assert [(r.method, r.result) for r in read.results] == [
        *(("spf", "pass"), ("dkim", "pass"), ("dkim", "fail"), ("dmarc", "pass"), ("arc", "pass"))
    ]


def test_another_gateway_of_ours_reads_it() -> None:
    """The field is read as the results of a trusted mail server."""
    message = parse(render(parse(PLAIN), finding(FULL, "gw.example.co.uk", frozenset()).edits))
    said = reported(message, {"gw.example.co.uk"})
    assert said
    assert (said.spf, said.arc) == (FULL.spf, FULL.arc)
    assert [(s.domain, s.selector, s.result) for s in said.dkim] == [
        *(("outside.example", "s1", "pass"), ("list.example", "s2", "fail"))
    ]


@pytest.mark.parametrize(
    "text", ["a b", "x;spf=pass", "x\r\nX-Mailwarden-Tag: none", "=?utf-8?q?x?=", "b\u00fccher", "(c)", ""]
)
def test_what_is_not_plain_is_left_out(text: str) -> None:
    """Nothing that a sender wrote ends a word, a line or a field."""
    odd = Authentication(True, Spf("none", text), (Signature(text, text, "permerror"),), Dmarc("none", "", text))
    assert results(odd, "gw") == "gw; spf=none; dkim=permerror; dmarc=none"


def test_a_forged_one_under_our_name_is_renamed() -> None:
    """And ours stands above it."""
    raw = b"Authentication-Results: gw.example.co.uk; dmarc=pass\r\n" + PLAIN
    message = parse(raw)
    edits = [e for f in findings_on_entry(message, "gw.example.co.uk") for e in f.edits]
    left = parse(render(message, [*edits, *finding(FULL, "gw.example.co.uk", frozenset()).edits]))
    assert [h.name for h in left.headers[:2]] == ["Authentication-Results", "X-Untrusted-Authentication-Results"]
