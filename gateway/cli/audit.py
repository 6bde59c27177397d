"""`mailwarden audit list | key`: what people did, and the key that signs evidence."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, get_args

import typer

from gateway.cli.control_client import operate
from gateway.cli.menu import Menu
from gateway.cli.options import UNUSABLE, ConfigOption, JsonOption, fail
from gateway.cli.output import console, json_lines, moment, safe
from gateway.cli.since import SINCE_HELP, period
from gateway.control.vocabulary import RECORDS, Action
from gateway.operations.ids import no_id
from gateway.settings.yaml.problems import nearest, shown
from gateway.smtp.reply import printable

group = typer.Typer(
    name="audit", cls=Menu, help="The records of what was done.", no_args_is_help=True, rich_markup_mode=None
)

#: Acts that can be on record.
ACTIONS: Sequence[str] = get_args(Action)

COLUMNS = ("at", "actor", "action", "id", "recipients", "reason")


def list_acts(
    config: ConfigOption = None,
    json: JsonOption = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="With a header line, for a spreadsheet.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="The newest so many.")] = 100,
    actor: Annotated[str, typer.Option(help="By this user; `mailwarden` is the gateway itself.")] = "",
    since: Annotated[str | None, typer.Option(help=f"Newer than this: {SINCE_HELP}.")] = None,
    until: Annotated[str | None, typer.Option(help=f"Older than this: {SINCE_HELP}, which is included.")] = None,
    action: Annotated[str, typer.Option(help="Only this: release, show, delete, block …")] = "",
    id: Annotated[
        str, typer.Option("--id", help=f"Only on this message, or its id's beginning; or {', '.join(RECORDS)}.")
    ] = "",
) -> None:
    """List what people, and the gateway, did with held messages, payments and pauses, newest first."""
    if json and as_csv:
        fail("--json and --csv: one of them", UNUSABLE)
    if action and action not in ACTIONS:
        meant = nearest(action, ACTIONS)
        hint = f" (did you mean {meant}?)" if meant else f": there are {', '.join(ACTIONS)}"
        fail(f"--action: no act is called {shown(action)}{hint}", UNUSABLE)
    if id and (sentence := no_id(id)):
        fail(sentence, UNUSABLE)
    rows = operate(
        config,
        "audit.list",
        limit=limit,
        actor=actor or None,
        **period(since, until),
        action=action or None,
        id=id or None,
    )
    if json:
        json_lines(rows)
        return
    if as_csv:
        _print_csv(rows)
    else:
        _print_lines(rows)
    if len(rows) == limit:
        typer.echo(f"The newest {limit} are shown; --limit shows more.", err=True)


def _print_lines(rows: Sequence[dict[str, Any]]) -> None:
    """Print one line for each act, cut at the terminal's edge; the id, which stands before the names, stays whole."""
    if not rows:
        console.print("Nothing is on record.", markup=False)
        return
    ids = max(len(row["id"]) for row in rows)
    for row in rows:
        concerned = f" for {', '.join(row['recipients'])}" if row["recipients"] else ""
        reason = f": {row['reason']}" if row["reason"] else ""
        line = f"{moment(row['at'])} {row['id'].ljust(ids)} {row['actor']} {row['action']}{concerned}{reason}"
        console.print(safe(line), no_wrap=True, overflow="ellipsis")


def _print_csv(rows: Iterable[dict[str, Any]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow(_cell(", ".join(row[name]) if name == "recipients" else row[name]) for name in COLUMNS)


def _cell(text: str) -> str:
    """Return text that neither a terminal nor a spreadsheet takes for a command."""
    shown = printable(text)
    return f"'{shown}" if shown.startswith(("=", "+", "-", "@")) else shown


def print_key(config: ConfigOption = None) -> None:
    """Print the public half of the key that signs evidence, for those who check it elsewhere."""
    key = operate(config, "audit.key")
    typer.echo(key["public_key"], nl=False)
    typer.echo(f"Fingerprint (SHA-256): {key['fingerprint']}", err=True)
