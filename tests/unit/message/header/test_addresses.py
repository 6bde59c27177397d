"""Comparison of domains and addresses: IDNA2008 and UTS 46, non-transitional; an invalid one is compared as written."""

from __future__ import annotations

import idna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.message.header.addresses import (
    address_key,
    address_pattern,
    ascii_form,
    domain_key,
    shown_label,
    unmatched_outside,
)

ZWJ, ZWNJ = "\u200d", "\u200c"


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("Example.COM", "example.com"),
        ("faß.example", "xn--fa-hia.example"),  # a domain of its own, not fass.example
        ("FAẞ.example", "xn--fa-hia.example"),
        ("βόλος.example", "xn--nxasmm1c.example"),  # final sigma, not that of βόλοσ
        ("βόλοσ.example", "xn--nxasmq6b.example"),
        ("ΒΌΛΟΣ.example", "xn--nxasmq6b.example"),  # UTS 46 knows no final form of a capital
        (f"ශ්{ZWJ}රී.example", "xn--10cl1a0b660p.example"),
        ("ශ්රී.example", "xn--10cl1a0b.example"),
        (f"نامه{ZWNJ}ای.example", "xn--mgba3gch31f060k.example"),
        ("نامهای.example", "xn--mgba3gch31f.example"),
        ("Bücher.Example", "xn--bcher-kva.example"),
        ("bu\u0308cher.example", "xn--bcher-kva.example"),
        ("\uff45\uff58ample\u3002com", "example.com"),
        ("_dmarc.bücher.example", "_dmarc.xn--bcher-kva.example"),
        ("\u212a.example", "k.example"),  # the Kelvin sign
    ],
)
def test_the_ascii_form(domain: str, expected: str) -> None:
    """Four characters that IDNA2003 replaced or dropped make domains of their own."""
    assert ascii_form(domain) == expected
    assert domain_key(domain + ".") == expected


@pytest.mark.parametrize(
    "domain",
    [
        f"fa{ZWJ}ss.example",  # a joiner where it joins nothing
        f"fass{ZWNJ}.example",
        "\u212a☃.example",
        "\ud800.example",
        "ü" * 70 + ".example",
        "ü.example" * 40,
        "a\uff20b.example",  # mapped to @
        "a\u2100b.example",  # mapped to a/c
        "\u0301.example",
        "אa.example",
    ],
)
def test_what_has_no_ascii_form_is_only_itself(domain: str) -> None:
    """It equals no ASCII name, whatever `str.lower` would make of it."""
    assert ascii_form(domain) is None
    assert domain_key(domain) == domain


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_key_is_of_one_domain(one: str, other: str) -> None:
    """Any text is taken; a key is stable, and where it is ASCII the text is it, or converts to it."""
    for text in (one, other):
        key = domain_key(text)
        assert domain_key(key) == key.removesuffix(".")
        assert key == text.removesuffix(".") or (ascii_form(text) or "").removesuffix(".") == key
        assert not key.isascii() or ascii_form(text) is not None


def test_plain_ascii_never_comes_to_idna(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nearly every domain is that."""

    def never(*_: object) -> str:
        raise AssertionError

    monkeypatch.setattr(idna, "uts46_remap", never)
    monkeypatch.setattr(idna, "alabel", never)
    assert domain_key("XN--fa-hia.Example.") == "xn--fa-hia.example"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("Eve@Faß.example", "eve@xn--fa-hia.example"),
        ("eve@ΒΌΛΟΣ.example", "eve@xn--nxasmq6b.example"),  # str.lower makes a final sigma of the last letter
        ("JÜ@b.example", "jü@b.example"),
        ('"a@b"@C.example', '"a@b"@c.example'),
        ("Postmaster", "postmaster"),
        ("", ""),
    ],
)
def test_an_address_is_compared_by_its_key(address: str, expected: str) -> None:
    """Letter case makes no difference."""
    assert address_key(address) == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*@faß.example", "*@xn--fa-hia.example"),
        ("*@*.Faß.example", "*@*.xn--fa-hia.example"),
        ("Jü*@Example.com", "jü*@example.com"),
        ("*.Example.com", "*.example.com"),
        ("*", "*"),
    ],
)
def test_a_pattern_is_compared_with_keys(pattern: str, expected: str) -> None:
    """Label by label, since `*` may stand for some."""
    assert address_pattern(pattern) == expected


@pytest.mark.parametrize("pattern", ["*@*ß.example", "*@☃.example", "*.faß.example"])
def test_a_pattern_that_could_match_nothing_is_a_mistake(pattern: str) -> None:
    """A letter beyond ASCII can be compared in a whole label only."""
    with pytest.raises(ValueError, match="ASCII"):
        address_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("supplier.example", "no address is supplier.example: write a whole address, or *@supplier.example"),
        ("*@x.Example.com", "*@x.Example.com is your own"),
        ("bob@example.org", "bob@example.org is your own"),
        ("example.org", "example.org is your own"),
        ("*.example", ""),
        ("*@supplier.example", ""),
    ],
)
def test_a_pattern_that_no_address_outside_has(pattern: str, reason: str) -> None:
    """A domain alone is no address, and our own people aren't outside."""
    said = unmatched_outside(pattern, ["example.org", ".example.com"])
    assert said.startswith(reason)
    assert bool(said) == bool(reason)


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("xn--fa-hia", "faß"),
        ("xn--n3h", "☃"),
        ("plain", "plain"),
        ("xn--\x7f", "xn--\x7f"),
        ("xn--" + "a" * 60, "xn--" + "a" * 60),
    ],
)
def test_a_label_as_it_is_shown(label: str, expected: str) -> None:
    """Whatever it decodes to, valid or not: the eye doesn't check it."""
    assert shown_label(label) == expected
