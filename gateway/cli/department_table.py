"""Show counts for each department, as `report personal` and other reports about people print them."""

from __future__ import annotations

from typing import Any

import typer

from gateway.cli.output import json_lines, table

#: Help of the option `--month`.
MONTH_HELP = "A month that is over, such as 2026-01; without it, the last one."


def show_departments(report: dict[str, Any], *, json: bool) -> None:
    """Print a report of `department_report`: a table with a row for each department, or one JSON object a line."""
    if json:
        about = {key: report[key] for key in ("month", "people", "recorded")}
        json_lines(row | about for row in report["departments"])
        return
    if not report["recorded"]:
        typer.echo(f"The audit trail has no mail of {report['month']} (UTC).")
        return
    rows = report["departments"]
    names = ("Department", *(code.partition(".")[2] for code in rows[-1]["counts"]))
    rest = "(others together)" if len(rows) > 1 else "(all together)"
    told = [one for one in rows if one["department"] or len(rows) == 1 or any(one["counts"].values())]
    table(names, [(row["department"] or rest, *map(_count, row["counts"].values())) for row in told])
    few = f"about fewer than {report['people']} people, or nobody"
    typer.echo(f"Messages in {report['month']} (UTC), and not people: one person may have sent several. \u2013: {few}.")
    typer.echo("A program has found them, and some of them are wrong.")


def _count(number: int | None) -> str:
    return "\u2013" if number is None else str(number)
