"""The figures of the report over a time, as plain JSON: counts, codes and times; no subject, no text, no reader's name.

Our own people are never named. Numbers of findings that tell of people (`CountsPeople`) are left out where they are
about a few, and where there are none: else nought would tell "nobody" from "a few". They are left out as well for a
time that is not whole weeks from midnight to midnight: two times that differ by a day would tell what somebody did on
that day. The messages themselves are in every sum: a threat that waits must not be overlooked.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo
from statistics import quantiles
from typing import Any

from gateway.contract import DIRECTIONS, ON_ERROR, Clock, CountsPeople, Directory, able
from gateway.judge.codes import CLAUSE, DEFERRED, ERROR, GATEWAY_CODES, POISON, TIMEOUT
from gateway.message.labels import PERSONAL
from gateway.remember.figures.desk import READINGS, Act, HeldOutcome
from gateway.remember.figures.traffic import QUARTER, Recorded, Replies
from gateway.remember.store import Store
from gateway.settings.chain.entries import FilterEntry

#: Senders and waiting messages that the report lists.
SHOWN = 10
#: The longest time that is shown hour by hour; a longer one is shown day by day.
BY_HOUR = timedelta(days=14)
#: The least number of people that the number of held messages of our own people is about.
PEOPLE = 5
#: The longest time between opening a message and deciding about it that counts as work on it.
AT_WORK = timedelta(minutes=30)

#: Actions by which a copy went on its way.
_WENT = frozenset({"relay", "amend", "queued", "failed"})
#: Actions by which a filter in monitor would have kept a message.
_KEEPS = ("quarantine", "reject")


@dataclass(slots=True)
class _OfCode:
    """The messages that one code held."""

    held: int = 0
    released: int = 0
    deleted: int = 0
    refused: int = 0
    waiting: int = 0
    waits: list[float] = field(default_factory=list)  # seconds until the release
    people: set[str] = field(default_factory=set)  # our senders


class Reporter:
    """Maker of the figures, under one configuration."""

    def __init__(
        self,
        store: Store,
        filters: Sequence[FilterEntry],
        directory: Directory,
        clock: Clock,
        timezone: tzinfo,
        organisation: str,
        quarantine_days: float,
    ) -> None:
        self._store = store
        self._filters = filters
        self._directory = directory
        self._clock = clock
        self._zone = timezone
        self._organisation = organisation
        self._quarantine_days = quarantine_days
        self._clauses = _clauses(filters)
        self._least = _least_people(filters)

    async def figures(self, since: datetime, until: datetime) -> dict[str, Any]:
        """Return the figures. Raises StoreUnavailable."""
        since, until = since.astimezone(UTC), until.astimezone(UTC)
        volume = await self._store.traffic.volume(since, until)
        actions = Counter(await self._store.traffic.actions(since, until))
        return {
            "organisation": self._organisation,
            "timezone": str(self._zone),
            "since": self._local(since),
            "until": self._local(until),
            "made": self._local(self._clock.now()),
            "volume": self._volume(volume, since, until),
            "copies": [
                {"direction": direction, "action": action, "copies": copies}
                for (direction, action), copies in sorted(actions.items())
            ],
            "held": await self._held(since, until),
            "monitor": await self._monitor(since, until),
            "decisions": _decisions(await self._store.desk.acts(since, until)),
            "waiting": await self._waiting(),
            "trouble": await self._trouble(actions, since, until),
        }

    def _local(self, at: datetime) -> str:
        return at.astimezone(self._zone).isoformat(timespec="seconds")

    # --- volume ------------------------------------------------------------------------------------------------------

    def _volume(self, counted: Mapping[tuple[datetime, str], int], since: datetime, until: datetime) -> dict[str, Any]:
        """Return the messages by direction for each hour or day of the time, and for each hour of the day."""
        by_hour = until - since <= BY_HOUR
        steps: dict[str, list[int]] = {}
        of_day = {direction: [0] * 24 for direction in DIRECTIONS}
        quarter = since - (since - datetime.min.replace(tzinfo=UTC)) % QUARTER
        while quarter < until:
            local = quarter.astimezone(self._zone)
            step = local.strftime("%Y-%m-%dT%H:00%z" if by_hour else "%Y-%m-%d")
            counts = steps.setdefault(step, [0] * len(DIRECTIONS))
            for place, direction in enumerate(DIRECTIONS):
                messages = counted.get((quarter, direction), 0)
                counts[place] += messages
                of_day[direction][local.hour] += messages
            quarter += QUARTER
        return {
            "step": "hour" if by_hour else "day",
            "directions": list(DIRECTIONS),
            "steps": [[step, *counts] for step, counts in steps.items()],
            "of_day": of_day,
            "totals": {direction: sum(hours) for direction, hours in of_day.items()},
        }

    # --- held --------------------------------------------------------------------------------------------------------

    async def _held(self, since: datetime, until: datetime) -> dict[str, Any]:
        """Return what became of the messages held in the time, by code, and the outside senders held most."""
        codes: defaultdict[str, _OfCode] = defaultdict(_OfCode)
        senders: Counter[str] = Counter()
        ours: Counter[str] = Counter()
        messages = 0
        page, weeks = await self._store.desk.held(since, until), self._is_weeks(since, until)
        while page:
            for one in page:
                messages += 1
                self._add(codes, one)
                if one.direction != "inbound" and self._directory.is_ours(one.reverse_path):
                    ours[one.reverse_path] += 1
                elif self._may_name(one) and (sender := self._outside_sender(one)):
                    senders[sender] += 1
            page = await self._store.desk.held(since, until, page[-1])
        oldest_kept = self._clock.now() - timedelta(days=self._quarantine_days)
        shown = {code for code in codes if self._may_show(code, codes[code].people, weeks)}
        return {
            "messages": messages,
            "kept_since": self._local(oldest_kept) if since < oldest_kept else None,
            "by_code": [self._code_row(code, codes[code]) for code in _by_number(codes) if code in shown],
            "senders": [{"sender": sender, "messages": number} for sender, number in senders.most_common(SHOWN)],
            "ours": {"messages": ours.total(), "people": len(ours)} if len(ours) >= PEOPLE and weeks else None,
        }

    def _may_name(self, one: HeldOutcome) -> bool:
        """Return whether the sender may be named: not of personal mail, nor of what tells of the sender alone."""
        return PERSONAL not in one.labels and not (one.codes and self._least.keys() >= set(one.codes))

    def _outside_sender(self, one: HeldOutcome) -> str:
        """Return the author, or the reverse-path where the author claims to be ours; "" where both do."""
        return next((a for a in (one.sender, one.reverse_path) if a and not self._directory.is_ours(a)), "")

    def _add(self, codes: Mapping[str, _OfCode], one: HeldOutcome) -> None:
        for code in one.codes:
            of_code = codes[code]
            of_code.held += 1
            of_code.waiting += one.waits
            of_code.refused += "held" in one.states and one.refused
            of_code.deleted += "deleted" in one.states and "released" not in one.states
            if "released" in one.states:
                of_code.released += 1
                at = one.states["released"]
                of_code.waits += [(at - one.received_at).total_seconds()] if at else []
            if self._directory.is_ours(one.reverse_path):
                of_code.people.add(one.reverse_path)

    def _code_row(self, code: str, of: _OfCode) -> dict[str, Any]:
        return {
            "code": code,
            "clause": self._clauses.get(code, ""),
            **{"held": of.held, "released": of.released, "deleted": of.deleted},
            **{"refused": of.refused, "waiting": of.waiting},
            "released_after": _spread(of.waits),
        }

    def _may_show(self, code: str, people: Collection[str], weeks: bool) -> bool:
        """Return whether a number of this code, about these people, may be shown."""
        return code not in self._least or (weeks and len(people) >= self._least[code])

    def _is_weeks(self, since: datetime, until: datetime) -> bool:
        """Return whether the time is whole weeks from midnight to midnight."""
        begin, end = since.astimezone(self._zone), until.astimezone(self._zone)
        return begin.time() == end.time() == time() and (end.date() - begin.date()).days % 7 == 0

    async def _waiting(self) -> dict[str, Any]:
        waiting = await self._store.desk.waiting(SHOWN)
        return {
            "messages": waiting.messages,
            "asked_for": waiting.asked_for,
            "oldest": [
                {
                    "id": one.id,
                    "received_at": self._local(one.received_at),
                    "direction": one.direction,
                    "codes": [code for code in one.codes if code not in self._least],
                }
                for one in waiting.oldest
            ],
        }

    # --- monitor -----------------------------------------------------------------------------------------------------

    async def _monitor(self, since: datetime, until: datetime) -> list[dict[str, Any]]:
        """Return, by code, the messages that went on their way and that filters in monitor would have kept."""
        counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        actions: defaultdict[str, set[str]] = defaultdict(set)
        people: defaultdict[str, set[str]] = defaultdict(set)
        for one in await self._store.traffic.monitored(since, until):
            went = {direction for direction, action in one.copies if action in _WENT}
            for code, action in one.monitored.items():
                if action in _KEEPS and went:
                    counts[code].update(went)
                    actions[code].add(action)
                    people[code].update({one.sender} if self._directory.is_ours(one.sender) else ())
        weeks = self._is_weeks(since, until)
        return [
            {
                "code": code,
                "clause": self._clauses.get(code, ""),
                "action": "/".join(sorted(actions[code])),
                **{direction: counts[code][direction] for direction in DIRECTIONS},
            }
            for code in sorted(counts, key=lambda code: (-counts[code].total(), code))
            if self._may_show(code, people[code], weeks)
        ]

    # --- trouble -----------------------------------------------------------------------------------------------------

    async def _trouble(
        self, actions: Mapping[tuple[str, str], int], since: datetime, until: datetime
    ) -> dict[str, Any]:
        """Return checks that could not be made, temporary replies, and mail that next hops have not taken."""
        checks = _of_failures(await self._store.traffic.with_codes(self._failures(), since, until), self._failures())
        return {
            "checks": [
                {"code": code, "messages": len(ats), "first": self._local(ats[0]), "last": self._local(ats[-1])}
                for code, ats in checks.items()
            ],
            "replies": self._replies(await self._store.traffic.temporary_replies(since, until)),
            "given_up": self._replies(await self._store.traffic.given_up(since, until)),
            "queued": sum(copies for (_, action), copies in actions.items() if action == "queued"),
            "failed": sum(copies for (_, action), copies in actions.items() if action == "failed"),
            "outbox": [
                {
                    "reply": one.reply,
                    "messages": one.messages,
                    "oldest": self._local(one.oldest),
                    "attempts": one.attempts,
                }
                for one in await self._store.desk.undelivered()
            ],
        }

    def _replies(self, counted: Iterable[Replies]) -> list[dict[str, Any]]:
        return [
            {
                "reply": one.text,
                "messages": one.messages,
                "first": self._local(one.first),
                "last": self._local(one.last),
            }
            for one in counted
        ]

    def _failures(self) -> list[str]:
        """Return the codes of checks that could not be made."""
        declared = (code for entry in self._filters for code, one in entry.cls.codes.items() if one.action == ON_ERROR)
        return list(dict.fromkeys((*declared, ERROR, TIMEOUT, DEFERRED, POISON)))


def _by_number(codes: Mapping[str, _OfCode]) -> list[str]:
    return sorted(codes, key=lambda code: (-codes[code].held, code))


def _of_failures(recorded: Iterable[Recorded], codes: Collection[str]) -> dict[str, list[datetime]]:
    """Return the times of the messages by code."""
    found: dict[str, list[datetime]] = {}
    for one in recorded:
        for code in one.codes:
            if code in codes:
                found.setdefault(code, []).append(one.at)
    return found


def _clauses(filters: Iterable[FilterEntry]) -> dict[str, str]:
    """Return the clause of the policy for each code."""
    declared = {code: one.clause for entry in filters for code, one in entry.cls.codes.items()}
    return declared | dict.fromkeys(GATEWAY_CODES, CLAUSE)


def _least_people(filters: Iterable[FilterEntry]) -> dict[str, int]:
    """Return, for the codes that tell of people, the least number of people that a number is about."""
    found: dict[str, int] = {}
    for entry in filters:
        for cls in able([entry.cls], CountsPeople):
            for code in entry.cls.codes:
                found[code] = max(found.get(code, 0), cls.least_people(entry.settings))
    return found


def _decisions(acts: Sequence[Act]) -> dict[str, Any]:
    """Return numbers and times of the decisions of a time, of all reviewers together.

    `reading` is the time from opening a message to the decision of the same person, where it is short enough for work.
    """
    opened: dict[tuple[str, str], datetime] = {}
    numbers: Counter[str] = Counter()
    waits, readings, people = [], [], set()
    for act in acts:
        who = act.actor.partition(" (")[0]
        if act.operation in READINGS:
            opened[act.mail_id, who] = act.at
            continue
        numbers[act.operation] += 1
        if act.received_at is not None:
            waits.append((act.at - act.received_at).total_seconds())
        if act.operation == "confirm":
            continue  # by a reply of its sender or a recipient
        people.add(who)
        read_at = opened.pop((act.mail_id, who), None)
        if read_at is not None and act.at - read_at <= AT_WORK:
            readings.append((act.at - read_at).total_seconds())
    return {
        "released": numbers["release"] + numbers["approve"],
        "confirmed": numbers["confirm"],
        "deleted": numbers["delete"] + numbers["fraud"],
        "refused": numbers["refuse"],
        "people": len(people),
        "after": _spread(waits),
        "reading": _spread(readings),
    }


def _spread(seconds: Sequence[float]) -> dict[str, float] | None:
    """Return the median, the ninth decile and the longest; None without any."""
    if not seconds:
        return None
    tenths = quantiles(seconds, n=10, method="inclusive") if len(seconds) > 1 else [seconds[0]] * 9
    return {"median": tenths[4], "ninth_decile": tenths[8], "longest": max(seconds)}
