"""`mailwarden db upgrade | copy`: the store's tables, and a move to another database."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer

from gateway.assemble.store import upgrade_store
from gateway.cli.local.configured import settings_of
from gateway.cli.options import UNUSABLE, ConfigOption, fail
from gateway.operations import store_copies
from gateway.remember.database.errors import SchemaOutdated, StoreUnavailable

group = typer.Typer(help="The store's tables.", no_args_is_help=True, rich_markup_mode=None)

StoreArgument = typer.Argument(help="sqlite:///FILE, relative to data_dir, or postgresql://USER@HOST/DATABASE.")


@group.command()
def upgrade(config: ConfigOption = None) -> None:
    """Bring the store to this program's schema. Stop the gateway and back the store up first."""
    settings = settings_of(config)
    try:
        revision = asyncio.run(upgrade_store(settings))
    except StoreUnavailable as error:
        fail(str(error))
    typer.echo(f"The store is at schema {revision}.")


@group.command()
def copy(
    source: Annotated[str, StoreArgument],
    target: Annotated[str, StoreArgument],
    config: ConfigOption = None,
) -> None:
    """Copy a store into another, empty database, and prove that both are the same. Stop the gateway first.

    The configuration's secret.key must be that of the store, and its store_password_file is used for PostgreSQL.
    """
    settings = settings_of(config)
    try:
        proof = asyncio.run(store_copies.copy(settings, source, target, _progress))
    except ValueError as error:
        fail(str(error), UNUSABLE)
    except (StoreUnavailable, SchemaOutdated) as error:
        fail(str(error))
    finally:
        if sys.stderr.isatty():
            typer.echo("", err=True)
    for name, rows in proof.rows.items():
        typer.echo(f"{rows:>12,}  {name}")
    typer.echo(
        f"Both stores have the same {sum(proof.rows.values()):,} rows, and the same chains, which were walked"
        f"{f' and have {proof.faults} faults' if proof.faults else ' without a fault'}. To use the new one, set\n"
        f"store: {target}"
    )


def _progress(table: str, rows: int) -> None:
    """Show on a terminal how far the copy is."""
    if sys.stderr.isatty():
        typer.echo(f"\r{table}: {rows:,} rows\033[K", nl=False, err=True)
