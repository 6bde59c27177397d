"""Remarks on a configuration: keys that are no mistake, but can never have the effect that they name.

`check` shows the remarks; nothing else depends on them. The settings are right in themselves. Each filter remarks on
its own settings. The module needs nothing but the settings, this machine's users and its folders.
"""

from __future__ import annotations

import os
import pwd
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any
from zoneinfo import ZoneInfo

from gateway.contract import (
    DIRECTIONS,
    PROTECTED,
    AsksGroups,
    CountsOnTls,
    Direction,
    Filter,
    Keeps,
    Needs,
    NeedsDirections,
    Remarks,
    Warns,
    able,
)
from gateway.message.header.addresses import address_key, unmatched
from gateway.settings.auth.login_lines import read_logins
from gateway.settings.chain.consequences import never_told, notified, told
from gateway.settings.chain.entries import Exemption, FilterEntry
from gateway.settings.chain.unchecked import unchecked
from gateway.settings.files import file_in_the_way
from gateway.settings.models import Settings
from gateway.settings.yaml.problems import Location, Problem, nearest, shown, shown_file, shown_location
from gateway.settings.yaml.values import address_in
from gateway.settings.yaml.yaml_reading import Reading

Found = Iterator[tuple[Location, str]]

_WILD = "*?["


def remarks(reading: Reading, settings: Settings, filters: Mapping[str, type[Filter]]) -> tuple[Problem, ...]:
    """Return all that is worth a look, with its place."""
    found = (place for look in LOOKS for place in look(settings))
    places = [*unchecked(settings.filters, filters), *_idle_actions(reading, settings), *found]
    return tuple(Problem(reading.mark(at), shown_location(at), sentence) for at, sentence in places)


# --- the gateway's own keys ------------------------------------------------------------------------------------------


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
    for at, entry in _entries(settings):
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


def _no_managers(settings: Settings) -> Found:
    """Yield the filters that notify managers where the directory names none."""
    if settings.directory.is_compiled or any(person.manager for person in settings.directory.people):
        return
    for at, entry in _entries(settings):
        specs = (spec for by_direction in entry.actions.values() for spec in by_direction.values())
        if any("manager" in (spec.notify or ()) for spec in specs):
            yield at, "`notify` names the manager, and the directory names nobody's: no manager is told"


def _managers_alone(settings: Settings) -> Found:
    """Yield the filters with codes of which the manager is told and the sender could be told too, and isn't."""
    for at, entry in _entries(settings):
        codes = [
            code
            for code in entry.cls.codes
            if any(_without_sender(entry, code, direction) for direction in entry.directions)
        ]
        if codes:
            yield at, f"{', '.join(codes)}: the manager is told, and the sender is not: add `sender` to `notify`"


def _without_sender(entry: FilterEntry, code: str, direction: Direction) -> bool:
    spec = entry.action_for(code, direction)
    people = notified(entry.cls, code, direction, spec)
    can_be = told(entry.cls, code, direction, spec.do)
    return "manager" in people and "sender" not in people and "sender" in can_be


def _never_told(settings: Settings) -> Found:
    """Yield the filters whose `notify` names people whom none of their actions can tell."""
    for at, entry in _entries(settings):
        if sentence := never_told(entry):
            yield (*at, "notify"), sentence


def _wrong_people(settings: Settings) -> Found:
    """Yield the filters whose notices tell people of whom the filter itself warns, with the codes."""
    users = [name for name, roles in settings.reviewers.items() if {"reviewer", "approver"} & {*roles}]
    by_contact = not users or any(name not in settings.reviewer_addresses for name in users)
    for at, entry in _entries(settings):
        if not isinstance(entry.cls, Warns):
            continue
        found: dict[str, list[str]] = {}
        for code, by_person in entry.cls.warns.items():
            people: set[str] = {
                one
                for direction in entry.directions
                for one in notified(entry.cls, code, direction, entry.action_for(code, direction))
            }
            if by_contact and "reviewers" in people:
                people.add("contact")
            for person, sentence in by_person.items():
                if person in people:
                    found.setdefault(sentence, []).append(code)
        yield from ((at, f"{', '.join(codes)}: {sentence}") for sentence, codes in found.items())


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
    for at, entry in _entries(settings):
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


def _protected(settings: Settings) -> Found:
    """Yield the directory if nobody in it is protected from filters that would leave such mail alone.

    An empty group says that there is nobody to protect.
    """
    directory = settings.directory
    named = [*directory.groups, *(group for person in directory.people for group in person.groups)]
    if directory.is_compiled or PROTECTED in named:
        return
    entries = [entry for _, entry in _entries(settings) if entry.mode == "enforce"]
    names = [one.name for one in entries if isinstance(one.cls, AsksGroups) and PROTECTED in one.cls.groups]
    if names:
        meant = nearest(PROTECTED, named)
        rest = f"is {shown(meant)} meant?" if meant else "name the union, occupational health, solicitors"
        sentence = f"nobody is in the group {PROTECTED}, whose mail {', '.join(names)} would leave alone: {rest}"
        yield ("directory",), sentence


# --- exemptions ------------------------------------------------------------------------------------------------------


def _patterns(settings: Settings) -> Found:
    """Yield the patterns that no address can match."""
    for at, _, exemption in _exemptions(settings):
        for key, patterns in (("senders", exemption.senders), ("recipients", exemption.recipients)):
            for position, pattern in enumerate(patterns):
                if sentence := unmatched(pattern):
                    yield (*at, key, position), sentence


def _recipients(settings: Settings) -> Found:
    for at, entry, exemption in _exemptions(settings):
        for position, pattern in enumerate(exemption.recipients if entry.directions == ("inbound",) else ()):
            domain = _domain(pattern)
            if domain and not settings.is_ours(domain):
                sentence = f"{shown(domain)} is none of our domains, and this filter looks at inbound mail only"
                yield (*at, "recipients", position), sentence


def _unproven(settings: Settings) -> Found:
    """Yield the exempt senders from outside that nothing proves: they would never count."""
    if settings.authentication.verify:
        return
    for at, entry, exemption in _exemptions(settings):
        outside = [one for one in exemption.senders if not settings.is_ours(_domain(one))]
        if outside and "inbound" in entry.directions and not exemption.networks:
            sentence = "inbound senders are proven by nothing: it needs `networks`, or `authentication: {verify: true}`"
            yield (*at, "senders"), sentence


def _exemptions(settings: Settings) -> Iterator[tuple[Location, FilterEntry, Exemption]]:
    for at, entry in _entries(settings):
        for index, exemption in enumerate(entry.exempt):
            yield (*at, "exempt", index), entry, exemption


def _domain(pattern: str) -> str:
    """Return the domain in a pattern; "" where it has none, or several."""
    domain = pattern.rpartition("@")[2] if "@" in pattern else ""
    return "" if any(sign in domain for sign in _WILD) else domain


# --- filters ---------------------------------------------------------------------------------------------------------


def _filters(settings: Settings) -> Found:
    """Yield each filter's remarks on its own settings."""
    today = datetime.now(ZoneInfo(settings.organisation.timezone)).date()
    for at, entry in _entries(settings):
        if isinstance(entry.cls, Remarks):
            found = entry.cls.remarks(entry.settings, settings.organisation.domains, today)
            yield from (((*at, *remark.at), remark.sentence) for remark in found)


def _entries(settings: Settings) -> Iterator[tuple[Location, FilterEntry]]:
    for index, entry in enumerate(settings.filters):
        if entry.mode != "off":
            yield ("filters", index, entry.kind), entry


def _needs(settings: Settings) -> Found:
    """Yield what filters lack that go by facts which no filter of the chain keeps."""
    kept = {fact for cls in able((entry.cls for _, entry in _entries(settings)), Keeps) for fact in cls.keeps}
    for at, entry in _entries(settings):
        if isinstance(entry.cls, Needs):
            yield from ((at, lost) for fact, lost in entry.cls.needs.items() if fact not in kept)


def _needed_directions(settings: Settings) -> Found:
    """Yield what filters lose for want of a direction that none of their entries has."""
    looked_at: dict[str, set[Direction]] = {}
    for _, entry in _entries(settings):
        looked_at.setdefault(entry.kind, set()).update(entry.directions)
    for at, entry in _entries(settings):
        if isinstance(entry.cls, NeedsDirections):
            needed = entry.cls.needs_directions.items()
            lost = [sentence for direction, sentence in needed if direction not in looked_at[entry.kind]]
            yield from (((*at, "directions"), sentence) for sentence in lost)


def _idle_actions(reading: Reading, settings: Settings) -> Found:
    """Yield the actions for mail of directions that their filters don't look at."""
    for at, entry in _entries(settings):
        for key in reading.keys:
            is_action = key[: len(at) + 1] in ((*at, "action"), (*at, "actions"))
            if is_action and key[-1] in DIRECTIONS and key[-1] not in entry.directions:
                seen = " and ".join(entry.directions)
                sentence = f"this action is never taken: the filter looks at {seen} mail alone (`directions`)"
                yield key, sentence


def _without_tls(settings: Settings) -> Found:
    """Yield the filters that count on a next hop that requires TLS, where no mail to outside goes to such a one."""
    outwards = [one.next_hop for one in settings.listeners if one.direction != "inbound"]
    outwards += [hops for domain, hops in settings.routes.items() if not settings.is_ours(domain)]
    if any(all(hop.verified for hop in hops) for hops in outwards):
        return
    for at, entry in _entries(settings):
        if isinstance(entry.cls, CountsOnTls) and (remark := entry.cls.counts_on_tls(entry.settings)):
            yield (*at, *remark.at), f"no next hop to outside requires TLS: {remark.sentence}"


LOOKS: tuple[Callable[[Settings], Found], ...] = (
    _data_dir,
    _http,
    _reviewers,
    _mail_to_reviewers,
    _control_address,
    _needs,
    _needed_directions,
    _without_tls,
    _confirm_limit,
    _dkim,
    _groups,
    _managers,
    _no_managers,
    _managers_alone,
    _never_told,
    _wrong_people,
    _private_addresses,
    _logins,
    _empty_lists,
    _unknown_lists,
    _empty_groups,
    _protected,
    _patterns,
    _recipients,
    _unproven,
    _filters,
)
