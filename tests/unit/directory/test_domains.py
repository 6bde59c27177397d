"""Our own domains: exact ones, subdomains, letter case, internationalised names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.directory.domains import Domains, domain_key

DOMAINS = Domains(["example.com", ".example.net", "Bücher.example", "deep.example.org", ".example.org"])


@pytest.mark.parametrize(
    "domain",
    ["example.com", "EXAMPLE.Com", "example.com.", "a.example.net", "a.b.c.example.net", "A.EXAMPLE.NET",
     "bücher.example", "xn--bcher-kva.example", "BÜCHER.example", "deep.example.org", "x.deep.example.org"],
)  # fmt: skip
def test_a_domain_of_ours(domain: str) -> None:
    """Exact, or below one that is written with a leading dot."""
    assert domain in DOMAINS


@pytest.mark.parametrize(
    "domain",
    ["", ".", "com", "a.example.com", "notexample.com", "example.com.evil.example", "example.net", ".example.net",
     "evilexample.net", "example.org", "..", "a..", "ü" * 70, "\ud800.example.com"],
)  # fmt: skip
def test_a_domain_that_is_not_ours(domain: str) -> None:
    """A name that only ends alike isn't below; the dotted form doesn't cover the domain itself."""
    assert domain not in DOMAINS


def test_what_is_no_text_is_not_ours() -> None:
    """A container may be asked anything."""
    assert None not in DOMAINS


def test_no_domains_contain_nothing() -> None:
    """An empty list is a list."""
    assert "example.com" not in Domains([])


@given(st.text(max_size=80))
def test_any_text_can_be_asked(domain: str) -> None:
    """The text in an envelope is the sender's; the answer is never an exception."""
    assert isinstance(domain in DOMAINS, bool)
    assert domain_key(domain) == domain_key(domain.upper()) or not domain.isascii()
