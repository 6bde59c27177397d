"""Common to commands: the options `--config` and `--json`, exit codes, and the configuration's place."""

from __future__ import annotations

import grp
import os
import stat
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from gateway.cli.output import show_times_in
from gateway.control.client import SOCKET_NAME
from gateway.control.users import user_name
from gateway.settings.places import CONFIG_FILES, Places, read_places

#: Exit codes: 0 done; 1 the gateway refused, or the configuration has mistakes; 2 unusable input.
REFUSED = 1
UNUSABLE = 2

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        envvar="MAILWARDEN_CONFIG",
        help="The configuration. Default: config/gateway.yaml, else /etc/mailwarden/gateway.yaml.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")]


def fail(sentence: str, code: int = REFUSED) -> NoReturn:
    """Print a sentence on standard error, and exit."""
    typer.echo(sentence, err=True)
    raise typer.Exit(code)


def config_path(given: Path | None) -> Path:
    if given is not None:
        return given
    found = next((path for path in CONFIG_FILES if path.exists()), None)
    if found is None:
        fail(
            f"no configuration: neither {' nor '.join(map(str, CONFIG_FILES))} is there; name one with --config, "
            "or write one: `mailwarden init`",
            UNUSABLE,
        )
    return found


def places_of(path: Path) -> Places:
    """Return the places that a configuration names, and show times in its time zone from now on."""
    places = read_places(path)
    show_times_in(places.timezone)
    return places


def way_in(data_dir: Path) -> str:
    """Return a sentence about what keeps this user from the control socket, its group, and the way to join it.

    The socket has the group of the gateway's process, which may be another than that of a folder above it.
    """
    path = data_dir / SOCKET_NAME
    # What lies in a folder that is closed can't be looked at: the first one from the top is in the way.
    wall = next((folder for folder in reversed(path.parents) if not os.access(folder, os.X_OK)), path)
    try:
        found = wall.stat()
        group = grp.getgrgid(found.st_gid)
    except (OSError, KeyError):
        return f"you may not use {path}: only its owner, its group and root may, and they need a way into its folder"
    user, name = user_name(os.getuid()), group.gr_name
    said = f"you may not use {path}: {wall} is for its owner, its group {name} and root alone; "
    if found.st_gid == 0:  # nobody should be added to root's group
        return f"{said}the gateway should run as a user of its own, with a group of its own (docs/deploy.md)"
    if wall != path and not found.st_mode & stat.S_IXGRP:
        return (
            f"{said}`chmod g+x {wall}` by root lets the group in, which its mode {found.st_mode & 0o777:04o} does not"
        )
    if user in group.gr_mem:
        return f"{said}you are in it, but this session is older: log in again, or `newgrp {name}`"
    return f"{said}`usermod -aG {name} {user}` by root adds you to it at your next login{_other_group(wall, path)}"


def _other_group(wall: Path, socket: Path) -> str:
    """Return a remark where the socket is the wall, and has another group than its folder, which is mostly named."""
    folder = socket.parent
    number = folder.stat().st_gid
    if wall != socket or number == socket.stat().st_gid:
        return ""
    try:
        name = grp.getgrgid(number).gr_name
    except KeyError:
        name = str(number)
    return f" (the group {name} of {folder} doesn't count here: the socket has the group that the gateway runs with)"
