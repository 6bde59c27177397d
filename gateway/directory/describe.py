"""The directory in words: the entry of an address, and notes on entries that are valid but worth a check."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gateway.contract import DistributionList, Person
from gateway.directory.lookup import KnownDirectory


def described(directory: KnownDirectory, address: str) -> dict[str, Any] | None:
    """Describe a person, a list, or an address that only groups, lists or private accounts name; None for any other."""
    inside = [one.address for one in directory.lists_with(address)]
    if one := directory.list_at(address):
        return _list(directory, one, inside)
    if person := directory.person(address):
        inside = [one.address for each in person.addresses for one in directory.lists_with(each)]
        return _person(directory, person, list(dict.fromkeys(inside)))
    groups = sorted(directory.groups(address))
    owner = directory.private_owner(address)
    if groups or inside or owner:
        whose = f"{owner.name} <{owner.addresses[0]}>" if owner else ""
        return {"kind": "address", "address": address, "private_account_of": whose, "groups": groups, "lists": inside}
    return None


def _person(directory: KnownDirectory, person: Person, lists: list[str]) -> dict[str, Any]:
    return {
        "kind": "person",
        "name": person.name,
        "addresses": list(person.addresses),
        "title": person.title,
        "department": person.department,
        "phone": person.phone,
        "login": person.login,
        "groups": sorted(person.groups),
        "lists": lists,
        "manager": _named(directory, person.manager),
        "delegates": [_named(directory, one) for one in person.delegates],
        "private_addresses": list(person.private_addresses),
        "timezone": person.timezone,
        "holidays": person.holidays,
    }


def _list(directory: KnownDirectory, one: DistributionList, inside: list[str]) -> dict[str, Any]:
    reached = directory.expand([one.address])
    return {
        "kind": "list",
        "address": one.address,
        "name": one.name,
        "reaches": reached.size,
        "of_whom_unnamed": reached.unnamed,
        "members": list(one.members),
        "nested_lists": [each.address for each in reached.lists if each is not one and each.address != one.address],
        "lists": inside,
        "groups": sorted(directory.groups(one.address)),
        "owners": [_named(directory, each) for each in one.owners],
        "writers": None if one.writers is None else list(one.writers),
        "reply_all": one.reply_all,
    }


def _named(directory: KnownDirectory, address: str) -> str:
    person = directory.person(address) if address else None
    return f"{person.name} <{address}>" if person else address


def notes(directory: KnownDirectory) -> list[str]:
    """Return a sentence for each entry that is valid but worth a check."""
    return [*_of_people(directory), *_of_lists(directory)]


def _of_people(directory: KnownDirectory) -> Iterator[str]:
    for person in directory.people:
        who = f"{person.name} <{person.addresses[0]}>"
        if not any(map(directory.is_ours, person.addresses)):
            yield f"{who}: no address of this person is at a domain of ours"
        if person.manager and directory.person(person.manager) is None:
            yield f"{who}: the directory has nobody at the manager's address {person.manager}"
        for address in person.delegates:
            if directory.person(address) is None:
                yield f"{who}: the directory has nobody at the delegate's address {address}"
        for address in filter(directory.is_ours, person.private_addresses):
            yield f"{who}: {address} is at a domain of ours: it is no private account"


def _of_lists(directory: KnownDirectory) -> Iterator[str]:
    for one in directory.lists:
        if not directory.expand([one.address]).size:
            yield f"the list {one.address} reaches nobody"
        if not directory.is_ours(one.address):
            yield f"the list {one.address} is at none of our domains"
