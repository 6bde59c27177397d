"""Organisational domains, and alignment."""

from __future__ import annotations

import pytest

from gateway.understand.authentication.public_suffixes import aligned, organisation


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("acme-ltd.com", "acme-ltd.com"),
        ("mail.acme-ltd.com", "acme-ltd.com"),
        ("a.b.example.co.uk", "example.co.uk"),
        ("co.uk", "co.uk"),
        ("user.github.io", "user.github.io"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
    ],
)
def test_the_organisational_domain(domain: str, expected: str) -> None:
    """The public suffix list decides; a hyphen is a letter like another."""
    assert organisation(domain) == expected


@pytest.mark.parametrize(
    ("one", "other", "relaxed", "strict"),
    [
        ("acme-ltd.com", "acme-ltd.com", True, True),
        ("mail.acme-ltd.com", "acme-ltd.com", True, False),
        ("acme.com", "acme-ltd.com", False, False),
        ("ltd.com", "acme-ltd.com", False, False),
        ("other-ltd.com", "acme-ltd.com", False, False),
        ("a.co.uk", "b.co.uk", False, False),
        ("co.uk", "a.co.uk", False, False),
        ("one.github.io", "two.github.io", False, False),
        ("", "", False, False),
    ],
)
def test_alignment(one: str, other: str, relaxed: bool, strict: bool) -> None:
    """RFC 7489 3.1."""
    assert aligned(one, other) is relaxed
    assert aligned(one, other, strict=True) is strict
