"""`mailwarden trace`: the history of a message."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.text import Text

from gateway.cli.control_client import ConfigOption, JsonOption, operate
from gateway.cli.output import entries, json_lines, moment, one_line, size


def trace(
    text: Annotated[str, typer.Argument(metavar="SENDER|RECIPIENT|MESSAGE-ID|ID", help="An address or an id.")],
    config: ConfigOption = None,
    json: JsonOption = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Print only so many, the newest ones.")] = 100,
) -> None:
    """Show a message's history: its receipt, its findings, the actions, and later operations with their actors."""
    rows: list[dict[str, Any]] = operate(config, "trace", text=text, limit=limit)
    if json:
        json_lines(rows)
        return
    entries(((row["id"], _story(row)) for row in rows), f"Nothing is on record for {text}.")
    if len(rows) == limit:
        typer.echo(f"The newest {limit} are shown; --limit shows more.", err=True)


def _story(row: dict[str, Any]) -> list[str | Text]:
    """Return one event a line, in the order of the events."""
    return [
        f"{moment(row['at'])}  {size(row['bytes'])}  from {row['client']}",
        one_line(row["message_id"]),
        f"<{row['from']}> to",
        *(f"  {r['address']}: {r['action']}" for r in row["recipients"]),
        ", ".join(row["codes"]),
        row["reply"],
        *(_history(h) for h in row["history"]),
    ]


def _history(h: dict[str, Any]) -> str:
    concerned = f" for {', '.join(h['recipients'])}" if h["recipients"] else ""
    reason = f": {h['reason']}" if h["reason"] else ""
    return f"{moment(h['at'])}  {h['operation']} by {h['actor']}{concerned}{reason}"
