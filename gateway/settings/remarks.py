"""Remarks on a configuration: keys that are no mistake, but can never have the effect that they name.

`check` shows the remarks; nothing else depends on them. The settings are right in themselves. Those on the chain are in
`chain_remarks`. The module needs nothing but the settings, this machine's users and its folders.
"""

from __future__ import annotations

import os
import pwd
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from ipaddress import ip_address
from typing import Any

from gateway.contract import (
    AsksGroups,
    Filter,
    able,
)
from gateway.message.header.addresses import address_key
from gateway.settings.auth.login_lines import read_logins
from gateway.settings.chain.entries import FilterEntry
from gateway.settings.chain.unchecked import unchecked
from gateway.settings.chain_remarks import chain_remarks, entries_on
from gateway.settings.files import file_in_the_way
from gateway.settings.models import Settings
from gateway.settings.yaml.problems import Location, Problem, shown, shown_file, shown_location
from gateway.settings.yaml.values import address_in
from gateway.settings.yaml.yaml_reading import Reading

Found = Iterator[tuple[Location, str]]


def remarks(reading: Reading, settings: Settings, filters: Mapping[str, type[Filter]]) -> tuple[Problem, ...]:
    """Return all that is worth a look, with its place."""
    own = (place for look in LOOKS for place in look(settings))
    places = [*unchecked(settings.filters, filters), *own, *chain_remarks(reading, settings)]
    return tuple(Problem(reading.mark(at), shown_location(at), sentence) for at, sentence in places)


def _data_dir(settings: Settings) -> Found:
    folder = settings.data_dir
    if file := file_in_the_way(folder):
        yield ("data_dir",), f"{shown_file(file)} is a file, and a folder is needed: `mailwarden serve` can't start"
    elif not folder.exists():
        above = next(place for place in folder.parents if place.exists())
        if not os.access(above, os.W_OK | os.X_OK):
            yield (
                ("data_dir",),
                f"you can't make the folder in {shown_file(above)}: the gateway's user must be able to make it",
            )


def _http(settings: Settings) -> Found:
    if settings.http == "off":
        return
    try:
        ip = ip_address(settings.http.host)
    except ValueError:
        return
    if ip.is_unspecified or ip.is_global:
        yield (
            ("http",),
            "monitoring has no login, and everybody who reaches this address reads it: name this machine's own in a "
            "closed network, or 127.0.0.1",
        )


def _reviewers(settings: Settings) -> Found:
    for name in settings.reviewers:
        try:
            pwd.getpwnam(name)
        except KeyError:
            yield ("reviewers", name), f"this machine has no user {shown(name)}: nobody gets these roles"


def _mail_to_reviewers(settings: Settings) -> Found:
    """Yield reviewers and approvers whom no notice or digest reaches, and a digest that nobody gets."""
    users = [name for name, roles in settings.reviewers.items() if {"reviewer", "approver"} & {*roles}]
    if settings.digest.reviewers and not users:
        yield (
            ("digest", "reviewers"),
            "nobody has the role reviewer or approver in `reviewers`: nobody gets this digest",
        )
    for name in () if address_in(settings.organisation.contact) else users:
        if name not in settings.reviewer_addresses:
            sentence = "no notice or digest reaches this user: give an address in `reviewer_addresses`"
            yield ("reviewers", name), sentence


def _control_address(settings: Settings) -> Found:
    if settings.control_address and all(listener.direction == "inbound" for listener in settings.listeners):
        yield ("control_address",), "no listener takes mail of our own network: no sender's reply comes in"
    _, _, domain = settings.control_address.rpartition("@")
    if settings.control_address and settings.is_ours(domain):
        sentence = (
            f"the gateway takes all mail to this address at your domain {shown(domain)}: make sure that nobody uses it"
        )
        yield ("control_address",), sentence


def _confirm_limit(settings: Settings) -> Found:
    days = settings.retention.quarantine_days
    if settings.control_address and settings.confirm_limit > timedelta(days=days):
        yield ("confirm_limit",), f"held messages are deleted after {days} days (`retention`), before this time is over"


def _dkim(settings: Settings) -> Found:
    for index, key in enumerate(settings.dkim):
        above = any(own.endswith(f".{key.domain}") for own in settings.organisation.domains)
        if not above and not settings.is_ours(key.domain):
            sentence = f"{shown(key.domain)} is none of the organisation's domains: no mail of ours is signed with it"
            yield ("dkim", index, "domain"), sentence


def _groups(settings: Settings) -> Found:
    """Yield the groups of one person that no filter names: most likely another name was meant."""
    if settings.directory.is_compiled:
        return  # the other members may be in another source
    people = settings.directory.people
    members = Counter(group for person in people for group in set(person.groups))
    known = set(settings.directory.groups) | {group for _, group in _named_groups(settings)}
    known.update(*(cls.groups for cls in able((entry.cls for entry in settings.filters), AsksGroups)))
    for number, person in enumerate(people):
        for position, group in enumerate(person.groups):
            if members[group] == 1 and group not in known:
                sentence = f"nobody else is in the group {shown(group)}, and no filter names it"
                yield ("directory", "people", number, "groups", position), sentence


def _named_groups(settings: Settings) -> Iterator[tuple[Location, str]]:
    """Yield the groups in exemptions, and in rules, signatories and announcers of filters that have them."""
    for at, entry in entries_on(settings):
        for index, one in enumerate(_written(entry, "signatories")):
            yield (*at, "signatories", index, "group"), one.group
        for index, group in enumerate(_written(entry, "announcers")):
            yield (*at, "announcers", index), group
        for key, items in (("exempt", entry.exempt), ("rules", getattr(entry.settings, "rules", ()))):
            for index, item in enumerate(items):
                for position, group in enumerate(getattr(item, "groups", ())):
                    yield (*at, key, index, "groups", position), group


def _written(entry: FilterEntry, key: str) -> Sequence[Any]:
    """Return the values that the YAML has for a key of a filter, if the filter has such a key."""
    return getattr(entry.settings, key) if key in entry.settings.model_fields_set else ()


def _managers(settings: Settings) -> Found:
    """Yield the managers whom the directory doesn't know."""
    directory = settings.directory
    if directory.is_compiled:
        return
    known = {address_key(address) for person in directory.people for address in person.addresses}
    for number, person in enumerate(directory.people):
        if person.manager and address_key(person.manager) not in known:
            sentence = f"the directory has nobody at {shown(person.manager)}"
            yield ("directory", "people", number, "manager"), sentence


def _private_addresses(settings: Settings) -> Found:
    """Yield the private accounts that are at a domain of ours."""
    for number, person in enumerate(settings.directory.people):
        for position, address in enumerate(person.private_addresses):
            if settings.is_ours(address.rpartition("@")[2].lower()):
                at = ("directory", "people", number, "private_addresses", position)
                yield at, f"{shown(address)} is at a domain of ours: it is no private account"


def _logins(settings: Settings) -> Found:
    """Yield the logins of the file that may send from no address."""
    directory, auth = settings.directory, settings.auth
    if auth is None or auth.logins is None or directory.is_compiled:
        return
    known = {person.login.lower() for person in directory.people}
    for login in read_logins(auth.logins):
        if login not in known and not settings.is_ours(login.rpartition("@")[2] if "@" in login else ""):
            sentence = (
                f"{shown(login)} may send from no address: it is none of ours, and nobody in the directory has it"
            )
            yield ("auth", "logins"), f"{sentence} as `login`"


def _empty_lists(settings: Settings) -> Found:
    for number, one in enumerate(settings.directory.lists):
        if not one.members and not one.size:
            yield ("directory", "lists", number), "the list reaches nobody: it needs `members`, or a `size`"


def _unknown_lists(settings: Settings) -> Found:
    """Yield the lists with leave that aren't among the lists of the directory."""
    known = {address_key(one.address) for one in settings.directory.lists}
    if settings.directory.is_compiled or not known:
        return
    for at, entry in entries_on(settings):
        for index, address in enumerate(_written(entry, "allowed_lists")):
            if address_key(address) not in known:
                yield (*at, "allowed_lists", index), f"the directory has no list at {shown(address)}"


def _empty_groups(settings: Settings) -> Found:
    if settings.directory.is_compiled:
        return
    groups = settings.directory.groups
    named = {group for person in settings.directory.people for group in person.groups}
    for at, group in _named_groups(settings):
        if group not in named and not groups.get(group):
            yield at, f"nobody is in the group {shown(group)}"


LOOKS: tuple[Callable[[Settings], Found], ...] = (
    _data_dir,
    _http,
    _reviewers,
    _mail_to_reviewers,
    _control_address,
    _confirm_limit,
    _dkim,
    _groups,
    _managers,
    _private_addresses,
    _logins,
    _empty_lists,
    _unknown_lists,
    _empty_groups,
)
