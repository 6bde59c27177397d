"""`mailwarden`: the commands, one module for each group; filters contribute groups besides (`contributed`)."""

from __future__ import annotations

import gc
from importlib.metadata import version
from typing import Annotated

import typer

from gateway.cli import (
    audit,
    backtest,
    check,
    decisions,
    directory,
    dkim,
    explain,
    journal,
    quarantine,
    report,
    senders,
    service,
    trace,
)
from gateway.cli.contributed import Group
from gateway.cli.store import backup, database


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mailwarden {version('mailwarden')}")
        raise typer.Exit


cli = typer.Typer(
    name="mailwarden",
    cls=Group,
    help="An SMTP proxy that enforces an organisation's IT and communications policy on its e-mail.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@cli.callback()
def _program(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Take the options of the program itself."""


cli.command()(service.serve)
cli.command()(check.check)
cli.command()(explain.explain)
cli.command("try")(backtest.backtest)
for decision in (*decisions.COMMANDS, *senders.COMMANDS):
    quarantine.group.command()(decision)
cli.add_typer(quarantine.group, name="quarantine")
cli.add_typer(directory.group, name="directory")
cli.command()(trace.trace)
cli.add_typer(audit.group, name="audit")
cli.add_typer(journal.group, name="journal")
cli.add_typer(report.group, name="report")
cli.command()(service.status)
cli.command()(service.reload)
cli.command()(service.purge)
cli.command()(backup.backup)
cli.command()(backup.restore)
cli.add_typer(database.group, name="db")
cli.add_typer(dkim.group, name="dkim")


def main() -> None:
    gc.freeze()  # loaded objects stay to the end; at exit Python would search all of them for cycles
    cli()
