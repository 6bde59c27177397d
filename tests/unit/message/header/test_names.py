"""File names from every field that can carry one, in every reading."""

from __future__ import annotations

import pytest

from gateway.message.header.field import Header
from gateway.message.header.names import Names, read_names


def header(value: str | bytes) -> Header:
    raw = value if isinstance(value, bytes) else value.encode()
    return Header("X", 0, 0, raw)


def of(disposition: str | bytes) -> Names:
    return read_names([header(disposition)], [], [], [])


@pytest.mark.parametrize(
    ("disposition", "names"),
    [
        ("attachment; filename=evil.exe", ("evil.exe",)),
        ('attachment; filename="=?utf-8?B?ZXZpbC5leGU=?="', ("evil.exe",)),
        ('attachment; filename="=?utf-8?Q?evil?= =?utf-8?Q?.exe?="', ("evil.exe",)),
        ("attachment; filename=\"safe.txt\"; filename*=UTF-8''evil.exe", ("evil.exe", "safe.txt")),
        ('attachment; filename="safe.txt"; filename="evil.exe"', ("safe.txt", "evil.exe")),
        ('attachment; filename="evil.exe', ("evil.exe",)),
        ("attachment; filename=evil file.exe", ("evil file.exe",)),
        ('attachment; filename="evil.\\exe"', ("evil.exe",)),
        ('attachment; filename=(x)"evil.exe"', ("evil.exe", '(x)"evil.exe"')),
        ("attachment; filename=report(1).pdf", ("report .pdf", "report(1).pdf")),
        ('attachment; filename=""evil.exe', ("evil.exe",)),
        ("x; name=evil.exe", ("evil.exe",)),
        ('attachment; filename=""', ()),
        ("attachment", ()),
    ],
)
def test_names_in_a_disposition(disposition: str, names: tuple[str, ...]) -> None:
    """Each that the standards show, in order, once."""
    assert of(disposition).shown == names


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ("a; filename=evil.exe file.txt", "evil.exe"),
        ('a; filename="evil.exe; size=3', "evil.exe"),
        ('a; filename="a.txt".exe', "a.txt.exe"),
        ("a; filename*0=evil.exe; filename*2=.txt", "evil.exe"),
        ("a; filename*1=evil; filename*0=.exe", "evil.exe"),
        ("a; filename*0=safe.txt; filename*0=evil.exe", "evil.exe"),
        ("a; filename*00*=utf-8''ev%69; filename*01=l.exe", "evil.exe"),
        ("a; filename*0=il.exe; filename*0=ev", "evil.exe"),
        ("a; filename*1=s1; filename*1=a.p; filename*0*=utf-8''x", "xa.ps1"),
        ('a; filename="=?utf-16?Q?=FF=FEa=00.=00)?= =?utf-16?b?//5lAHgAZQA=?="', "a.exe"),
        ("a; filename*=utf-16''evil.exe", "evil.exe"),
        ("a; filename*=utf-8''%3D%3Futf-8%3FQ%3Fevil.exe%3F%3D", "evil.exe"),
        ('a; filename="=?utf-16?Q?evil.exe?="', "evil.exe"),
        ('a; filename="=?utf-8?Q?=3D=3Futf-8=3FQ=3Fevil.exe=3F=3D?="', "evil.exe"),
        ('a; filename="\x1b$B%";%\x1b(B.exe"', "\u30a2\u672d.exe"),
        ('a; filename="ev\r\n il.exe"', "evil.exe"),
        ('a; filename="ev\r\n il.exe"', "ev il.exe"),
        ('a; filename="evil.exe\r\n .txt"', "evil.exe"),
        ("a; filename=evil.ex\r\n e", "evil.exe"),
    ],
)
def test_names_that_some_programs_read(disposition: str, name: str) -> None:
    """Careless readings count beside the right one."""
    assert name in of(disposition).readings


@pytest.mark.parametrize(
    "disposition",
    [
        'attachment; filename="a;b.pdf"; size=3',
        'attachment;\r\n filename="report.pdf"',
        'attachment;\r\n\tfilename="=?utf-8?Q?r=C3=A9sum=C3=A9?=\r\n =?utf-8?Q?.pdf?="',
        "attachment; filename*0*=utf-8''r%C3%A9; filename*1*=sum%C3%A9.pdf",
        'attachment; filename=report.pdf; creation-date="Mon, 1 Jan 2024 10:00:00 +0000"',
        'attachment; filename="=?gb2312?B?sai45i5wZGY=?="',
    ],
)
def test_an_ordinary_name_has_one_reading(disposition: str) -> None:
    """Everyday names are read in one way by everyone."""
    assert len(of(disposition).readings) == 1


def test_the_disposition_stands_before_the_type() -> None:
    """All fields of both count; hints don't where there is a name."""
    dispositions = [header("a; filename=1"), header("b; filename=2")]
    types = [header("c/d; name=3"), header("e/f; filename=1")]
    assert read_names(dispositions, types, [header("4")], []) == Names(("1", "2", "3"))


def test_names_that_a_container_gave_stand_first() -> None:
    """Beside those of the fields."""
    assert read_names([header("a; filename=1")], [], [], ["2"]).shown == ("2", "1")


@pytest.mark.parametrize(
    ("hint", "names"),
    [
        ("evil.exe", ("evil.exe",)),
        ("=?utf-8?q?evil=2Eexe?=", ("evil.exe",)),
        ("https://example.com", ()),
        ("https://example.com/", ()),
        ("https://example.com/a/evil.exe?x=y.com#z", ("evil.exe",)),
        ("<evil.exe>", ("evil.exe",)),
        ("<report.pdf@example.com>", ("report.pdf",)),
        ("", ()),
    ],
)
def test_other_fields_where_there_is_no_name(hint: str, names: tuple[str, ...]) -> None:
    """The last segment of a URL, the left side of an id; a host is no file."""
    assert read_names([], [header("text/html")], [header(hint)], []) == Names(names, hinted=True)
