"""Structured values: tokens, parameters, comments, RFC 2231."""

from __future__ import annotations

import pytest

from gateway.message.header.params import MAX_PARAMETERS, parse_structured, strip_comments


@pytest.mark.parametrize(
    ("written", "params"),
    [
        ("a/b; x=1; y=2", {"x": "1", "y": "2"}),
        ("a/b;x=1;;; y = 2 ;", {"x": "1", "y": "2"}),
        ('a/b; X="q; \\"r\\" \\\\"', {"x": 'q; "r" \\'}),
        ('a/b; x="open; y=2', {"x": "open; y=2"}),
        ('a/b; x="open\\', {"x": "open\\"}),
        ("a/b; x=two words; y=2", {"x": "two words", "y": "2"}),
        ('a/b; x=0600 y="2"', {"x": "0600", "y": "2"}),
        ("a/b x=1", {"x": "1"}),
        ('attachment filename="e.exe"', {"filename": "e.exe"}),
        ("x=1; y=2", {"x": "1", "y": "2"}),
        ("; x=1", {"x": "1"}),
        ("a/b; x (c) = (d) 1 (e); y=2", {"x": "1", "y": "2"}),
        ("a/b; x=1; x=2", {"x": "1"}),
        ("a/b; x=", {"x": ""}),
        ("a/b; alone; y=2", {"y": "2"}),
        ("a/b; x='q'", {"x": "'q'"}),
        ("", {}),
        ('=;=";"', {}),
    ],
)
def test_parameters_as_senders_write_them(written: str, params: dict[str, str]) -> None:
    """Parameters are written by the grammar, or with common mistakes."""
    assert parse_structured(written).mapping() == params


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("; f*=utf-8''%C3%BC", "\u00fc"),
        ("; f*=iso-8859-1'de'%FC", "\u00fc"),
        ("; f*=evil%2Eexe", "evil.exe"),
        ("; f*=x'y'z'evil.exe", "z'evil.exe"),
        ("; f*0=ev; f*1=il.e; f*2=xe", "evil.exe"),
        ("; f*2=xe; f*1=il.e; f*0=ev", "evil.exe"),
        ("; f*0*=utf-8''ev%69; f*1=l.e; f*2=\"xe\"", "evil.exe"),
        ("; f*0=ev; f*2=il.exe", "evil.exe"),
        ("; f*00=ev; f*01=il.exe", "evil.exe"),
        ("; f*0*=utf-8''%C3; f*1*=%BC", "\u00fc"),
        ("; f*0=100%25; f*1*=%25", "100%25%"),
        ('; f="=?utf-8?q?e=2Eexe?="', "e.exe"),
        ('; f*0="=?utf-8?q?e=2E"; f*1="exe?="', "e.exe"),
        ("; f*999999999=x", "x"),
        ("; f=a; f*=utf-8''b", "b"),
    ],
)
def test_decoded_values(written: str, value: str) -> None:
    """RFC 2231 in sections and with charsets, RFC 2047 where it doesn't belong but stands."""
    assert parse_structured(f"x/y{written}").mapping()["f"] == value


def test_every_reading_of_a_parameter() -> None:
    """Extended, joined, and each plain one."""
    structured = parse_structured("a; f=1; f*0=2; f*=utf-8''3; f=4")
    assert structured.values("f") == ["3", "2", "1", "4"]
    assert structured.values("g") == []


def test_section_numbers_beyond_reason_are_no_sections() -> None:
    """They are kept under the name that they have."""
    assert parse_structured("a; f*" + "9" * 5000 + "=x").values("f") == []


@pytest.mark.parametrize(
    ("text", "stripped"),
    [
        ("a(b)c", "a c"),
        ("(a (b) c)d", " d"),
        ("(a \\) b)c", " c"),
        ('"(a)" (b)', '"(a)"  '),
        ("a (open", "a  (open"),
        ('(")x', " x"),
        ('"open (', '"open ('),
        ("a) b", "a) b"),
        ("", ""),
    ],
)
def test_comments(text: str, stripped: str) -> None:
    """Nested and escaped; quoted strings hold none; one that never ends is left alone."""
    assert strip_comments(text) == stripped


@pytest.mark.parametrize(
    ("count", "overflow"), [(MAX_PARAMETERS - 1, False), (MAX_PARAMETERS, False), (MAX_PARAMETERS + 1, True)]
)
def test_the_limit_of_parameters(count: int, overflow: bool) -> None:
    """Past it the rest stays unread, and it says so."""
    structured = parse_structured("a/b" + ";x=y" * count)
    assert (len(structured.pairs), structured.overflow) == (min(count, MAX_PARAMETERS), overflow)
