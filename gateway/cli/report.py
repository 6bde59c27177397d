"""`mailwarden report`: volume, held mail, false alarms, decisions and trouble; filters add reports of theirs."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.control_client import operate
from gateway.cli.menu import Menu
from gateway.cli.new_files import write_new
from gateway.cli.options import UNUSABLE, ConfigOption, JsonOption, fail
from gateway.cli.output import json_lines
from gateway.cli.since import SINCE_HELP, since_text

group = typer.Typer(name="report", cls=Menu, invoke_without_command=True, rich_markup_mode=None)


@group.callback()
def report(
    context: typer.Context,
    since: Annotated[str, typer.Option(help=f"{SINCE_HELP}.")] = "7d",
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write one page with plots into a new file instead.")
    ] = None,
    mail: Annotated[bool, typer.Option("--mail", help="Send it to `reports_to` instead.")] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Report what came in, what was held and why, what was released, who waits, and trouble. No subjects, no readers.

    `mailwarden report personal` and `report conduct` are reports of their own.
    """
    if context.invoked_subcommand is not None:
        _refuse_options(context)
        return
    if mail:
        addresses = operate(config, "report.mail", since=since_text(since))
        typer.echo(f"The report is on its way to {', '.join(addresses)}.")
    if mail and html is None:
        return
    figures: dict[str, Any] = operate(config, "report", since=since_text(since))
    if html is not None:
        _write_page(figures, html)
    elif json:
        json_lines([figures])
    else:
        import_module("gateway.cli.report_tables").show(figures)  # only here: what draws is slow to load


def _refuse_options(context: typer.Context) -> None:
    """Refuse options before the name of another report, which would have no effect. Exit with code 2."""
    name = context.invoked_subcommand
    for option in context.params:
        source = context.get_parameter_source(option)
        if source is not None and source.name == "COMMANDLINE":
            fail(f"--{option} stands before `{name}`: write it behind, as options of `report {name}`", UNUSABLE)


def _write_page(figures: dict[str, Any], html: Path) -> None:
    page: str = import_module("gateway.act.reports.page").page(figures)  # only here: what draws is slow to load
    try:
        write_new(html, page.encode())
    except FileExistsError:
        fail(f"--html: {html} is there already, and nothing is written over it", UNUSABLE)
    except OSError as error:
        fail(f"--html {html}: {error.strerror}", UNUSABLE)
    typer.echo(f"Wrote {html}.")
