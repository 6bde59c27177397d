"""`mailwarden journal keygen`: a key for the journal."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.new_files import write_new
from gateway.cli.options import UNUSABLE, fail
from gateway.settings.journal import keys_in

#: Octets of a key, written as twice as many hexadecimal digits.
KEY_BYTES = 32


def keygen(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The key file, as `journal: key_file` names it.")],
    rotate: Annotated[
        bool, typer.Option("--rotate", help="Put a new key on top of an existing file; the old ones still decrypt.")
    ] = False,
) -> None:
    """Make the journal's key in a file that only its owner can read (mode 0600)."""
    key = f"{secrets.token_hex(KEY_BYTES)}\n".encode()
    try:
        if rotate:
            _rotate(file, key)
        else:
            write_new(file, key)
    except FileExistsError:
        fail(f"{file} is there already: --rotate puts a new key on top of it, and keeps the old ones", UNUSABLE)
    except OSError as error:
        fail(f"{file}: {error.strerror}", UNUSABLE)
    except ValueError as error:
        fail(f"{file}: {error}", UNUSABLE)
    typer.echo(f"The key is in {file}. Back it up, apart from the data: without it nobody can read the mail.")
    if rotate:
        typer.echo("`mailwarden reload` takes it over.")
    else:
        typer.echo(f"For the configuration:\n\n  journal: {{days: 7, key_file: {file}}}")


def _rotate(file: Path, key: bytes) -> None:
    """Put a key on top of a file: written aside, with the same owner, and put in its place. Raises OSError."""
    old, owner = file.read_bytes(), file.stat()
    keys_in(old)
    aside = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    write_new(aside, key + old)
    try:
        if os.geteuid() == 0:
            os.chown(aside, owner.st_uid, owner.st_gid)
        aside.replace(file)
    except OSError:
        aside.unlink()
        raise
