"""The report in the terminal."""

from __future__ import annotations

import re
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from gateway.cli import output, report_tables
from tests.support.builders.reports import figures


def shown(monkeypatch: pytest.MonkeyPatch, made: dict[str, Any], width: int = 80) -> str:
    console = Console(file=StringIO(), width=width, highlight=False)
    monkeypatch.setattr(output, "console", console)
    monkeypatch.setattr(report_tables, "console", console)
    report_tables.show(made)
    return console.file.getvalue()


def test_charts_and_tables_fit_into_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, figures())
    assert max(map(len, text.splitlines())) <= 80
    lines = {line.split()[0]: line for line in text.splitlines() if line.split()}
    assert lines["payment_change.request"].split()[2:] == ["37", "9", "1.5", "h", "22", "2", "4"]
    assert lines["audience.misdirected"].split()[1:] == ["quarantine", "0", "3", "0"]
    assert "Messages by hour, 16 Nov 00:00 to 22 Nov 23:00" in text
    _, _, of_day = text.partition("Messages by hour of the day")
    bars = re.search("[▁-█]+", of_day)
    assert bars is not None
    assert (len(bars[0]), bars[0].index("█")) == (24, 12)


def test_texts_from_outside_are_harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither escapes of a terminal nor markup of Rich."""
    made = figures()
    made["held"]["senders"] = [{"sender": "\x1b[2J[red]x@evil.example", "messages": 1}]
    made["trouble"]["replies"][0]["reply"] = "451 \x1b]0;title\x07"
    text = shown(monkeypatch, made)
    assert "?[2J[red]x@evil.example" in text
    assert "\x1b" not in text
    assert "\x07" not in text


def test_a_report_about_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    made = figures(monitor=[], waiting={"messages": 0, "asked_for": 0, "oldest": []})
    made["held"] |= {"messages": 0, "by_code": [], "senders": []}
    made["volume"] |= {"step": "day", "steps": [["2026-11-16", 0, 0, 0]]}
    text = shown(monkeypatch, made)
    assert "0 messages were held." in text
    assert "Messages by day, 16 Nov to 16 Nov" in text
