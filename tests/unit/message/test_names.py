"""File names from every field that can carry one."""

from __future__ import annotations

import pytest

from gateway.message.names import file_names


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
        ("x; name=evil.exe", ("evil.exe",)),
        ('attachment; filename=""', ()),
        ("attachment", ()),
    ],
)
def test_names_in_a_disposition(disposition: str, names: tuple[str, ...]) -> None:
    """Each reading, in order, once."""
    assert file_names([disposition], [], []) == names


def test_the_disposition_stands_before_the_type() -> None:
    """All fields of both count."""
    assert file_names(["a; filename=1", "b; filename=2"], ["c/d; name=3", "e/f; filename=1"], ["4"]) == ("1", "2", "3")


@pytest.mark.parametrize(
    ("location", "names"),
    [
        ("evil.exe", ("evil.exe",)),
        ("=?utf-8?q?evil=2Eexe?=", ("evil.exe",)),
        ("https://example.com", ()),
        ("https://example.com/", ()),
        ("https://example.com/a/evil.exe?x=y.com#z", ("evil.exe",)),
        ("", ()),
    ],
)
def test_other_fields_where_there_is_no_name(location: str, names: tuple[str, ...]) -> None:
    """The last segment of a URL; a host is no file."""
    assert file_names([], ["text/html"], [location]) == names
