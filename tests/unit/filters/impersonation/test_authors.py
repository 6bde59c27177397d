"""The authors of our own people's mail, beside the login that sent it."""

from __future__ import annotations

import pytest

from filters.impersonation.authors import Authors
from gateway.contract import Client, Mail, Person
from gateway.directory.lookup import ConfiguredDirectory
from gateway.directory.sending_rights import SendingRights
from tests.support.builders.judgement import mail

DIRECTORY = ConfiguredDirectory(
    [
        Person("Ann Archer", ("ann@example.co.uk",), private_addresses=("aa@archers.example",)),
        Person("Bob Bridges", ("bob@example.co.uk",), delegates=("ann@example.co.uk",)),
        Person("Carl Cook", ("carl@example.co.uk",)),
        Person("Ann Archer", ("ann2@example.co.uk",)),
    ],
    {},
    ["example.co.uk"],
)
AUTHORS = Authors(DIRECTORY, SendingRights(DIRECTORY, {"sales@example.co.uk": ["ann@example.co.uk"]}))

INVITATION = "Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\n"


def sent(sender: str, *fields: str, login: str = "ann@example.co.uk", rest: str = "\r\nHello\r\n") -> Mail:
    head = "\r\n".join((f"From: {sender}", "To: joe@outside.example", *fields))
    client = Client("192.0.2.1", login=login, trusted=True)
    return mail("out:joe@outside.example", raw=f"{head}\r\n{rest}".encode(), sender="ann@example.co.uk", client=client)


def assumed(*args: str, **more: str) -> list[str]:
    return [one.quote for one in AUTHORS.assumed(sent(*args, **more))]


def unsigned(*args: str, **more: str) -> list[str]:
    return [one.quote for one in AUTHORS.unsigned(sent(*args, **more))]


@pytest.mark.parametrize(
    ("sender", "evidence"),
    [
        ("ann@example.co.uk", []),
        ("Ann Archer <aa@archers.example>", []),  # her own private address
        ("Sales <sales@example.co.uk>", []),  # shared with her
        ("bob@example.co.uk", []),  # she is his delegate
        ("carl@example.co.uk", ["carl@example.co.uk"]),
        ("ann@example.co.uk, carl@example.co.uk", ["carl@example.co.uk"]),
        ("joe@customer.test", ["joe@customer.test"]),
        ("nobody@example.co.uk", []),  # an address of ours that belongs to nobody
        ("Carl Cook <ann@example.co.uk>", ["Carl Cook"]),
        ('"Cook, Carl" <ann@example.co.uk>', ['"Cook, Carl"']),
        ("Bob Bridges <ann@example.co.uk>", []),
        ("Carl <ann@example.co.uk>", []),
        ("Ann Archer <ann@example.co.uk>", []),  # another has the same name
    ],
)
def test_a_login_uses_its_own_names_and_addresses(sender: str, evidence: list[str]) -> None:
    assert assumed(sender) == evidence


def test_a_shared_address_is_shared_with_some() -> None:
    assert assumed("sales@example.co.uk", login="carl@example.co.uk") == ["sales@example.co.uk"]


@pytest.mark.parametrize("login", ["", "robot", "eve@outside.example"])
def test_a_login_that_nobody_knows_is_compared_with_nothing(login: str) -> None:
    assert assumed("carl@example.co.uk", login=login) == []
    assert unsigned("bob@example.co.uk", login=login) == []


def test_sender_must_be_ones_own_too() -> None:
    assert assumed("ann@example.co.uk", "Sender: carl@example.co.uk") == ["carl@example.co.uk"]


def test_who_hands_something_on_leaves_its_author() -> None:
    """By Resent-From, or an invitation with the own address in Sender; the address of a third person is none."""
    assert assumed("carl@example.co.uk", "Resent-From: Ann <ann@example.co.uk>") == []
    assert assumed("carl@example.co.uk", "Resent-From: bob@outside.example") == ["carl@example.co.uk"]
    assert assumed("carl@example.co.uk", "Sender: ann@example.co.uk", rest=INVITATION) == []
    assert assumed("carl@example.co.uk", rest=INVITATION) == ["carl@example.co.uk"]
    assert unsigned("bob@example.co.uk", "Resent-From: Ann <ann@example.co.uk>") == []


@pytest.mark.parametrize(
    ("sender", "fields", "evidence"),
    [
        ("bob@example.co.uk", (), ["bob@example.co.uk"]),
        ("bob@example.co.uk", ("Sender: ann@example.co.uk",), []),
        ("bob@example.co.uk", ("Sender: bob@example.co.uk",), ["bob@example.co.uk"]),  # not who sent it
        ("ann@example.co.uk", (), []),
        ("sales@example.co.uk", (), []),  # a role, no person
        ("ann@example.co.uk, bob@example.co.uk", (), ["ann@example.co.uk", "bob@example.co.uk"]),
        ("ann@example.co.uk, bob@example.co.uk", ("Sender: ann@example.co.uk",), []),
    ],
)
def test_sender_names_who_sent_it(sender: str, fields: tuple[str, ...], evidence: list[str]) -> None:
    assert unsigned(sender, *fields) == evidence


def test_several_authors_need_a_sender_whatever_the_login() -> None:
    assert unsigned("carl@example.co.uk, bob@example.co.uk", login="") == ["carl@example.co.uk", "bob@example.co.uk"]
