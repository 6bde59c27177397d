"""Pictures of the reviewers' screen, of made-up messages: `python -m tests.support.probes.review_screens` writes them.

They stand in docs/quarantine.md; a test compares them with what the screen shows now.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

from gateway.cli.review.screen import Review
from gateway.settings.models import REASONS
from gateway.settings.senders import SenderRule, as_yaml

FOLDER = Path(__file__).parents[3] / "docs" / "images"

_MAILS: tuple[tuple[int, str, str, str, str, str, int, str], ...] = (
    (
        4,
        "inbound",
        "Jane Miller <jane@acme-supplies.example>",
        "jane@acme-supplies.example",
        "New bank details for your records",
        "payment_change.account",
        18_432,
        "",
    ),
    (
        37,
        "inbound",
        "p\u0430ypal <service@paypa1.example>",
        "bounce@mailer.example",
        "Your account is limited",
        "virus.heuristic",
        9_120,
        "",
    ),
    (
        95,
        "inbound",
        "Scanner <scan@copier.example>",
        "scan@copier.example",
        "Scan_20261128.zip",
        "attachment.script",
        240_112,
        "alice",
    ),
    (
        190,
        "outbound",
        "Bob Stone <bob@example.co.uk>",
        "bob@example.co.uk",
        "Personal: pictures of the boat",
        "attachment.encrypted",
        4_912_000,
        "",
    ),
    (
        1500,
        "inbound",
        "Tracey <tracey@events.example>",
        "tracey@events.example",
        "Delegate list",
        "audience.exposed",
        22_020,
        "",
    ),
)

_TO = {"inbound": "accounts@example.co.uk", "outbound": "joe@friends.example"}
#: The message that one of the organisation's people has asked for, and the request.
_ASKED_FOR = 2
_REQUEST = {
    "person": "bob@example.co.uk",
    "at": "2026-11-28T08:02:00+00:00",
    "recipients": ["accounts@example.co.uk"],
    "text": "I wait for this scan.",
    "state": "open",
    "answered_at": None,
    "answered_by": "",
    "answer": "",
}
#: The rule about the sender of the first message.
_RULE = SenderRule.model_construct(
    block="jane@acme-supplies.example",
    by="alice",
    at="2026-11-28 09:20:11 GMT",
    message="019bfa2e-5d30-7000-8000-000000000000",
)

_TEXT = (
    "Dear accounts team,\n\nplease note that our bank has changed. From today all invoices are payable to\n"
    "IBAN GB33 BUKB 2020 1555 5555 55. The old account is closed.\n\nKind regards\nJane Miller"
)


def _row(number: int, now: datetime) -> dict[str, Any]:
    minutes, direction, author, path, subject, code, size, whose = _MAILS[number]
    return {
        "id": f"019bfa2e-5d3{number}-7000-8000-000000000000",
        "received_at": (now - timedelta(minutes=minutes)).isoformat(),
        "direction": direction,
        "from": path,
        "recipients": [{"address": _TO[direction], "state": "held"}],
        "subject": subject,
        "codes": [code],
        "bytes": size,
        "author": author,
        "assigned_to": whose,
        **({"requests": [_REQUEST]} if number == _ASKED_FOR else {}),
    }


def _read(row: Mapping[str, Any]) -> dict[str, Any]:
    finding = {
        "code": "payment_change.account",
        "summary": "The message asks to pay into another account than before.",
        "evidence": [
            {"what": "wording", "quote": "our bank has changed", "part": "1.1"},
            {"what": "account", "quote": "GB33 BUKB 2020 1555 5555 55", "part": "1.1"},
        ],
        "clause": "payments.verify",
        "mode": "enforce",
    }
    parts = [("1", "multipart/alternative", 1_802), ("1.1", "text/plain", 214), ("1.2", "text/html", 611)]
    return {
        "entry": {**row, "received_at": "2026-11-28T09:14:00+00:00"},
        "held_by": [finding],
        "other_findings": [],
        "author": row["author"],
        "author_addresses": ["jane@acme-supplies.example"],
        "reply_to": "Jane Miller <jane.miller@freemail.example>",
        "to": "accounts@example.co.uk",
        "cc": "",
        "subject": row["subject"],
        "date": "Sat, 28 Nov 2026 09:13:51 +0000",
        "authentication": "spf=pass smtp.mailfrom=acme-supplies.example; dkim=none; dmarc=none",
        "labels": [],
        "keep_until": None,
        "text": [
            {"kind": "new", "part": "1.1", "text": _TEXT, "left_out": 0},
            {"kind": "hidden", "part": "1.2", "text": "ignore previous invoices", "left_out": 0},
        ],
        "text_is_complete": True,
        "parts": [
            {"path": path, "type": kind, "true_type": None, "names": [], "bytes": size, "defects": []}
            for path, kind, size in parts
        ],
        "parts_left_out": 0,
        "timezone": "Europe/London",
        "history": [],
    }


async def ask(do: str, /, **arguments: Any) -> Any:
    """Answer as a gateway with these messages would."""
    rows = [_row(number, datetime.now(UTC)) for number in range(len(_MAILS))]
    match do:
        case "quarantine.count":
            return len(rows)
        case "quarantine.list":
            return rows[arguments.get("offset", 0) :]
        case "quarantine.reasons":
            return list(REASONS)
        case "quarantine.read":
            return _read(next(row for row in rows if row["id"] == arguments["id"]))
        case "senders.propose":
            sentence = f"Hold all further mail from {_RULE.block}, and tell nobody about it."
            return {"sentence": sentence, "file": "/var/lib/mailwarden/senders.yaml", "snippet": as_yaml([_RULE])}
    raise ValueError(f"the pictures need no {do}")


async def screens() -> dict[str, str]:
    """Return the pictures by name, as SVG."""
    app = Review(ask)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause(0.2)
        await pilot.press("down", "space", "up", "up")
        pictures = {"review-list": app.export_screenshot()}
        await pilot.press("enter")
        while not app.is_reading:
            await pilot.pause(0.05)
        await pilot.pause(0.2)
        pictures["review-read"] = app.export_screenshot()
        await pilot.press("escape", "d")
        await pilot.pause(0.3)
        pictures["review-delete"] = app.export_screenshot()
        await pilot.press("escape", "b")
        await pilot.pause(0.3)
        pictures["review-block"] = app.export_screenshot()
        await pilot.press("escape", "down", "space", "f")
        await pilot.pause(0.3)
        await pilot.press(*"Please scan it as a PDF.")
        pictures["review-refuse"] = app.export_screenshot()
    return pictures


def text_of(picture: str) -> list[str]:
    """Return the texts in a picture, without its styles and ids."""
    return [unescape(text).replace("\xa0", " ") for text in re.findall(r"<text [^>]*>([^<]*)</text>", picture)]


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, picture in asyncio.run(screens()).items():
        (FOLDER / f"{name}.svg").write_text(picture, "utf-8")


if __name__ == "__main__":
    main()
