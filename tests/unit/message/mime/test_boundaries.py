"""Declared boundaries: which are odd, and delimiter lines that are not quite."""

from __future__ import annotations

import pytest

from gateway.message.mime.parse import parse


def codes(declared: str, body: str = "--foo\n\nx\n--foo--\n") -> set[str]:
    raw = f"Content-Type: multipart/mixed{declared}\n\n{body}".replace("\n", "\r\n").encode("latin-1")
    return {defect.code for defect in parse(raw).root.structure_defects}


def about_boundary(declared: str) -> set[str]:
    return {code for code in codes(declared) if code.startswith("boundary.")}


@pytest.mark.parametrize(
    "declared",
    [
        *(
            "; boundary=foo",
            '; boundary="foo"',
            ";boundary=foo;",
            "; BOUNDARY=foo",
            ";\n\tboundary=foo",
            ";;; boundary=foo",
        ),
        *("; boundary=\n foo", "; boundary\n =foo", '; charset=x; boundary="foo"; x=y', '; x="y"; boundary=foo'),
        *('; boundary="a b"', '; boundary="a(b)c"', "; boundary=a=b", '; boundary="----"', "; boundary=a'b_c,d"[:16]),
        *('; boundary="=_Part?1"', "; boundary=" + "a" * 70, "", '; type="x; boundary"; boundary=foo'),
    ],
)
def test_ordinary_boundaries(declared: str) -> None:
    """Bare or quoted, folded where a fold may stand."""
    assert about_boundary(declared) == set()


@pytest.mark.parametrize(
    "declared",
    [
        *('; boundary=" foo"', '; boundary="foo "', "; boundary=foo foo", "; boundary=foo,faa", '; boundary="X;"'),
        *('; boundary=""foo', '; boundary="bar"foo', '; boundary="', '; boundary="a\\"b"', '; boundary="a\\b"'),
        *(
            "; boundary=",
            '; boundary=""',
            "; boundary=foo(c)foo",
            "; boundary=(c)foo",
            "; boundary(c)=foo",
            "; boundary=foo;foo",
        ),
        *(
            "; boundary==?utf-8?q?foo?=",
            "; boundary*0=fo; boundary*1=o",
            "; boundary*=us-ascii''foo",
            "; boundary=f\u00e9",
        ),
        *("; boundary=foo\n foo", '; boundary="foo\n foo"', "; boundary=f\x01oo"),
    ],
)
def test_odd_boundaries(declared: str) -> None:
    """Programs read different ones."""
    found = codes(declared)
    assert found & {"boundary.odd", "type.ambiguous", "header.control"}, found


def test_two_boundaries() -> None:
    """The same twice is no more than malformed."""
    assert about_boundary("; boundary=foo; boundary=bar") == {"boundary.several"}
    assert about_boundary("; boundary=foo; boundary=foo") == {"boundary.repeated"}


@pytest.mark.parametrize(("length", "found"), [(69, set()), (70, set()), (71, {"boundary.long"})])
def test_the_limit_of_length(length: int, found: set[str]) -> None:
    """RFC 2046 5.1.1."""
    assert about_boundary("; boundary=" + "a" * length) == found


def test_characters_that_none_may_have() -> None:
    """They are compared as they stand."""
    assert about_boundary('; boundary="a@b"') == {"boundary.characters"}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("--foo  \t", set()),
        (" --foo", {"boundary.indented"}),
        ("\t\t--foo", {"boundary.indented"}),
        ("--foo x", {"boundary.junk"}),
        ("--foo;", {"boundary.junk"}),
        ("--foo-- x", {"boundary.junk"}),
        ("--foox", {"boundary.prefix"}),
        ("> --foo", set()),
        ("a,--foo\nContent-Type: a/b", {"boundary.displaced"}),
    ],
)
def test_lines_that_resemble_delimiters(line: str, found: set[str]) -> None:
    """Those of another boundary that begins with this one are a fact, no more."""
    assert codes("; boundary=foo", f"--foo\n\na\n{line}\n\nb\n--foo--\n") == found


@pytest.mark.parametrize(
    ("hidden", "found"),
    [
        ("Content-Type: a/b\n\nx\n", True),
        ("text\n\n content-transfer-encoding : base64\n\nx\n", True),
        ("begin 644 x.exe\nM\n", True),
        ("This is a multi-part message in MIME format.\n", False),
        ("The Content-Type: header says so\n", False),
        ("", False),
    ],
)
def test_what_stands_outside_of_parts(hidden: str, found: bool) -> None:
    """Some programs show it."""
    parts = "--foo\n\nx\n--foo--\n"
    assert ("multipart.preamble" in codes("; boundary=foo", hidden + parts)) == found
    assert ("multipart.epilogue" in codes("; boundary=foo", parts + hidden)) == found
