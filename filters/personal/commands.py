"""`mailwarden report personal`: counts for each department. No content, no names."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli import SINCE_HELP, ConfigOption, JsonOption, json_lines, moment, operate, since_text, table

group = typer.Typer(rich_markup_mode=None)


@group.command()
def personal(
    since: Annotated[str, typer.Option(help=f"{SINCE_HELP}; rounded up to whole weeks.")] = "4w",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Count, for each department, personal use of the mail beyond the limits."""
    report = operate(config, "report.personal", since=since_text(since))
    if json:
        json_lines({**row, "since": report["since"], "people": report["people"]} for row in report["departments"])
        return
    codes = list(report["departments"][-1]["counts"])
    names = ("Department", *(code.partition(".")[2] for code in codes))
    table(
        names, [(_department(row["department"]), *map(_count, row["counts"].values())) for row in report["departments"]]
    )
    typer.echo(f"Since {moment(report['since'])}; \u2013: about fewer than {report['people']} people, or nobody.")


def _department(name: str | None) -> str:
    return "(others together)" if name is None else name


def _count(number: int | None) -> str:
    return "\u2013" if number is None else str(number)
