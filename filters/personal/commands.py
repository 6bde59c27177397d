"""`mailwarden report personal`: counts for each department. No content, no names."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli import MONTH_HELP, ConfigOption, JsonOption, operate, show_departments

group = typer.Typer(rich_markup_mode=None)


@group.command()
def personal(
    month: Annotated[str, typer.Option(help=MONTH_HELP)] = "",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Count, for each department, personal use of the mail beyond the limits."""
    show_departments(operate(config, "report.personal", month=month), json=json)
