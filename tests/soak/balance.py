"""The balance of a soak: each copy that was answered 250 is at one place, and the metrics say the same.

A copy may come twice where SMTP can't rule it out, and no more often than that happened: the client got no reply to the
final dot of a try, the next hop took a message and said nothing, one copy was relayed and the store couldn't take the
other, or a copy of the outbox was taken while its sender died or the store took no record of it. Messages are told
apart by the tags that they were made with.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.soak.load import Attempt
from tests.soak.mails import KINDS, Mail, kind_of
from tests.soak.metrics import Metrics
from tests.soak.next_hop import Delivery, Report

Copy = tuple[str, str]  # tag, recipient

UNDELIVERED = "delivery.failed"
#: Codes that may hold any mail while the gateway, its sandbox or the scanner has trouble.
OF_TROUBLE = frozenset(
    {
        "attachment.uninspectable",
        "virus.limits",
        UNDELIVERED,
        "gateway.poison",
        "gateway.deferred",
        "virus.found",
        "virus.heuristic",
    }
)
#: Most copies that are given up at the moment of a death.
COUNTED_AT_ONCE = 2
#: Actions on copies that went to the next hop at once.
NOT_RELAYED = frozenset({"queued", "failed", "quarantine", "defer", "reject", "retry", "discard"})


@dataclass(frozen=True, slots=True)
class HeldCopy:
    """A copy in the quarantine's table, released ones too."""

    tag: str
    address: str
    state: str
    codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that a soak has seen."""

    accepted: Mapping[str, tuple[Mail, tuple[str, ...]]]
    refused: Mapping[str, str]
    waiting: Collection[str]
    attempts: Sequence[Attempt]
    deliveries: Sequence[Delivery]
    reports: Sequence[Report]
    notices: Sequence[tuple[float, bool]]
    held: Sequence[HeldCopy]
    held_messages: int  # entries that wait for a decision
    outbox_rows: int
    lied: Collection[str]  # tags that the scanner's proxy has called clean against clamd's word
    doubtful: Sequence[tuple[float, float]]
    not_recorded: int  # attempts of the outbox that were counted, and made once more
    metrics: Metrics
    kills: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: a metric, the balance's number, and how many the balance can't be sure of."""

    what: str
    counted: float
    certain: float
    unsure: float = 0.0

    @property
    def is_equal(self) -> bool:
        return self.certain <= self.counted <= self.certain + self.unsure


@dataclass
class Balance:
    """Sums by kind of mail, what differs, and the metrics beside the sums."""

    rows: dict[str, Counter[str]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    explained: int = 0


def rows_of_held(rows: Iterable[tuple[object, ...]]) -> list[HeldCopy]:
    """Read the rows of HELD_QUERY."""
    return [
        HeldCopy(str(sender).partition("@")[0], str(address), str(state), frozenset(json.loads(str(codes))))
        for sender, address, state, codes in rows
    ]


HELD_QUERY = "SELECT mail_from, address, state, held_copies.codes FROM held JOIN held_copies ON held_id = id"


def balance(seen: Evidence) -> Balance:
    """Return the balance; `wrong` is empty where everything is in its place."""
    done = Balance()
    places = _Places(seen)
    for tag, (mail, recipients) in seen.accepted.items():
        row = done.rows.setdefault(mail.kind, Counter())
        row["messages"] += 1
        for recipient in recipients:
            _enter(done, row, places, mail, (tag, recipient))
    for tag in seen.refused:
        row = done.rows.setdefault(kind_of(tag), Counter())
        row["refused"] += 1
        _judge_refused(done, places, tag)
    done.wrong += [f"{tag}: its client waits still" for tag in sorted(seen.waiting)]
    if seen.outbox_rows:
        done.wrong.append(f"{seen.outbox_rows} rows are in the outbox still")
    known = {tag for tag, _ in places.delivered} | {tag for tag, _ in places.held}
    done.wrong += [f"{tag} came out of nowhere" for tag in sorted(known - {one.mail.tag for one in seen.attempts})]
    done.lines = metric_lines(seen, places)
    done.wrong += [
        f"{one.what}: counted {one.counted:.0f}, the balance has {one.certain:.0f} to {one.certain + one.unsure:.0f}"
        for one in done.lines
        if not one.is_equal
    ]
    return done


class _Places:
    """The places of copies, and in how many ways a copy may have come twice."""

    def __init__(self, seen: Evidence) -> None:
        self.lied = seen.lied
        self.delivered = Counter((one.tag, to) for one in seen.deliveries for to in one.recipients)
        self.reported = Counter((one.tag, to) for one in seen.reports for to in one.recipients)
        self.held = Counter((one.tag, one.address) for one in seen.held if one.state == "held")
        self.released = {(one.tag, one.address) for one in seen.held if one.state == "released"}
        self.codes: dict[Copy, set[str]] = {}
        for one in seen.held:
            self.codes.setdefault((one.tag, one.address), set()).update(one.codes)
        self.cut = Counter(one.mail.tag for one in seen.attempts if one.is_in_doubt)
        self._several = {one.mail.tag for one in seen.attempts if len(one.mail.recipients) > 1}
        self._troubled = Counter(one.mail.tag for one in seen.attempts if one.was_sent and is_troubled(one))
        self.unsure = {
            one.mail.tag
            for one in seen.attempts
            if one.is_in_doubt or seen.metrics.is_lost(one.ended) or (one.was_sent and is_troubled(one))
        }
        arrived = [*seen.deliveries, *seen.reports]
        self._unsaid = Counter((one.tag, to) for one in arrived if not one.is_said for to in one.recipients)
        self._doubtful = Counter(
            (one.tag, to) for one in arrived if is_within(one.at, seen.doubtful) for to in one.recipients
        )

    def count(self, copy: Copy) -> int:
        return self.delivered[copy] + self.held[copy] + self.reported[copy]

    def explained(self, copy: Copy) -> int:
        """Return how many more than one place the copy may have."""
        several = copy[0] in self._several
        in_doubt = self._doubtful[copy] if several or copy in self.released else 0
        return self.cut[copy[0]] + self._unsaid[copy] + in_doubt + (self._troubled[copy[0]] if several else 0)


def is_within(at: float, windows: Iterable[tuple[float, float]]) -> bool:
    return any(begin <= at <= end for begin, end in windows)


def _enter(done: Balance, row: Counter[str], places: _Places, mail: Mail, copy: Copy) -> None:
    """Count one accepted copy, and say where it is wrong."""
    row["copies"] += 1
    row["delivered"] += bool(places.delivered[copy])
    row["held"] += bool(places.held[copy] and not places.delivered[copy])
    row["bounced"] += bool(places.reported[copy] and not places.delivered[copy] and not places.held[copy])
    found = places.count(copy)
    if not found:
        row["lost"] += 1
        done.wrong.append(f"{copy[0]} for {copy[1]} was answered 250 and is nowhere")
    if found > 1:
        row["twice"] += 1
        if found - 1 <= places.explained(copy):
            done.explained += 1
        else:
            done.wrong.append(f"{copy[0]} for {copy[1]} is at {found} places, and SMTP doesn't explain it")
    _judge_place(done, places, mail, copy)


def _judge_place(done: Balance, places: _Places, mail: Mail, copy: Copy) -> None:
    """Say where a copy is at a place that is none of its kind's."""
    place, tag = KINDS[mail.kind].place, copy[0]
    lied = mail.kind == "virus" and tag in places.lied
    if place == "held" and places.delivered[copy] and not lied:
        done.wrong.append(f"{tag} was to be held and was delivered to {copy[1]}")
    if place == "released" and places.delivered[copy] and copy not in places.released:
        done.wrong.append(f"{tag} was delivered to {copy[1]} before anybody released it")
    if place == "refused":
        codes = places.codes.get(copy, set())
        if places.delivered[copy] or not codes & OF_TROUBLE:
            done.wrong.append(f"{tag} was to be refused and was accepted for {copy[1]}")
    if place == "delivered" and places.held[copy] and not places.codes[copy] & OF_TROUBLE:
        done.wrong.append(f"{tag} for {copy[1]} is held: {', '.join(sorted(places.codes[copy]))}")


def _judge_refused(done: Balance, places: _Places, tag: str) -> None:
    """Say where a message is that its client was told nobody would take."""
    found = {copy: places.count(copy) for copy in {*places.delivered, *places.held} if copy[0] == tag}
    done.wrong += [
        f"{tag} was refused and is at {number} places for {copy[1]}"
        for copy, number in found.items()
        if number > places.explained(copy)
    ]


# --- the metrics -----------------------------------------------------------------------------------------------------


def metric_lines(seen: Evidence, places: _Places) -> list[Line]:
    """Return every metric that counts messages beside the balance's number."""
    return [
        *_reply_lines(seen),
        *_message_lines(seen),
        *_copy_lines(seen, places),
        *_finding_lines(seen),
        *_gauge_lines(seen),
    ]


def _sums(attempts: Iterable[Attempt], metrics: Metrics, octets: bool = False) -> tuple[float, float]:
    """Return how many attempts are counted for certain, and of how many it isn't known."""
    certain = unsure = 0
    for one in attempts:
        amount = len(one.mail.content) if octets else 1
        if one.is_in_doubt or metrics.is_lost(one.ended):
            unsure += amount
        else:
            certain += amount
    return certain, unsure


def _reply_lines(seen: Evidence) -> list[Line]:
    sent = [one for one in seen.attempts if one.was_sent]
    lines = []
    for reply in "245":
        of_it = [one for one in sent if one.reply[:1] == reply or one.is_in_doubt]
        counted = seen.metrics.total("replies_total", reply=f"{reply}xx")
        lines.append(Line(f"replies_total {reply}xx", counted, *_sums(of_it, seen.metrics)))
    histograms = "receive_seconds_count", "reply_seconds_count"
    return lines + [Line(name, seen.metrics.total(name), *_sums(sent, seen.metrics)) for name in histograms]


#: Replies of a gateway in trouble of its own: the message may have been judged before, or not.
_IN_TROUBLE = "4.3.0 Something went wrong here"
_NO_ROOM = "4.3.1 No room to hold"
#: Replies to messages that nothing has looked at.
_NOT_JUDGED = "4.3.1 Too much mail"


def is_judged(attempt: Attempt) -> bool:
    """Return whether a try was judged for certain; of those that were not answered at all nobody knows."""
    return bool(attempt.reply) and _IN_TROUBLE not in attempt.reply and _NOT_JUDGED not in attempt.reply


def is_troubled(attempt: Attempt) -> bool:
    """Return whether the store's trouble ended a try."""
    return _IN_TROUBLE in attempt.reply or _NO_ROOM in attempt.reply


def may_be_judged(attempt: Attempt) -> bool:
    return is_judged(attempt) or attempt.is_in_doubt or _IN_TROUBLE in attempt.reply


def _message_lines(seen: Evidence) -> list[Line]:
    """Return messages and their octets."""
    sent = [one for one in seen.attempts if one.was_sent and may_be_judged(one)]
    troubled = [one for one in sent if not is_judged(one)]
    lines = []
    for metric, octets in (("messages_total", False), ("message_bytes_total", True)):
        certain, unsure = _sums(filter(is_judged, sent), seen.metrics, octets)
        more = sum(len(one.mail.content) if octets else 1 for one in troubled)
        lines.append(Line(metric, seen.metrics.total(metric), certain, unsure + more))
    return lines


def _copy_lines(seen: Evidence, places: _Places) -> list[Line]:
    """Copies that went out at once and from the outbox, and those that were held, reported or given up."""
    metrics = seen.metrics
    actions = metrics.by_label("copies_total", 0)
    relayed = sum(number for action, number in actions.items() if action not in NOT_RELAYED)
    attempts = {
        (sample[1], sample[2]): metrics.total("outbox_attempts_total", kind=sample[1], result=sample[2])
        for life in metrics.lives
        for sample in life
        if sample[0] == "outbox_attempts_total"
    }
    taken = Counter[bool]()
    for one in seen.deliveries:
        if one.is_said:
            is_sure = _is_sure(places, one.tag) and not metrics.is_lost(one.at)
            taken[is_sure] += len(one.recipients)
    counted = relayed + attempts.get(("relay", "relayed"), 0)
    lines = [Line("copies relayed + outbox relayed", counted, taken[True], taken[False])]

    held = Counter[bool]()
    for copy in seen.held:
        if UNDELIVERED not in copy.codes:
            held[_is_sure(places, copy.tag)] += 1
    lines.append(Line("copies_total quarantine", actions["quarantine"], held[True], held[False]))

    failed = Counter[bool]()
    for tag, number in _given_up(seen):
        failed[_is_sure(places, tag)] += number
    counted = actions["failed"] + attempts.get(("relay", "failed"), 0)
    lost = COUNTED_AT_ONCE * len(metrics.lost)
    certain = max(0, failed[True] - lost)
    unsure = failed[False] + failed[True] - certain + seen.not_recorded
    lines.append(Line("copies failed + outbox failed", counted, certain, unsure))

    ours = Counter(metrics.is_lost(at) for at, is_said in seen.notices if is_said)
    counted = sum(attempts.get((kind, "relayed"), 0) for kind in ("notice", "report"))
    lines.append(Line("outbox notices and reports relayed", counted, ours[False], ours[True]))
    return lines


def _given_up(seen: Evidence) -> list[tuple[str, int]]:
    reports = {one.id: (one.tag, len(one.recipients)) for one in seen.reports}
    return list(reports.values()) + [(one.tag, 1) for one in seen.held if UNDELIVERED in one.codes]


def _is_sure(places: _Places, tag: str) -> bool:
    """Return whether every copy of a message was counted as what became of it.

    It wasn't, maybe, in a try without a reply and about a death; and in one that trouble of the store ended after some
    copies were relayed or held: all of them are counted as deferred.
    """
    return tag not in places.unsure


def _finding_lines(seen: Evidence) -> list[Line]:
    """Findings of kinds whose every judgement has the same one."""
    lines = []
    for code, kinds in (("attachment.executable", ("program", "released")), ("attachment.shortcut", ("refused",))):
        of_kind = [one for one in seen.attempts if one.was_sent and one.mail.kind in kinds and may_be_judged(one)]
        repeated = {one.mail.tag for one in of_kind if one.is_in_doubt}
        known = [one for one in of_kind if is_judged(one) and one.mail.tag not in repeated]
        certain, unsure = _sums(known, seen.metrics)
        counted = seen.metrics.total("findings_total", code=code)
        lines.append(Line(f"findings_total {code}", counted, certain, unsure + len(of_kind) - len(known)))
    return lines


def _gauge_lines(seen: Evidence) -> list[Line]:
    """Gauges of the last life at rest."""
    metrics = seen.metrics
    restarts = [
        Line(f"process_restarts_total {name}", metrics.gauge("process_restarts_total", name), number)
        for name, number in sorted(seen.kills.items())
    ]
    return [
        Line("held_messages", metrics.gauge("held_messages"), seen.held_messages),
        Line("outbox_rows", metrics.gauge("outbox_rows"), seen.outbox_rows),
        Line("sessions", metrics.gauge("sessions"), 0),
        Line("bytes_in_flight", metrics.gauge("bytes_in_flight"), 0),
        *restarts,
    ]
