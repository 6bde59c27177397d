"""`mailwarden report conduct`: counts for each department. No content, no names."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli import SINCE_HELP, ConfigOption, JsonOption, operate, show_departments, since_text

group = typer.Typer(rich_markup_mode=None)


@group.command()
def conduct(
    since: Annotated[str, typer.Option(help=f"{SINCE_HELP}; rounded up to whole weeks.")] = "4w",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Count, for each department, findings about the words of its mail."""
    show_departments(operate(config, "report.conduct", since=since_text(since)), json=json)
    if not json:
        typer.echo("A program has found them, and some of them are wrong.")
