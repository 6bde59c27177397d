"""The report in sentences."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.act.reports.summary import sentences, span, title
from tests.support.builders.reports import figures


def test_the_sentences_of_a_week(shown: dict[str, Any]) -> None:
    said = "\n".join(sentences(shown))
    assert title(shown) == "Mail of Example Ltd, 16 November 2026 to 22 November 2026"
    assert "84 messages were held; most often payment_change.request (37), attachment.executable (28)" in said
    assert (
        "Decisions by 3 reviewers, of which a message may have several: 13 released, 2 released by a reply, "
        "64 deleted, 5 refused to whoever asked." in said
    )
    assert "Half of them had waited no longer than 1.2 h, nine in ten no longer than 8.3 h." in said
    assert "5 messages wait for a decision, the oldest for 3 days; 2 of them asked for." in said
    assert "would have kept what went on its way, most often audience.reply_all (25), audience.misdirected (3)." in said
    assert "Trouble: virus.unavailable for 12 messages, last on 2026-11-18 10:00." in said
    assert "3 copies were not taken by a next hop at once" in said


def test_nothing_at_all() -> None:
    """No sentence about what there is not, but the good news."""
    nothing = figures(
        held={"messages": 0, "kept_since": None, "by_code": [], "senders": [], "ours": None},
        monitor=[],
        decisions={
            **{"released": 0, "confirmed": 0, "deleted": 0, "refused": 0, "people": 0},
            **{"after": None, "reading": None},
        },
        waiting={"messages": 0, "asked_for": 0, "oldest": []},
        trouble={"checks": [], "replies": [], "given_up": [], "queued": 0, "failed": 0, "outbox": []},
    )
    assert sentences(nothing)[1:] == [
        "0 messages were held.",
        "No message waits for a decision.",
        "No trouble with checks or next hops is on record.",
    ]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3599, "60 min"), (3600, "1 h"), (9000, "2.5 h"), (172_800, "2 days")],
)
def test_spans(seconds: float, said: str) -> None:
    assert span(seconds) == said
