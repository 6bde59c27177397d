"""`mailwarden`: the program. `menu` has its commands."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated

import typer

from gateway.cli.menu import PROGRAM, Menu


def _version(wanted: bool) -> None:
    if wanted:
        metadata = import_module("importlib.metadata")  # only here: it is slow to load
        typer.echo(f"mailwarden {metadata.version('mailwarden')}")
        raise typer.Exit


cli = typer.Typer(
    name=PROGRAM,
    cls=Menu,
    help="An SMTP proxy that enforces an organisation's IT and communications policy on its e-mail.",
    no_args_is_help=True,
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


def main() -> None:
    cli()
