"""The report in the terminal: sentences, charts of the volume, tables. Rich and Textual draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.bar import Bar
from rich.color import Color
from rich.padding import Padding
from rich.table import Table
from textual.renderables.sparkline import Sparkline

from gateway.act.reports.summary import minute, sentences, span, title
from gateway.cli.output import console, heading, safe, table

#: Cells of a chart of the volume, and of a bar, at 80 columns.
CHART, BAR = 44, 10
#: Rows of a table of codes.
SHOWN_CODES = 20

_COLOUR = Color.parse("blue")


def show(figures: Mapping[str, Any]) -> None:
    """Print the whole report."""
    heading(title(figures))
    for sentence in sentences(figures):
        console.print(Padding(safe(sentence), (0, 0, 0, 2), expand=False))
    _show_volume(figures["volume"])
    _show_held(figures["held"])
    _show_monitor(figures)
    _show_waiting(figures["waiting"])
    _show_trouble(figures["trouble"])


def _show_volume(volume: Mapping[str, Any]) -> None:
    """Print a line of bars for each direction, over the time and over the hours of a day."""
    first, last = (_step(volume["steps"][place][0], volume["step"]) for place in (0, -1))
    heading(f"Messages by {volume['step']}, {first} to {last}")
    columns = enumerate(volume["directions"], 1)
    _sparklines({name: [step[place] for step in volume["steps"]] for place, name in columns}, volume["step"])
    heading("Messages by hour of the day, 0 to 23")
    _sparklines(volume["of_day"], "hour")


def _step(text: str, step: str) -> str:
    at = datetime.fromisoformat(text)
    return f"{at:%d %b %H:00}" if step == "hour" else f"{at:%d %b}"


def _sparklines(series: Mapping[str, Sequence[int]], step: str) -> None:
    grid = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    width = min(CHART, max(map(len, series.values())))
    grid.add_column("Direction", no_wrap=True)
    grid.add_column("", width=width)
    for name in ("All", f"In one {step}"):
        grid.add_column(name, justify="right", no_wrap=True)
    for name, numbers in series.items():
        line = Sparkline(numbers, width=width, min_color=_COLOUR, max_color=_COLOUR)
        grid.add_row(name, line, f"{sum(numbers):,}", f"up to {max(numbers, default=0):,}")
    console.print(grid)


def _show_held(held: Mapping[str, Any]) -> None:
    rows = held["by_code"][:SHOWN_CODES]
    if not rows:
        return
    heading("Held, and what became of it")
    most = max(row["held"] for row in rows)
    grid = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1, 0, 0))
    grid.add_column("Code", overflow="fold")
    grid.add_column("", width=BAR)
    for name in ("Held", "Released", "after", "Deleted", "Refused", "Waiting"):
        grid.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        after = row["released_after"]
        grid.add_row(
            safe(row["code"]),
            Bar(most, 0, row["held"], color="blue"),
            f"{row['held']:,}",
            f"{row['released']:,}",
            span(after["median"]) if after else "",
            f"{row['deleted']:,}",
            f"{row['refused']:,}",
            f"{row['waiting']:,}",
        )
    console.print(grid)
    if held["senders"]:
        heading("Outside senders held most")
        table(("Sender", "Messages"), [(row["sender"], f"{row['messages']:,}") for row in held["senders"]])


def _show_monitor(figures: Mapping[str, Any]) -> None:
    ways = figures["volume"]["directions"]
    rows = figures["monitor"][:SHOWN_CODES]
    if rows:
        heading("Went on its way; a filter in monitor would have kept it")
        numbers = [(row["code"], row["action"], *(f"{row[way]:,}" for way in ways)) for row in rows]
        table(("Code", "Action", *(way.capitalize() for way in ways)), numbers)


def _show_waiting(waiting: Mapping[str, Any]) -> None:
    if waiting["oldest"]:
        heading("Waiting longest for a decision")
        rows = [(row["id"], minute(row["received_at"]), row["codes"] or "(not shown)") for row in waiting["oldest"]]
        table(("Id", "Received", "Codes"), rows, whole={"Id", "Received"})


def _show_trouble(trouble: Mapping[str, Any]) -> None:
    rows = [(row["code"], row["messages"], minute(row["last"])) for row in trouble["checks"]]
    rows += [(row["reply"], row["messages"], minute(row["last"])) for row in trouble["replies"]]
    rows += [(f"given up: {row['reply']}", row["messages"], minute(row["last"])) for row in trouble["given_up"]]
    if rows:
        heading("Trouble")
        table(("Failed check, temporary reply, or given up", "Messages", "Last"), rows, whole={"Messages", "Last"})
