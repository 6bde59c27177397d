"""Remarks of `check`: settings that are right in themselves and can't do what they say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from filters.registry import FILTERS
from gateway.act.signing.key_record import new_key, pem
from gateway.settings import remarks
from gateway.settings.auth.auth_settings import AuthSettings
from gateway.settings.chain.entries import NO_FILTER
from gateway.settings.loading import look_over
from tests.unit.settings.auth.test_login_lines import HASH
from tests.unit.settings.conftest import MAIN, UNCHECKED, exemption

LOGINS = ("AArcher", "joe@example.co.uk", "carl@x.example.com", "bob", "eve@outside.example")
ANN = "    - {name: Ann, addresses: [ann@example.co.uk], login: aarcher}\n"

Look = Callable[..., list[str]]


def rules(*written: str) -> str:
    listed = (", ".join(filter(None, (one, "text: own.txt"))) for one in written)
    return "filters:\n  - disclaimer:\n      rules:\n" + "".join(f"        - {{{one}}}\n" for one in listed)


ODD = {
    "country": (rules("recipient_countries: [de, germany]"), "rules[0].recipient_countries[1]: no domain ends in"),
    "no condition": (rules("", "directions: [outbound]"), "rules[0]: it has no condition and matches all mail"),
    "past": (rules("valid_until: 2001-02-03"), "rules[0].valid_until: 2001-02-03 is past"),
    "sender's domain": (rules("domains: [example.org]"), "rules[0].domains[0]: no sender of ours is at 'example.org'"),
    "control address": (
        "control_address: mailwarden@gw.example.co.uk",
        "control_address: no listener takes mail of our",
    ),
    "one's group": (
        "directory: {people: [{name: Ann, addresses: [ann@example.co.uk], groups: [finence]}]}",
        "people[0].groups[0]: nobody else is in the group finence",
    ),
    "manager": (
        "directory: {people: [{name: Ann, addresses: [ann@example.co.uk], manager: cleo@example.co.uk}]}",
        "directory.people[0].manager: the directory has nobody at cleo@example.co.uk",
    ),
    "nobody may sign": (
        "directory: {groups: {buyers: []}}\nfilters: [commitment: {signatories: [{group: buyers}]}]",
        "signatories[0].group: nobody is in the group buyers",
    ),
    "nobody may announce": (
        "directory: {groups: {hr: [ann@example.co.uk]}}\nfilters: [broadcast: {announcers: [hr, personnel]}]",
        "announcers[1]: nobody is in the group personnel",
    ),
    "unknown list with leave": (
        "directory: {lists: [{address: social@example.co.uk, size: 9}]}\n"
        "filters: [broadcast: {allowed_lists: [Social@example.co.uk, socail@example.co.uk]}]",
        "allowed_lists[1]: the directory has no list at socail@example.co.uk",
    ),
    "private address of ours": (
        "directory: {people: [{name: A, addresses: [a@example.co.uk], private_addresses: [b@x.example.com]}]}",
        "private_addresses[0]: b@x.example.com is at a domain of ours: it is no private account",
    ),
    "empty list": (
        "directory: {lists: [{address: all@example.co.uk}]}",
        "directory.lists[0]: the list reaches nobody: it needs `members`, or a `size`",
    ),
    "empty group": (
        "directory: {groups: {lab: []}}\n" + exemption("groups: [lab]"),
        "groups[0]: nobody is in the group lab",
    ),
    "reviewer": ("reviewers: {no-such-user-here: [reviewer]}", "this machine has no user no-such-user-here"),
    "data_dir": ("data_dir: own.txt/var", "own.txt is a file"),
}


@pytest.mark.parametrize("more", ODD.values(), ids=ODD)
def test_what_can_never_work_is_told(look: Look, more: tuple[str, str]) -> None:
    """Once, with file and line."""
    written, sentence = more
    (said,) = look(written)
    assert said.startswith("gateway.yaml:")
    assert sentence in said


FINE = {
    "manager": (
        "directory: {people: [{name: A, addresses: [a@example.co.uk], manager: b@example.co.uk},"
        " {name: B, addresses: [B@example.co.uk], private_addresses: [b@mail.example]}],"
        " lists: [{address: all@example.co.uk, size: 2}]}"
    ),
    "a server may have the rest": (
        "directory: {people: [{name: A, addresses: [a@example.co.uk], manager: b@example.co.uk, groups: [one]}],"
        " ldap: {url: 'ldaps://x.example', base: dc=x}}\n" + exemption("groups: [far]")
    ),
    "nothing": "",
    "rules": rules(
        "domains: [example.co.uk, .example.com, a.example.com]", "recipient_countries: [de, co.uk, .at, com]"
    ),
    "last without conditions": rules("directions: [outbound]", "valid_until: 2999-01-01"),
    "reviewer": "reviewers: {root: [reviewer]}",
    "data_dir": "data_dir: there/is/none",
    "groups": "directory: {people: [{name: Ann, addresses: [ann@example.co.uk], groups: [lab]}]}\n"
    + exemption("groups: [lab]"),
}


@pytest.mark.parametrize("more", FINE.values(), ids=FINE)
def test_what_can_work_is_not_told(look: Look, more: str) -> None:
    """Else nobody would read the rest."""
    assert look(more) == []


@pytest.mark.parametrize(("limit", "told"), [("30d", False), ("31d", True)])
def test_nobody_can_confirm_what_is_deleted(look: Look, limit: str, told: bool) -> None:
    """The time to confirm is over before."""
    said = look(f"control_address: mw@gw.example.co.uk\nconfirm_limit: {limit}")
    assert any("confirm_limit: held messages are deleted after 30 days" in one for one in said) is told


def test_a_key_for_a_domain_of_others_signs_nothing(look: Look, tmp_path: Path) -> None:
    """A parent domain of ours is fine: its key signs for subdomains."""
    (tmp_path / "key.pem").write_bytes(pem(new_key("ed25519", 0)))
    (tmp_path / "key.pem").chmod(0o600)
    keys = [f"{{domain: {domain}, selector: s, key: key.pem}}" for domain in ("example.org", "example.com", "co.uk")]
    (said,) = look(f"dkim: [{', '.join(keys)}]")
    assert "dkim[0].domain: example.org is none of the organisation's domains" in said


CHAINS = {
    "no filters": ("", f"gateway.yaml: filters: {NO_FILTER}"),
    "an empty list": ("filters: []", f"gateway.yaml:3:10: filters: {NO_FILTER}"),
    "all off": ("filters: [external: {mode: off}]", f"gateway.yaml:3:10: filters: {NO_FILTER}"),
    "no virus": ("filters: [structure]", f"gateway.yaml:3:10: filters: {UNCHECKED[1]}"),
    "virus off": (
        "filters: [structure, virus: {mode: off}]",
        "gateway.yaml:3:36: filters[1].virus.mode: virus is off: nothing looks for viruses",
    ),
    "blocks nothing": (
        "filters: [virus, attachments: {block: []}]",
        "gateway.yaml:3:39: filters[1].attachments.block: attachments blocks nothing: executables, scripts and the like"
        " pass",
    ),
}


@pytest.mark.parametrize("more", CHAINS.values(), ids=CHAINS)
def test_what_nothing_looks_for_is_told(look_at_all: Look, more: tuple[str, str]) -> None:
    """Nobody believes himself protected who is not."""
    assert look_at_all(more[0]) == [more[1]]


def test_one_scan_of_several_is_enough(look_at_all: Look) -> None:
    """Another one that is off is for the day when it is needed."""
    assert look_at_all("filters: [virus: {mode: off}, virus: {name: second}]") == []


@pytest.mark.parametrize(
    ("address", "told"),
    [
        *((one, True) for one in ("0.0.0.0:8025", "[::]:8025", "8.8.8.8:8025")),
        *((one, False) for one in ("127.0.0.1:8025", "10.0.0.2:8025", "localhost:8025", "off")),
    ],
)
def test_monitoring_that_everybody_reads(look: Look, address: str, told: bool) -> None:
    found = look(f'http: "{address}"')
    assert [said.partition("monitoring has no login")[1] for said in found] == ["monitoring has no login"] * told


def test_a_digest_without_readers(look: Look) -> None:
    """A digest without readers is told; one with readers is not."""
    assert "nobody gets this digest" in look("digest: {reviewers: [8]}")[0]
    reviewers = "reviewers: {root: [approver], daemon: [auditor]}\ndigest: {reviewers: [8]}"
    assert look(reviewers) == []


def test_reviewers_without_an_address(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    """The contact may be a telephone number: then each needs an address of their own."""
    called = MAIN.replace("name: Example Ltd,", "name: Example Ltd, contact: extension 1234,")
    monkeypatch.setattr("tests.unit.settings.conftest.MAIN", called)
    reviewers = "reviewers: {root: [approver], daemon: [auditor]}"
    (told,) = look(reviewers)
    assert told.endswith(
        "reviewers.root: no notice or digest reaches this user: give an address in `reviewer_addresses`"
    )
    assert look(f"{reviewers}\nreviewer_addresses: {{root: a@example.co.uk}}") == []


def test_a_login_that_may_send_from_no_address_is_told(tmp_path: Path) -> None:
    """It is nobody's in the directory, and no address of ours."""
    (tmp_path / "users.txt").write_text("".join(f"{login}:{HASH}\n" for login in LOGINS))
    (tmp_path / "gateway.yaml").write_text(MAIN.format(more="directory:\n  people:\n") + ANN)
    settings = look_over(tmp_path / "gateway.yaml", FILTERS)[0]
    with_logins = settings.model_copy(update={"auth": AuthSettings.model_construct(logins=tmp_path / "users.txt")})
    found = [sentence for _, sentence in remarks._logins(with_logins)]
    assert [one.partition(" ")[0] for one in found] == ["bob", "eve@outside.example"]
    assert list(remarks._logins(settings)) == []
