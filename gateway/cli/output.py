"""Output of commands: tables for people, JSON for programs. Text from mail never reaches the terminal raw.

Long text is wrapped, and text to be copied (an id, a code) stays whole. Only text that a sender may make as long as he
likes is cut to a line, in lists (`one_line`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, tzinfo
from typing import Any

import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gateway.act.local_time import local_time
from gateway.log.sizes import readable_size as size
from gateway.smtp.reply import printable

__all__ = [
    "console",
    "entries",
    "facts",
    "finding",
    "heading",
    "json_lines",
    "moment",
    "one_line",
    "safe",
    "show_times_in",
    "size",
    "table",
]

_zone: ContextVar[tzinfo] = ContextVar("zone", default=UTC)

console = Console(soft_wrap=False, highlight=False, emoji=False)


def json_lines(rows: Iterable[Any]) -> None:
    """Print one object a line; every character outside ASCII is escaped, terminal controls too."""
    for row in rows:
        typer.echo(json.dumps(row))


def safe(cell: object) -> Text:
    """Return plain text, without terminal escapes (H05) and rich's markup; the items of a list get one line each."""
    lines = cell if isinstance(cell, list | tuple) else [cell]
    return Text("\n".join(printable(str(line)) for line in lines if line != ""))


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    empty: str = "",
    *,
    whole: Collection[str] = (),
) -> None:
    """Print a table, or one sentence if there are no rows. The columns `whole` are never wrapped."""
    grid = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        grid.add_column(column, overflow="fold", no_wrap=column in whole)
    for row in rows:
        grid.add_row(*(safe(cell) for cell in row))
    if grid.row_count:
        console.print(grid)
    elif empty:
        console.print(empty, markup=False)


def one_line(text: str) -> Text:
    """Return the text cut with "…" at the end of the line."""
    cell = safe(text)
    cell.no_wrap, cell.overflow = True, "ellipsis"
    return cell


def entries(rows: Iterable[tuple[str, Sequence[str | Text]]], empty: str) -> None:
    """Print entries of several lines each: the id, and the lines below it. Words are not broken."""
    for number, (id, lines) in enumerate(rows):
        if number:
            console.print()
        console.print(Text(id, style="bold"), soft_wrap=True)
        for line in lines:
            if line:
                console.print(Padding(safe(line) if isinstance(line, str) else line, (0, 0, 0, 2), expand=False))
        empty = ""
    if empty:
        console.print(empty, markup=False)


def facts(values: Mapping[str, object] | Iterable[tuple[str, object]]) -> None:
    """Print name and value, one a line. A name may occur twice; empty values are left out."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in values.items() if isinstance(values, Mapping) else values:
        if value not in (None, "", [], {}):
            grid.add_row(Text(printable(name), style="bold"), safe(value))
    console.print(grid)


def heading(text: str) -> None:
    console.print()
    console.print(Text(printable(text), style="bold", overflow="fold"))


def finding(f: Mapping[str, Any]) -> None:
    """Print one finding as `explain` and the quarantine have it; of some findings only the code is on record."""
    mode = " (monitor: nothing is done)" if f.get("mode") == "monitor" else ""
    console.print()
    console.print(Text(f"{printable(f['code'])}: {f.get('action') or 'on record'}{mode}", style="bold"))
    of_part = f"part {f['part']}" if f.get("part") else ""
    known = [(name, f.get(name)) for name in ("summary", "filter", "clause", "config")]
    evidence = [(e["what"], f"{_weight(e)}{e['quote']}{_place(e)}") for e in f.get("evidence", ())]
    facts([*known, ("found in", of_part), ("only for", f.get("recipients")), *evidence])


def _weight(evidence: Mapping[str, Any]) -> str:
    """Return the weight of a signal that counts for or against, "" where it has none, or nought."""
    weight = evidence.get("weight")
    return f"[{weight:+g}] " if weight else ""


def _place(evidence: Mapping[str, Any]) -> str:
    return f" (part {evidence['part']})" if evidence.get("part") else ""


def show_times_in(zone: tzinfo) -> None:
    """Let `moment` show times in a zone, from now on."""
    _zone.set(zone)


def moment(iso: str) -> str:
    """Return a time of the store in the organisation's time zone; without a configuration in UTC."""
    return local_time(iso, _zone.get())
