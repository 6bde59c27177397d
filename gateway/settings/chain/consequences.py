"""Checks of what follows a finding: a person decides about what a language model says, and notices reach somebody."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import reduce
from typing import Any, get_args

from gateway.contract import DIRECTIONS, AwaitsReceipts, Direction, Filter, Notices, ReadsByModel, Reminds, Suspects
from gateway.settings.chain.checks import NEVER_EXEMPT
from gateway.settings.chain.entries import Action, ActionSpec, FilterEntry, Notify, OnError
from gateway.settings.yaml.problems import Location
from gateway.settings.yaml.yaml_reading import Reading

_PAGE = "docs/notices.md"
#: Actions that leave no message for a person to decide about.
_FINAL = ("reject", "discard")
_LET_THROUGH = ("log", "tag", "amend")


def check_by_model(reading: Reading, entry: FilterEntry, at: Location) -> None:
    """Check that nothing is rejected or discarded for what a language model says."""
    codes: Collection[str] = entry.cls.by_model if isinstance(entry.cls, ReadsByModel) else ()
    wrong: dict[Location, tuple[str, list[str]]] = {}
    for code in codes:
        for direction, spec in entry.actions.get(code, {}).items():
            if spec.do in _FINAL and entry.finds(code, direction):
                _, named = wrong.setdefault(_place(reading, at, code, direction), (spec.do, []))
                named += [code] if code not in named else []
    for where, (do, named) in wrong.items():
        said = f"a language model may bring about {_named(named)}"
        others = "action" in where[-2:]
        rest = f"; give {do} to the other codes in `actions`" if others and len(named) < len(entry.cls.codes) else ""
        sentence = f"{said}, and {do} leaves nothing for a person to decide: hold it (`quarantine`){rest}"
        reading.complain(where, sentence, key=True)


def _place(reading: Reading, at: Location, code: str, direction: Direction) -> Location:
    """Return the key that sets the action of a code in a direction."""
    ways = (("actions", code, direction), ("actions", code), ("action", direction), ("action",), ())
    return next(place for way in ways if (place := (*at, *way)) in reading.keys or not way)


def check_told(reading: Reading, entry: FilterEntry, at: Location) -> None:
    """Check that each person whom an action's own `notify` names can be told of what the action does."""
    for key in [one for one in reading.keys if one[: len(at)] == at and one[-1] == "notify"]:
        way = key[len(at) : -1]
        if way[:1] not in (("action",), ("actions",)):
            continue
        if not (covered := list(_covered(entry, way))):
            continue  # the filter has no such code, as `check_codes` says
        possible = {whom for code, direction, do in covered for whom in told(entry.cls, code, direction, do)}
        held = {whom for code, direction, _ in covered for whom in told(entry.cls, code, direction, "quarantine")}
        if missed := [whom for whom in _value(reading, key) if whom not in possible]:
            do = _value(reading, (*key[:-1], "do"))
            can = f"`{do}` can tell {_named(possible)}"
            more = "" if do == "quarantine" else f", `quarantine` {_named(held)}"
            reading.complain(key, f"no notice goes to {_named(missed)} here: {can}{more} ({_PAGE})")


def _covered(entry: FilterEntry, way: Location) -> Iterator[tuple[str, Direction, Action | OnError]]:
    """Yield the codes and directions that one written action is about, each with the action."""
    codes = [one for one in entry.actions if way[0] == "action" or one == way[1]]
    directions = [one for one in DIRECTIONS if one == way[-1]] or entry.directions
    for code in codes:
        yield from ((code, direction, entry.actions[code][direction].do) for direction in directions)


def told(cls: type[Filter], code: str, direction: Direction, do: Action | OnError) -> Collection[Notify]:
    """Return the persons whom a notice can reach after this action; a stranger outside is none of them."""
    ours: tuple[Notify, ...] = ("sender", "manager") if direction != "inbound" else ()
    is_kept = is_kept_from_managers(cls, code)
    if do == "quarantine":
        theirs: tuple[Notify, ...] = ("recipient",) if direction != "outbound" else ()
        return ("reviewers", *theirs, *(ours[:1] if is_kept else ours))
    if do not in _LET_THROUGH or is_kept:
        return ()
    return ours if isinstance(cls, Reminds) else ours[1:]


def is_kept_from_managers(cls: type[Filter], code: str) -> bool:
    """Return whether no manager is told of a code: its filter has reminders of others, or the model alone found it."""
    is_left_out = isinstance(cls, Reminds) and code not in cls.reminders
    return is_left_out or (isinstance(cls, Suspects) and code in cls.suspected)


def told_unasked(cls: type[Filter] | None, code: str, direction: Direction) -> Notify:
    """Return the person who is told of a held copy where `notify` is unset: our recipient (inbound) or our sender.

    A filter's own notice is a warning: it goes to our recipient, even where one of us seems to have sent the message.
    """
    warned = direction == "internal" and isinstance(cls, Notices) and code in cls.notices
    return "recipient" if direction == "inbound" or warned else "sender"


def notified(cls: type[Filter], code: str, direction: Direction, spec: ActionSpec) -> Sequence[Notify]:
    """Return the persons who get a notice about a code with this action, in the order of `Notify`."""
    asked = set(spec.notify or ())
    if spec.notify is None and spec.do == "quarantine" and (code, direction) != (NEVER_EXEMPT, "inbound"):
        asked.add(told_unasked(cls, code, direction))
    if spec.release == "sender" and spec.do == "quarantine":
        asked.add("sender")
    asked.intersection_update(told(cls, code, direction, spec.do))
    if isinstance(cls, AwaitsReceipts) and code in cls.receipt_reminders:
        asked.add("sender")
    return [one for one in get_args(Notify) if one in asked]


def never_told(entry: FilterEntry) -> str:
    """Return a sentence about persons whom `notify` names and no action of the entry can tell; "" if there is none."""
    named: set[Notify] = set()
    reached: set[Notify] = set()
    for code, by_direction in entry.actions.items():
        for direction in entry.directions:
            spec = by_direction[direction]
            named.update(spec.notify or ())
            reached.update(told(entry.cls, code, direction, spec.do))
    if any(entry.failure[direction].do == "quarantine" for direction in entry.directions):
        reached.update(*(told(entry.cls, "", direction, "quarantine") for direction in entry.directions))
    missed = named - reached
    can = f"as it is, {_named(reached)} can be told ({_PAGE})"
    return f"`notify` names {_named(missed)}, and no action of this filter can tell them: {can}" if missed else ""


def _named(people: Collection[str]) -> str:
    *first, last = sorted(people) or ["nobody"]
    return f"{', '.join(first)} and {last}" if first else last


def _value(reading: Reading, at: Location) -> Any:
    return reduce(lambda data, key: data[key], at, reading.data)  # type: ignore[index]
