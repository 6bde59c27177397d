"""Checks across keys: names that occur twice, codes that a filter doesn't have, groups without members.

The checks read the data as written, so that they report even where a value beside it is wrong.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from gateway.contract import (
    Amends,
    BreaksSignatures,
    Direction,
    Filter,
    KeepsFromRecipients,
    KeepsFromSenders,
    NamesPayees,
    NeedsDirections,
    TellsAtOnce,
    able,
)
from gateway.settings.chain.entries import PEOPLE, FilterEntry
from gateway.settings.store_url import on_server
from gateway.settings.yaml.problems import Location, nearest, shown
from gateway.settings.yaml.sentences import listed
from gateway.settings.yaml.values import address_in
from gateway.settings.yaml.yaml_reading import Reading

#: The one code that no exemption waives.
NEVER_EXEMPT = "virus.found"

#: The likeness from which on the id of a clause is a shipped one with a slip; a clause of one's own is less like any.
MISTYPED = 0.9


def check_listeners(reading: Reading) -> None:
    """Check that names and addresses of listeners differ."""
    for key in ("name", "address"):
        seen: set[str] = set()
        for index, listener in enumerate(_items(reading.data.get("listeners"))):
            value = listener.get(key) if isinstance(listener, dict) else None
            if not isinstance(value, str):
                continue
            if value in seen:
                reading.complain(("listeners", index, key), f"another listener has the {key} {shown(value)} too")
            seen.add(value)


def check_clauses(reading: Reading, own: Collection[Any], shipped: Collection[str]) -> None:
    """Check that no clause of the organisation's own is a mistyped shipped one, whose text would then stay."""
    for name in own:
        if name not in shipped and (meant := difflib.get_close_matches(str(name), shipped, n=1, cutoff=MISTYPED)):
            sentence = "no finding cites a clause of this id"
            reading.complain(("clauses", name), sentence, meant[0], key=True)


def check_routes(reading: Reading) -> None:
    """Check that no domain has two routes; letter case doesn't make another domain."""
    routes = reading.data.get("routes")
    seen: set[str] = set()
    for domain in routes if isinstance(routes, dict) else ():
        if domain.lower() in seen:
            reading.complain(("routes", domain), "the domain stands twice; letter case makes no difference", key=True)
        seen.add(domain.lower())


def check_names(reading: Reading) -> None:
    """Check that every filter of the chain has a name of its own; without `name` its name is its kind."""
    seen: dict[str, str] = {}
    for index, item in enumerate(_items(reading.data.get("filters"))):
        at: Location = ("filters", index)
        if isinstance(item, str):
            name = item
        elif isinstance(item, dict) and len(item) == 1:
            ((kind, body),) = item.items()
            at = (*at, kind)
            name = str((isinstance(body, dict) and body.get("name")) or kind)
        else:
            continue
        where = reading.key_mark(at).at_line
        if name in seen:
            sentence = f"the filter in {seen[name]} is named {shown(name)} too: give this one a name of its own"
            reading.complain(at, sentence, key=True)
        seen.setdefault(name, where)


def check_codes(reading: Reading, kind: str, codes: Collection[str], body: dict[str, Any], at: Location) -> None:
    """Check that `actions` and `exempt` name codes that the filter has."""
    actions = body.get("actions")
    for code in actions if isinstance(actions, dict) else ():
        if "*" in str(code):
            sentence = "`actions` takes whole codes: `action` sets the action of all that it doesn't name"
            reading.complain((*at, "actions", code), sentence, key=True)
        elif code not in codes:
            _unknown_code(reading, kind, codes, (*at, "actions", code), key=True)
    for where, pattern in _exempted(body, at, "codes"):
        matching = [code for code in codes if fnmatchcase(code, pattern)]
        if NEVER_EXEMPT in (*matching, pattern):
            reading.complain(where, f"{NEVER_EXEMPT} can't be exempted")
        elif not matching:
            _unknown_code(reading, kind, codes, where, pattern)


def _unknown_code(
    reading: Reading, kind: str, codes: Collection[str], at: Location, pattern: str = "", *, key: bool = False
) -> None:
    suggestion = nearest(pattern or at[-1], codes)
    rest = "" if suggestion else listed(codes)
    reading.complain(at, f"{kind} has no such code{rest}", suggestion, key=key)


def check_groups(reading: Reading, groups: Collection[str], body: dict[str, Any], at: Location) -> None:
    """Check that `exempt`, and `rules` and `signatories` of a filter that has them, name groups of the directory."""
    of_rules, of_signatories = _exempted(body, at, "groups", of="rules"), _signatories(body, at)
    for where, group in (*_exempted(body, at, "groups"), *of_rules, *of_signatories):
        if group not in groups:
            reading.complain(where, "the directory has no such group", nearest(group, groups))


def check_notify(reading: Reading, body: dict[str, Any], at: Location) -> None:
    """Check that `organisation.contact` has an address if reviewers are notified: notices to them go there."""
    organisation = reading.data.get("organisation")
    contact = organisation.get("contact") if isinstance(organisation, dict) else None
    if not isinstance(contact, str) or not contact.strip() or address_in(contact):
        return
    for where, keys in _actions(body, at):
        if "reviewers" in _items(keys.get("notify")):
            sentence = "reviewers are told at the address in `organisation.contact`, and it has none"
            for_example = "write for example `contact: IT Service Desk <it@example.co.uk>`"
            reading.complain((*where, "notify"), f"{sentence}: {for_example}")


def check_release(reading: Reading, approvers: int, body: dict[str, Any], at: Location) -> None:
    """Check that at least two may approve where two people release."""
    if approvers >= PEOPLE:
        return
    named = "one is named" if approvers else "none is named"
    for where, keys in _actions(body, at):
        if keys.get("release") == "two_people":
            reading.complain((*where, "release"), f"two_people needs two approvers under `reviewers`: {named}")


def check_replies(reading: Reading, cls: type[Filter], body: dict[str, Any], at: Location) -> None:
    """Check `release: sender` and `recipient`: the reply must reach us, and nobody else may have to judge the code."""
    for where, keys in _actions(body, at):
        whose = keys.get("release")
        if whose not in _NO_REPLY:
            continue
        key: Location = (*where, "release")
        covered = where[len(at) + 1 : len(at) + 2] if where[len(at) : len(at) + 1] == ("actions",) else cls.codes
        reasons = _barred(cls, whose)
        barred = [code for code in covered if code in reasons]
        strangers, sentence = _NO_REPLY[whose]
        looked_at = body.get("directions") or list(cls.shipped_directions)
        if barred:
            why = f": {reasons[barred[0]]}" if reasons[barred[0]] else ""
            others = f"{';' if why else ':'} give `release` to the other codes, in `actions`"
            rest = others if len(barred) < len(covered) else ""
            reading.complain(key, f"{barred[0]} is never released by its {whose}{why}{rest}")
        elif where[-1] == strangers or looked_at == [strangers]:
            lost = _lost(cls, looked_at) if whose == "sender" else ""
            reading.complain(key, lost or sentence)
        elif reading.data.get("control_address") is None:
            page = {"sender": "confirm", "recipient": "quarantine"}[whose]
            reading.complain(key, f"{whose} needs `control_address`, where the {whose}'s reply goes (docs/{page}.md)")


def _lost(cls: type[Filter], looked_at: Sequence[Direction]) -> str:
    """Return the sentence on the first direction that the filter needs and doesn't look at; "" if there is none."""
    needed: Mapping[Direction, str] = cls.needs_directions if isinstance(cls, NeedsDirections) else {}
    return next((sentence for direction, sentence in needed.items() if direction not in looked_at), "")


#: A person who releases by a reply -> the direction in which that person is a stranger, and the sentence about it.
_NO_REPLY = {
    "sender": ("inbound", "inbound mail has no sender of ours who could confirm it"),
    "recipient": ("outbound", "outbound mail has no recipient of ours who could release it"),
}


def _barred(cls: type[Filter], whose: str) -> dict[str, str]:
    """Return the codes that this person never releases, each with the reason, or ""."""
    verified = cls.release_needs_verification if isinstance(cls, NamesPayees) else ()
    if whose == "sender":
        in_doubt: Mapping[str, str] = cls.never_by_sender if isinstance(cls, KeepsFromSenders) else {}
        return {**dict.fromkeys((*verified, NEVER_EXEMPT), ""), **in_doubt}
    kept: Mapping[str, str] = cls.never_by_recipient if isinstance(cls, KeepsFromRecipients) else {}
    barred: dict[str, str] = dict.fromkeys(verified, "somebody has to verify it first (docs/payments.md)")
    dangers: Collection[str] = cls.at_once if isinstance(cls, TellsAtOnce) else ()
    return {
        NEVER_EXEMPT: "there is a virus in it",
        **barred,
        **dict.fromkeys(dangers, "its notice asks for no reply"),
        **kept,
    }


def _actions(body: dict[str, Any], at: Location) -> Iterator[tuple[Location, dict[str, Any]]]:
    """Yield the entry itself, and all its actions that are written out."""
    yield at, body
    for key in ("action", "actions"):
        yield from _written_out(body.get(key), (*at, key))


def _written_out(value: Any, at: Location) -> Iterator[tuple[Location, dict[str, Any]]]:
    """Yield the mappings of one or several actions: by code, by direction, written out."""
    if isinstance(value, dict):
        yield at, value
        for key, inner in value.items():
            yield from _written_out(inner, (*at, key))


def check_notices(reading: Reading, known: Collection[str]) -> None:
    """Check that `held_notices` names templates that a filter has."""
    given = reading.data.get("held_notices")
    for name in given if isinstance(given, dict) else ():
        if name not in known:
            rest = "" if (suggestion := nearest(name, known)) else listed(known)
            reading.complain(("held_notices", name), f"no filter has such a notice{rest}", suggestion, key=True)


def check_reviewer_addresses(reading: Reading) -> None:
    """Check that `reviewer_addresses` names users of `reviewers`."""
    given, reviewers = reading.data.get("reviewer_addresses"), reading.data.get("reviewers")
    known = list(map(str, reviewers)) if isinstance(reviewers, dict) else []
    for name in given if isinstance(given, dict) else ():
        if str(name) not in known:
            rest = "" if (suggestion := nearest(str(name), known)) else listed(known)
            sentence = f"is no user in `reviewers`{rest}"
            reading.complain(("reviewer_addresses", name), sentence, suggestion, key=True)


def check_edits(reading: Reading, entry: FilterEntry, at: Location) -> None:
    """Check that no code is amended whose findings have no edits: its mail would go out as it came."""
    amends = sorted(code for cls in able([entry.cls], Amends) for code in cls.amends)
    told: set[Location] = set()
    for code, specs in entry.actions.items():
        where = _set_at(reading, code, at)
        if code in amends or where in told or all(spec.do != "amend" for spec in specs.values()):
            continue
        told.add(where)
        why = f"{code} has no edits, only {', '.join(amends)}" if amends else f"no finding of {entry.kind} has edits"
        reading.complain(where, f"amend changes nothing: {why}", key=True)


def _set_at(reading: Reading, code: str, at: Location) -> Location:
    """Return the location of the key that sets a code's action."""
    return next(one for one in ((*at, "actions", code), (*at, "action"), at) if one in (*reading.keys, at))


def check_trust(reading: Reading, entry: FilterEntry, at: Location) -> None:
    """Check that the next hops trust us where an amendment breaks senders' signatures."""
    if entry.mode != "enforce" or "inbound" not in entry.directions:
        return
    codes = [code for cls in able([entry.cls], BreaksSignatures) for code in cls.amend_breaks_signatures]
    for code in codes:
        if entry.actions[code]["inbound"].do == "amend":
            where = _set_at(reading, code, at)
            for listener in _distrusted(reading):
                sentence = f"amending inbound mail needs `next_hop_trusts_us: true` on the listener {shown(listener)}"
                reading.complain(where, f"{sentence}: it breaks DKIM signatures (docs/external.md)", key=True)


def _distrusted(reading: Reading) -> list[str]:
    """Return the names of listeners that take inbound mail and whose next hop isn't said to trust us."""
    listeners = [one for one in _items(reading.data.get("listeners")) if isinstance(one, dict)]
    inbound = [one for one in listeners if one.get("direction") in ("inbound", "auto")]
    return [str(one.get("name", "")) for one in inbound if one.get("next_hop_trusts_us") is not True]


def _exempted(body: dict[str, Any], at: Location, key: str, of: str = "exempt") -> Iterator[tuple[Location, str]]:
    """Yield the texts in one key of all exemptions, or of another list, with their locations."""
    for index, exemption in enumerate(_items(body.get(of))):
        for position, value in enumerate(_items(exemption.get(key) if isinstance(exemption, dict) else None)):
            if isinstance(value, str):
                yield (*at, of, index, key, position), value


def _signatories(body: dict[str, Any], at: Location) -> Iterator[tuple[Location, str]]:
    """Yield the groups of people who may sign, with their locations."""
    for index, one in enumerate(_items(body.get("signatories"))):
        if isinstance(one, dict) and isinstance(one.get("group"), str):
            yield (*at, "signatories", index, "group"), one["group"]


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def check_store(reading: Reading) -> None:
    """Check that only a store on a server has a password: a file has no user, and so no password."""
    store, password = reading.data.get("store"), reading.data.get("store_password_file")
    if password is not None and (store is None or (isinstance(store, str) and not on_server(store))):
        reading.complain(("store_password_file",), "only a store at postgresql:// has a password", key=True)


def check_reports(reading: Reading, addresses: Sequence[str] | None, domains: Collection[str]) -> None:
    """Check that reports go to addresses of ours alone, as notices do."""
    for place, address in enumerate(addresses or ()):
        host = address.rpartition("@")[2]
        if not any(host == own or (own[0] == "." and host.endswith(own)) for own in domains):
            sentence = f"a report goes to our own people alone, and {shown(host)} is not in `organisation.domains`"
            reading.complain(("reports_to", place), sentence)
