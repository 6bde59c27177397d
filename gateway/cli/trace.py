"""`mailwarden trace`: what happened to a message."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from gateway.cli.asking import ConfigOption, JsonOption, operate
from gateway.cli.output import json_lines, moment, size, table


def trace(
    text: Annotated[str, typer.Argument(metavar="SENDER|RECIPIENT|MESSAGE-ID|ID", help="An address or an id.")],
    config: ConfigOption = None,
    json: JsonOption = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="The newest so many.")] = 100,
) -> None:
    """What happened to a message: when it came, what was found, what was done, and who did something since."""
    rows: list[dict[str, Any]] = operate(config, "trace", text=text, limit=limit)
    if json:
        json_lines(rows)
        return
    lines = []
    for row in rows:
        lines += [_message(row, r, first=n == 0) for n, r in enumerate(row["recipients"])]
        lines += [_history(h) for h in row["history"]]
    table(("When", "From", "To", "Size", "Action", "Findings", "Reply"), lines, f"Nothing is on record for {text}.")


def _message(row: dict[str, Any], recipient: dict[str, str], *, first: bool) -> tuple[object, ...]:
    what = (moment(row["at"]), f"<{row['from']}>") if first else ("", "")
    rest = (", ".join(row["codes"]), row["reply"]) if first else ("", "")
    return (*what, recipient["address"], size(row["bytes"]) if first else "", recipient["action"], *rest)


def _history(h: dict[str, Any]) -> tuple[object, ...]:
    return (moment(h["at"]), f"  {h['actor']}", ", ".join(h["recipients"]), "", h["operation"], "", h["reason"])
