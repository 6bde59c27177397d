"""What commands print: tables for people, JSON for programs. Text from mail never reaches the terminal raw."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.log import readable_size as size
from gateway.receive.reply import printable

__all__ = ["console", "facts", "heading", "json_lines", "moment", "safe", "size", "table"]

console = Console(soft_wrap=False)


def json_lines(rows: Iterable[Any]) -> None:
    """One object a line; every character outside ASCII is escaped, terminal controls too."""
    for row in rows:
        typer.echo(json.dumps(row))


def safe(text: object) -> Text:
    """As plain text: no terminal escape (H05) and no markup of rich's."""
    return Text(printable(str(text)))


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> None:
    """A table, or one sentence where there is nothing to show."""
    grid = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        grid.add_row(*(safe(cell) for cell in row))
    if grid.row_count:
        console.print(grid)
    else:
        console.print(empty)


def facts(values: Mapping[str, object]) -> None:
    """Name and value, one a line."""
    grid = Table.grid(padding=(0, 2))
    for name, value in values.items():
        if value not in (None, "", [], {}):
            grid.add_row(Text(name, style="bold"), safe(value))
    console.print(grid)


def heading(text: str) -> None:
    console.print()
    console.print(Text(printable(text), style="bold"))


def moment(iso: str) -> str:
    """A time of the store, UTC, to the second."""
    return iso[:19].replace("T", " ") + "Z"
