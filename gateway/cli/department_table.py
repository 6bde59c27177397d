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
        json_lines({**row, "month": report["month"], "people": report["people"]} for row in report["departments"])
        return
    codes = list(report["departments"][-1]["counts"])
    names = ("Department", *(code.partition(".")[2] for code in codes))
    table(
        names, [(_department(row["department"]), *map(_count, row["counts"].values())) for row in report["departments"]]
    )
    typer.echo(f"In {report['month']} (UTC); \u2013: about fewer than {report['people']} people, or nobody.")


def _department(name: str | None) -> str:
    return "(others together)" if name is None else name


def _count(number: int | None) -> str:
    return "\u2013" if number is None else str(number)
