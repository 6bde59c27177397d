"""`mailwarden backup | restore`: the store and its keys, to a folder and back."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.local.configured import settings_of
from gateway.cli.options import ConfigOption, fail
from gateway.operations import store_copies
from gateway.remember.copies.proof import Proof
from gateway.remember.database.errors import SchemaOutdated, StoreUnavailable

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is not there yet.")]
BackupFolder = Annotated[Path, typer.Argument(metavar="DIR", help="A backup, as `mailwarden backup` makes it.")]


def backup(folder: Folder, config: ConfigOption = None) -> None:
    """Back up the store, secret.key and the keys that the configuration names; the gateway may run meanwhile."""
    settings = settings_of(config)
    try:
        proof = asyncio.run(store_copies.back_up(settings, folder))
    except (StoreUnavailable, SchemaOutdated) as error:
        fail(str(error))
    typer.echo(f"{folder}: {_facts(proof)}.")
    if proof.faults:
        fail("The records had been changed before: `mailwarden audit verify` tells where.")


def restore(folder: BackupFolder, config: ConfigOption = None) -> None:
    """Put a backup of the store and secret.key back where neither is, and prove it. No gateway may run."""
    settings = settings_of(config)
    try:
        done = asyncio.run(store_copies.restore(settings, folder))
    except (StoreUnavailable, SchemaOutdated) as error:
        fail(str(error))
    typer.echo(f"The backup of {done.made_at} is put back, and it is as it was made: {_facts(done.proof)}.")


def _facts(proof: Proof) -> str:
    """Return the figures of a copy that was proved."""
    rows = sum(proof.rows.values())
    faults = {0: "no fault", 1: "1 fault"}.get(proof.faults, f"{proof.faults} faults")
    heads = ", ".join(f"{name} {chain['number']}:{chain['hash'][:32]}" for name, chain in proof.chains.items())
    held = f"{proof.rows['held']} held messages, {rows} rows in all, schema {proof.schema}"
    return f"{held}; chains with {faults} ({heads})"
