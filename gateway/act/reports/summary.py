"""The report in sentences: for the head of the page, for the terminal and for the weekly message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

Figures = Mapping[str, Any]


def title(figures: Figures) -> str:
    """Return the title, with the time that the report is about."""
    last = datetime.fromisoformat(figures["until"]) - timedelta(seconds=1)  # midnight ends the day before
    return f"Mail of {figures['organisation']}, {day(figures['since'])} to {day(last.isoformat())}"


def sentences(figures: Figures) -> list[str]:
    """Return the report in a few sentences, the most important facts alone."""
    return [*_volume(figures), *_held(figures), *_desk(figures), *_monitor(figures), *_trouble(figures)]


def _volume(figures: Figures) -> Iterator[str]:
    totals = figures["volume"]["totals"]
    by_direction = ", ".join(f"{number:,} {direction}" for direction, number in totals.items())
    yield f"{_messages(sum(totals.values()))} came in: {by_direction}."


def _held(figures: Figures) -> Iterator[str]:
    held = figures["held"]
    rows = held["by_code"][:3]
    most = "; most often " + ", ".join(f"{row['code']} ({row['held']:,})" for row in rows) if rows else ""
    verb = "was" if held["messages"] == 1 else "were"
    yield f"{_messages(held['messages'])} {verb} held{most}."
    if held["kept_since"]:
        yield f"Held messages are known since {day(held['kept_since'])} only: older ones are past their retention."
    if held["ours"]:
        yield f"{_messages(held['ours']['messages'])} of them came from {held['ours']['people']} of our own people."


def _desk(figures: Figures) -> Iterator[str]:
    decisions, waiting = figures["decisions"], figures["waiting"]
    done = sum(decisions[what] for what in ("released", "confirmed", "deleted", "refused"))
    if done:
        by_reply = f", {decisions['confirmed']:,} released by a reply" if decisions["confirmed"] else ""
        refused = f", {decisions['refused']:,} refused to whoever asked" if decisions["refused"] else ""
        people = f" by {decisions['people']} reviewers" if decisions["people"] > 1 else ""
        deleted = f"{decisions['deleted']:,} deleted{refused}"
        yield (
            f"Decisions{people}, of which a message may have several: {decisions['released']:,} released{by_reply}, "
            f"{deleted}. {_half(decisions['after'])}"
        ).rstrip()
    if waiting["messages"]:
        oldest = waiting["oldest"][0]
        age = datetime.fromisoformat(figures["made"]) - datetime.fromisoformat(oldest["received_at"])
        verb = "waits" if waiting["messages"] == 1 else "wait"
        asked = f"; {waiting['asked_for']:,} of them asked for" if waiting["asked_for"] else ""
        oldest = span(age.total_seconds())
        yield f"{_messages(waiting['messages'])} {verb} for a decision, the oldest for {oldest}{asked}."
    else:
        yield "No message waits for a decision."


def _half(after: Mapping[str, float] | None) -> str:
    if after is None:
        return ""
    return (
        f"Half of them had waited no longer than {span(after['median'])}, nine in ten no longer than "
        f"{span(after['ninth_decile'])}."
    )


def _monitor(figures: Figures) -> Iterator[str]:
    ways = figures["volume"]["directions"]
    counted = [f"{row['code']} ({sum(row[way] for way in ways):,})" for row in figures["monitor"][:3]]
    if counted:
        yield f"Filters in monitor would have kept what went on its way, most often {', '.join(counted)}."


def _trouble(figures: Figures) -> Iterator[str]:
    trouble = figures["trouble"]
    for row in trouble["checks"]:
        yield f"Trouble: {row['code']} for {_messages(row['messages'])}, last on {minute(row['last'])}."
    if put_off := sum(row["messages"] for row in trouble["replies"]):
        yield f"Trouble: a temporary reply for {_messages(put_off)}; the clients try again."
    if trouble["queued"]:
        yield f"Trouble: {trouble['queued']:,} copies were not taken by a next hop at once, and went to the outbox."
    if trouble["failed"]:
        yield f"Trouble: {trouble['failed']:,} copies were refused by a next hop for good."
    if given_up := sum(row["messages"] for row in trouble["given_up"]):
        yield f"Trouble: {_messages(given_up)} of the outbox could not be delivered in the end."
    for row in trouble["outbox"]:
        yield f"Trouble: {_messages(row['messages'])} in the outbox, since {minute(row['oldest'])}: {row['reply']}"
    if not any(trouble.values()):
        yield "No trouble with checks or next hops is on record."


def _messages(number: int) -> str:
    return f"{number:,} message{'' if number == 1 else 's'}"


def day(iso: str) -> str:
    """Return the day of a time, as people write it."""
    return f"{datetime.fromisoformat(iso):%d %B %Y}".removeprefix("0")


def minute(iso: str) -> str:
    """Return a time to the minute."""
    return f"{datetime.fromisoformat(iso):%Y-%m-%d %H:%M}"


def span(seconds: float) -> str:
    """Return a time span as people say it: `40 s`, `12 min`, `3.5 h`, `2 days`."""
    minutes, hours, days = seconds / 60, seconds / 3600, seconds / 86400
    if minutes < 1:
        return f"{seconds:.0f} s"
    if hours < 1:
        return f"{minutes:.0f} min"
    return f"{hours:.1f} h".replace(".0 h", " h") if days < 2 else f"{days:.0f} days"
