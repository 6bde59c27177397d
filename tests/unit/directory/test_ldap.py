"""Behaviour of Active Directory that OpenLDAP lacks, and a machine without python-ldap; the rest is in integration."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from gateway.directory import ldap as ldap_search
from gateway.directory.ldap import LdapServer, LdapUnavailable, search


class Ranged:
    """A server that gives two members at a time."""

    def __init__(self, count: int) -> None:
        self.members = [f"m{n}".encode() for n in range(count)]

    def answer(self, start: int) -> dict[str, list[bytes]]:
        end = start + 2
        name = f"member;range={start}-{'*' if end >= len(self.members) else end - 1}"
        return {name: self.members[start:end], "cn": [b"x"]}

    def search_ext_s(self, dn: str, scope: int, attrlist: list[str]) -> list[tuple[str, dict[str, list[bytes]]]]:
        ((_, _, limits),) = [one.partition(";range=") for one in attrlist]
        return [(dn, self.answer(int(limits.removesuffix("-*"))))]


class Library:
    SCOPE_BASE = 0


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_members_that_come_in_ranges_are_all_read(count: int) -> None:
    """Up to the last, whichever range it stands in."""
    server = Ranged(count)
    found = ldap_search._completed(Library, server, "cn=x", server.answer(0))
    assert found == {"cn": [b"x"], "member": server.members}


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence, not a traceback."""

    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(LdapUnavailable, match=r"mailwarden\[ldap\]"):
        search(LdapServer("ldaps://x.example"), "dc=x", [("(mail=*)", ["mail"])])


def test_what_is_no_text_is_left_out() -> None:
    """Pictures and certificates; attributes are known in lower case."""
    assert ldap_search._texts({"jpegPhoto": [b"\xff\xd8"], "Mail": [b"a@x.example"]}) == {"mail": ["a@x.example"]}
