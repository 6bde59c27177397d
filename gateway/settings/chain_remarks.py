"""Remarks on the chain: notices that reach nobody or the wrong people, exemptions, actions and filters without effect.

Each filter remarks on its own settings besides. The module needs nothing but the settings and the written keys.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.contract import (
    DIRECTIONS,
    PROTECTED,
    AsksGroups,
    CountsOnTls,
    Direction,
    Keeps,
    Needs,
    NeedsDirections,
    ReadsByModel,
    Remarks,
    Suspects,
    TellsAtOnce,
    Warns,
    able,
)
from gateway.message.header.addresses import unmatched
from gateway.settings.chain.consequences import never_told, notified, told
from gateway.settings.chain.entries import Exemption, FilterEntry
from gateway.settings.models import Settings
from gateway.settings.yaml.problems import Location, nearest, shown
from gateway.settings.yaml.yaml_reading import Reading

Found = Iterator[tuple[Location, str]]

_WILD = "*?["


def chain_remarks(reading: Reading, settings: Settings) -> Found:
    """Yield the remarks on the chain, with their places."""
    yield from (place for look in LOOKS for place in look(settings))
    yield from _idle_actions(reading, settings)


# --- notices ----------------------------------------------------------------------------------------------------------


def _no_managers(settings: Settings) -> Found:
    """Yield the filters that notify managers where the directory names none."""
    if settings.directory.is_compiled or any(person.manager for person in settings.directory.people):
        return
    for at, entry in entries_on(settings):
        specs = (spec for by_direction in entry.actions.values() for spec in by_direction.values())
        if any("manager" in (spec.notify or ()) for spec in specs):
            yield at, "`notify` names the manager, and the directory names nobody's: no manager is told"


def _managers_alone(settings: Settings) -> Found:
    """Yield the filters with codes of which the manager is told and the sender could be told too, and isn't."""
    for at, entry in entries_on(settings):
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
    for at, entry in entries_on(settings):
        if sentence := never_told(entry):
            yield (*at, "notify"), sentence


def _no_reviewers(settings: Settings) -> Found:
    """Yield the filters that hold mail about danger to people without telling a reviewer, with the codes."""
    for at, entry in entries_on(settings):
        dangers: Collection[str] = entry.cls.at_once if isinstance(entry.cls, TellsAtOnce) else ()
        for code in dangers:
            untold = [one for one in entry.directions if _without_reviewers(entry, code, one)]
            if untold:
                people = "reviewers" if untold == ["outbound"] else "reviewers, recipient"
                yield at, f"{code}: held, and no reviewer is told: write `notify: [{people}]`"


def _without_reviewers(entry: FilterEntry, code: str, direction: Direction) -> bool:
    spec = entry.action_for(code, direction)
    return spec.do == "quarantine" and "reviewers" not in notified(entry.cls, code, direction, spec)


def _wrong_people(settings: Settings) -> Found:
    """Yield the filters whose notices tell people of whom the filter itself warns, with the codes."""
    users = [name for name, roles in settings.reviewers.items() if {"reviewer", "approver"} & {*roles}]
    by_contact = not users or any(name not in settings.reviewer_addresses for name in users)
    for at, entry in entries_on(settings):
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


# --- exemptions -------------------------------------------------------------------------------------------------------


def _protected(settings: Settings) -> Found:
    """Yield the directory if nobody in it is protected from filters that would leave such mail alone.

    An empty group says that there is nobody to protect.
    """
    directory = settings.directory
    named = [*directory.groups, *(group for person in directory.people for group in person.groups)]
    if directory.is_compiled or PROTECTED in named:
        return
    entries = [entry for _, entry in entries_on(settings) if entry.mode == "enforce"]
    names = [one.name for one in entries if isinstance(one.cls, AsksGroups) and PROTECTED in one.cls.groups]
    if names:
        meant = nearest(PROTECTED, named)
        rest = f"is {shown(meant)} meant?" if meant else "name the union, occupational health, solicitors"
        sentence = f"nobody is in the group {PROTECTED}, whose mail {', '.join(names)} would leave alone: {rest}"
        yield ("directory",), sentence


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
    for at, entry in entries_on(settings):
        for index, exemption in enumerate(entry.exempt):
            yield (*at, "exempt", index), entry, exemption


def _domain(pattern: str) -> str:
    """Return the domain in a pattern; "" where it has none, or several."""
    domain = pattern.rpartition("@")[2] if "@" in pattern else ""
    return "" if any(sign in domain for sign in _WILD) else domain


# --- filters ----------------------------------------------------------------------------------------------------------


def _filters(settings: Settings) -> Found:
    """Yield each filter's remarks on its own settings."""
    today = datetime.now(ZoneInfo(settings.organisation.timezone)).date()
    for at, entry in entries_on(settings):
        if isinstance(entry.cls, Remarks):
            found = entry.cls.remarks(entry.settings, settings.organisation.domains, today)
            yield from (((*at, *remark.at), remark.sentence) for remark in found)


def _needs(settings: Settings) -> Found:
    """Yield what filters lack that go by facts which no filter of the chain keeps."""
    kept = {fact for cls in able((entry.cls for _, entry in entries_on(settings)), Keeps) for fact in cls.keeps}
    for at, entry in entries_on(settings):
        if isinstance(entry.cls, Needs):
            yield from ((at, lost) for fact, lost in entry.cls.needs.items() if fact not in kept)


def _needed_directions(settings: Settings) -> Found:
    """Yield what filters lose for want of a direction that none of their entries has."""
    looked_at: dict[str, set[Direction]] = {}
    for _, entry in entries_on(settings):
        looked_at.setdefault(entry.kind, set()).update(entry.directions)
    for at, entry in entries_on(settings):
        if isinstance(entry.cls, NeedsDirections):
            needed = entry.cls.needs_directions.items()
            lost = [sentence for direction, sentence in needed if direction not in looked_at[entry.kind]]
            yield from (((*at, "directions"), sentence) for sentence in lost)


def _without_tls(settings: Settings) -> Found:
    """Yield the filters that count on a next hop that requires TLS, where no mail to outside goes to such a one."""
    outwards = [one.next_hop for one in settings.listeners if one.direction != "inbound"]
    outwards += [hops for domain, hops in settings.routes.items() if not settings.is_ours(domain)]
    if any(all(hop.verified for hop in hops) for hops in outwards):
        return
    for at, entry in entries_on(settings):
        if isinstance(entry.cls, CountsOnTls) and (remark := entry.cls.counts_on_tls(entry.settings)):
            yield (*at, *remark.at), f"no next hop to outside requires TLS: {remark.sentence}"


def _suspicions(settings: Settings) -> Found:
    """Yield the filters that hold mail for a language model's word alone, and not where words are found too."""
    for at, entry in entries_on(settings):
        if not (isinstance(entry.cls, Suspects) and isinstance(entry.cls, ReadsByModel)):
            continue
        surer = [code for code in entry.cls.codes if code in entry.cls.by_model and code not in entry.cls.suspected]
        for code in entry.cls.suspected:
            alone = [one for one in entry.directions if _held(entry, [code], one) and not _held(entry, surer, one)]
            if alone:
                sentence = (
                    f"{code} is held for the language model's word alone, and {', '.join(surer)}, where words are "
                    f"found too, is not: give {code} an action of its own"
                )
                yield at, sentence


def _held(entry: FilterEntry, codes: Iterable[str], direction: Direction) -> bool:
    return any(entry.action_for(code, direction).do == "quarantine" for code in codes)


def _idle_actions(reading: Reading, settings: Settings) -> Found:
    """Yield the actions for mail that their filters don't look at, or don't find such a code in."""
    for at, entry in entries_on(settings):
        for key in reading.keys:
            is_action = key[: len(at) + 1] in ((*at, "action"), (*at, "actions"))
            by_direction = any((*key, one) in reading.keys for one in DIRECTIONS)
            if is_action and not by_direction and (reason := _idle(entry, key[len(at) :])):
                yield key, f"this action is never taken: {reason}"


def _idle(entry: FilterEntry, way: Location) -> str:
    """Return the reason why an action has no effect; "" for one that has, and for a key within an action."""
    *above, last = way
    if last in DIRECTIONS and last not in entry.directions:
        return f"the filter looks at {' and '.join(entry.directions)} mail alone (`directions`)"
    looked_at = [one for one in entry.directions if last in (one, *entry.cls.codes)]
    codes = [str(way[1])] if "actions" in above else list(entry.cls.codes)
    if not looked_at or any(entry.finds(code, one) for code in codes for one in looked_at):
        return ""
    if len(codes) > 1:
        return f"the filter finds nothing in {last} mail"
    where = " and ".join(one for one in DIRECTIONS if entry.finds(codes[0], one))
    return (
        f"{codes[0]} is found in {where} mail alone"
        if where
        else f"{codes[0]} is found in no mail, as the filter is set"
    )


def entries_on(settings: Settings) -> Iterator[tuple[Location, FilterEntry]]:
    """Yield the entries that are not off, with their places."""
    for index, entry in enumerate(settings.filters):
        if entry.mode != "off":
            yield ("filters", index, entry.kind), entry


LOOKS: tuple[Callable[[Settings], Found], ...] = (
    _needs,
    _needed_directions,
    _without_tls,
    _no_managers,
    _managers_alone,
    _never_told,
    _no_reviewers,
    _suspicions,
    _wrong_people,
    _protected,
    _patterns,
    _recipients,
    _unproven,
    _filters,
)
