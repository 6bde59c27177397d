"""An LDAP server in the configuration, and what its entries become."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from gateway.settings.directory.ldap import LdapSettings
from gateway.settings.directory.ldap_entries import FromLdap, from_ldap, group_name, searches

Problems = Callable[..., list[str]]

MISTAKES = {
    "scheme": ("url: 'http://x.example'", "url: ldap://, ldaps:// or ldapi:// is expected, not http://"),
    "no server": ("url: 'ldaps://'", "url: a server is expected, such as ldaps://ldap.example.co.uk, not ldaps://"),
    "port": ("url: 'ldaps://x.example:99999'", "url: a server is expected"),
    "login in the URL": ("url: 'ldaps://u@x.example'", "url: only scheme, host and port are expected"),
    "filter": ("url: 'ldaps://x.example', people: 'mail=*'", "people: a search filter in brackets is expected"),
    "brackets": ("url: 'ldaps://x.example', lists: '(a=b))(c=(d)'", "lists: a search filter in brackets is expected"),
    "attribute": (
        "url: 'ldaps://x.example', person_attributes: {name: 'full name'}",
        "person_attributes.name: the name of an attribute is expected, not full name",
    ),
    "no password": ("url: 'ldaps://x.example', bind_dn: cn=x", "bind_dn: it needs `password_file`"),
    "no name": ("url: 'ldaps://x.example', password_file: gateway.yaml", "password_file: it needs `bind_dn`"),
    "page": ("url: 'ldaps://x.example', page_entries: 1001", "page_entries: must be at most 1000"),
    "often": ("url: 'ldaps://x.example', refresh_seconds: 0", "refresh_seconds: must be more than 0"),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told(problems: Problems, mistake: tuple[str, str]) -> None:
    """The mistake has its key."""
    keys, sentence = mistake
    (line,) = problems(f"directory: {{ldap: {{{keys}, base: dc=x}}}}\n")
    assert line.startswith("gateway.yaml:3:")
    assert f"directory.ldap.{sentence}" in line


@pytest.mark.parametrize(
    "url", ["ldap://127.0.0.1:3389", "ldap://[::1]", "ldapi://%2Frun%2Fldapi", "ldaps://x.example/"]
)
def test_a_server_may_be_anywhere(load: Callable[..., object], url: str) -> None:
    """On this machine a password may go without TLS."""
    keys = f"url: '{url}', starttls: false, bind_dn: cn=x, password_file: gateway.yaml, base: dc=x"
    assert load(f"directory: {{ldap: {{{keys}}}}}\n")


def test_an_attribute_may_be_one_or_several(load: Callable[..., Any]) -> None:
    """Or none."""
    keys = "person_attributes: {name: cn, addresses: [mail, alias], groups: []}"
    found = load(f"directory: {{ldap: {{url: 'ldaps://x.example', base: dc=x, {keys}}}}}\n").directory.ldap
    mapped = found.person_attributes
    assert (mapped.name, mapped.addresses, mapped.groups) == (("cn",), ("mail", "alias"), ())


def test_groups_of_a_server_are_not_judged_beforehand(load: Callable[..., object]) -> None:
    """`check` asks no server: an exemption may name a group that only that has."""
    exemption = "filters: [{attachments: {notice: n.txt, exempt: [{groups: [far], codes: [attachment.macro]}]}}]\n"
    assert load("directory: {ldap: {url: 'ldaps://x.example', base: dc=x}}\n" + exemption, n_txt="Removed.\n")


# --- entries ---------------------------------------------------------------------------------------------------------


@dataclass
class Entry:
    dn: str
    values: Mapping[str, Sequence[str]] = field(default_factory=dict)


def taken(
    people: Sequence[Entry], lists: Sequence[Entry] = (), groups: Sequence[Entry] = (), **keys: object
) -> FromLdap:
    keys = {"url": "ldaps://x.example", "base": "dc=x", "lists": "(a=b)", "groups": "(a=b)", **keys}
    return from_ldap(LdapSettings.model_validate(keys), [people, lists, groups])


ANN = Entry("CN=Ann Archer,OU=People,DC=x", {"cn": ["Ann Archer"], "mail": ["ann@x.example"]})


def test_a_person_of_active_directory() -> None:
    """Its aliases, its groups by their names, manager and delegates by theirs."""
    bob = Entry(
        "CN=Bob Baker,OU=People,DC=x",
        {
            "displayname": ["Bob Baker"],
            "cn": ["bbaker"],
            "mail": ["bob@x.example"],
            "proxyaddresses": ["SMTP:Bob@x.example", "smtp:b@x.example", "sip:bob@x.example", "X500:/o=X/cn=bob"],
            "memberof": ["CN=IT Security,OU=Groups,DC=x", "cn=Finance\\, UK,DC=x"],
            "manager": ["cn=Ann Archer, ou=People, dc=x"],
            "publicdelegates": ["CN=Ann Archer,OU=People,DC=x"],
            "department": ["IT"],
        },
    )
    ann, person = (one.entry.person for one in taken([ANN, bob]).people)
    assert ann.addresses == ("ann@x.example",)
    assert (person.name, person.addresses) == ("Bob Baker", ("bob@x.example", "b@x.example"))
    assert person.groups == {"it_security", "finance_uk"}
    assert (person.manager, person.delegates, person.department) == ("ann@x.example", ("ann@x.example",), "IT")


def test_what_does_not_fit_is_left_out_and_told() -> None:
    """One value, not the person; a person without an address altogether."""
    odd = Entry(
        "cn=Odd,dc=x",
        {"cn": ["Odd"], "mail": ["odd@x.example", "o d@x.example"], "zone": ["Mars/Base"], "manager": ["cn=Gone,dc=x"]},
    )
    nobody = Entry("cn=Nobody,dc=x", {"cn": ["Nobody"], "mail": ["nobody"]})
    done = taken([odd, nobody], person_attributes={"timezone": "zone"})
    (person,) = (one.entry.person for one in done.people)
    assert (person.name, person.addresses, person.timezone) == ("Odd", ("odd@x.example",), "")
    assert done.left_out == [
        "cn=Odd,dc=x: no address is known of cn=Gone,dc=x",
        "cn=Odd,dc=x: addresses: an e-mail address is expected, not o d@x.example",
        "cn=Odd,dc=x: timezone: unknown time zone Mars/Base",
        "cn=Nobody,dc=x: addresses: is missing",
    ]


def test_a_list_with_people_lists_and_strangers() -> None:
    """Names of entries become their addresses; its own address is no member."""
    inner = Entry("cn=inner,dc=x", {"cn": ["Inner"], "mail": ["inner@x.example"], "member": [ANN.dn]})
    outer = Entry(
        "cn=outer,dc=x",
        {
            "mail": ["outer@x.example"],
            "member": [inner.dn.upper(), "cn=outer,dc=x"],
            "mgrprfc822mailmember": ["guest@other.example"],
            "owner": [ANN.dn],
            "may": [ANN.dn],
        },
    )
    done = taken([ANN], [outer, inner], list_attributes={"writers": "may"})
    first, second = (one.entry.distribution_list for one in done.lists)
    assert (first.address, first.members) == ("outer@x.example", ("inner@x.example", "guest@other.example"))
    assert (first.owners, first.writers, second.writers) == (("ann@x.example",), ("ann@x.example",), None)


def test_groups_are_named_by_their_entries() -> None:
    """The groups have the addresses of their members."""
    done = taken([ANN], groups=[Entry("cn=g,dc=x", {"cn": ["Authorised Signatories"], "member": [ANN.dn]})])
    assert done.groups == {"authorised_signatories": ["ann@x.example"]}


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("CN=IT Security,OU=Groups", "it_security"),
        ("finance", "finance"),
        ("cn=R\\26D\\, UK,dc=x", "r_d_uk"),
        ("\u4eba\u4e8b", ""),
    ],
)
def test_names_of_groups_can_stand_in_the_yaml(value: str, name: str) -> None:
    """Names are in lower case; other signs become _."""
    assert group_name(value) == name


def test_only_what_is_wanted_is_searched() -> None:
    """People alone, where nothing else is named."""
    s = LdapSettings.model_validate({"url": "ldaps://x.example", "base": "dc=x"})
    ((people, attributes),) = searches(s)
    assert people == "(&(mail=*)(objectClass=person))"
    assert {"displayName", "cn", "mail", "memberOf"} <= set(attributes)
