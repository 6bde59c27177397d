"""Figures of a week as the report has them, of an organisation that doesn't exist."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/London")
SINCE = datetime(2026, 11, 16, tzinfo=ZONE)
UNTIL = SINCE + timedelta(days=7)
#: Messages of the busiest hour, by direction.
BUSIEST = {"inbound": 420, "outbound": 180, "internal": 40}


def _at(**since: float) -> str:
    return (SINCE + timedelta(**since)).isoformat()


def _volume() -> dict[str, Any]:
    """Return more mail on working days, and most of it at noon."""
    steps: list[list[Any]] = []
    of_day = {direction: [0] * 24 for direction in BUSIEST}
    for number in range(7 * 24):
        at = SINCE + timedelta(hours=number)
        busy = (1.0 if at.weekday() < 5 else 0.15) * max(0.06, 1 - abs(at.hour - 12.5) / 7)
        counts = [int(most * busy * (0.85 + number * 37 % 31 / 100)) for most in BUSIEST.values()]
        steps.append([at.strftime("%Y-%m-%dT%H:00%z"), *counts])
        for hours, count in zip(of_day.values(), counts, strict=True):
            hours[at.hour] += count
    totals = {direction: sum(hours) for direction, hours in of_day.items()}
    return {"step": "hour", "directions": [*BUSIEST], "steps": steps, "of_day": of_day, "totals": totals}


def _held(code: str, clause: str, held: int, released: int, waiting: int, median: float = 0) -> dict[str, Any]:
    after = {"median": median, "ninth_decile": 3 * median, "longest": 8 * median} if released else None
    refused = held // 14
    numbers = {"held": held, "released": released, "deleted": held - released - refused - waiting}
    numbers |= {"refused": refused, "waiting": waiting}
    return {"code": code, "clause": clause, **numbers, "released_after": after}


def figures(**other: Any) -> dict[str, Any]:
    """Return the figures, with others in place of some."""
    waiting = [("019bfa2e-5d3c-7c1a-9e44-0c6f4d7a1b01", 92), ("019bfb10-22aa-7f0e-8b7d-5a11c0de7702", 118)]
    return {
        "organisation": "Example Ltd",
        "timezone": "Europe/London",
        "since": SINCE.isoformat(),
        "until": UNTIL.isoformat(),
        "made": (UNTIL + timedelta(hours=7)).isoformat(),
        "volume": _volume(),
        "copies": [
            {"direction": "inbound", "action": "relay", "copies": 15_830},
            {"direction": "inbound", "action": "quarantine", "copies": 84},
            {"direction": "outbound", "action": "amend", "copies": 6_902},
            {"direction": "internal", "action": "relay", "copies": 1_604},
        ],
        "held": {
            "messages": 84,
            "kept_since": None,
            "by_code": [
                _held("payment_change.request", "payments.changes", 37, 9, 4, 5_400),
                _held("attachment.executable", "security.attachments", 28, 2, 0, 2_100),
                _held("virus.found", "security.viruses", 14, 0, 0),
                _held("audience.storm", "email.lists", 5, 4, 1, 900),
            ],
            "senders": [
                {"sender": "accounts@supplier.example", "messages": 11},
                {"sender": "offers@bulk.example", "messages": 7},
            ],
            "ours": None,
        },
        "monitor": [
            {
                **{"code": "audience.reply_all", "clause": "email.lists", "action": "quarantine"},
                **{"inbound": 0, "outbound": 6, "internal": 19},
            },
            {
                **{"code": "audience.misdirected", "clause": "email.misdirected", "action": "quarantine"},
                **{"inbound": 0, "outbound": 3, "internal": 0},
            },
        ],
        "decisions": {
            **{"released": 13, "confirmed": 2, "deleted": 64, "refused": 5, "people": 3},
            "after": {"median": 4_300.0, "ninth_decile": 30_000.0, "longest": 151_000.0},
            "reading": {"median": 38.0, "ninth_decile": 140.0, "longest": 820.0},
        },
        "waiting": {
            "messages": 5,
            "asked_for": 2,
            "oldest": [
                {"id": id, "received_at": _at(hours=hours), "direction": "inbound", "codes": ["payment_change.request"]}
                for id, hours in waiting
            ],
        },
        "trouble": {
            "checks": [{"code": "virus.unavailable", "messages": 12, "first": _at(hours=57), "last": _at(hours=58)}],
            "replies": [
                {
                    **{"reply": "451 4.7.1 The message can't be checked now; try again later", "messages": 12},
                    **{"first": _at(hours=57), "last": _at(hours=58)},
                }
            ],
            "given_up": [],
            "queued": 3,
            "failed": 0,
            "outbox": [],
        },
    } | other
