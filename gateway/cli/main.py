"""`mailwarden`: the commands, one module for each group, thin over the functions that the gateway runs."""

from __future__ import annotations

import typer

from gateway.cli import explain, quarantine, running, setup, trace

cli = typer.Typer(
    name="mailwarden",
    help="An SMTP proxy that enforces an organisation's IT and communications policy on its e-mail.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    rich_markup_mode=None,
)

cli.command()(running.serve)
cli.command()(setup.check)
cli.command()(explain.explain)
cli.add_typer(quarantine.group, name="quarantine")
cli.command()(trace.trace)
cli.command()(running.status)
cli.command()(running.reload)
cli.command()(running.purge)
cli.add_typer(setup.database, name="db")


def main() -> None:
    cli()
