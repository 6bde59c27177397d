"""`mailwarden audit list | verify`: what people did, and whether anybody has changed the records."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer

from gateway.cli.control_client import REFUSED, UNUSABLE, ConfigOption, JsonOption, fail, operate, result_or_exit
from gateway.cli.output import console, json_lines, moment, safe
from gateway.cli.since import SINCE_HELP, since_text, until_text
from gateway.smtp.reply import printable

group = typer.Typer(help="The records of what was done.", no_args_is_help=True, rich_markup_mode=None)

#: Digits of a head's hash that are printed: enough to know it again.
HASH_DIGITS = 32

COLUMNS = ("at", "actor", "action", "id", "recipients", "reason")


@group.command("list")
def list_acts(
    config: ConfigOption = None,
    json: JsonOption = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="With a header line, for a spreadsheet.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="The newest so many.")] = 100,
    actor: Annotated[str, typer.Option(help="By this user; `mailwarden` is the gateway itself.")] = "",
    since: Annotated[str, typer.Option(help=f"Newer than this: {SINCE_HELP}.")] = "",
    until: Annotated[str, typer.Option(help=f"Older than this: {SINCE_HELP}, which is included.")] = "",
    action: Annotated[str, typer.Option(help="Only this: release, show, delete, block …")] = "",
    id: Annotated[
        str, typer.Option("--id", help="Only on this message; `payments` and `pauses` have ids as well.")
    ] = "",
) -> None:
    """List what people, and the gateway, did with held messages, payments and pauses, newest first."""
    if json and as_csv:
        fail("--json and --csv: one of them", UNUSABLE)
    rows = operate(
        config,
        "audit.list",
        limit=limit,
        actor=actor or None,
        since=since_text(since) if since else None,
        until=until_text(until) if until else None,
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


@group.command()
def verify(
    config: ConfigOption = None,
    json: JsonOption = False,
    expect: Annotated[
        list[str] | None,
        typer.Option(metavar="NUMBER:HASH", help="A head noted earlier, which must be in the chain; may be repeated."),
    ] = None,
) -> None:
    """Check that no row of the records was changed, removed or inserted. Exit code 1 if one was, 2 if nobody can say.

    Note the heads that it prints in another place: with `--expect` they show that the records are no older copy.
    """
    found = result_or_exit(config, "audit.verify", {"expect": expect or []}, UNUSABLE)
    if json:
        json_lines([*found["chains"], *({"not_found": head} for head in found["not_found"])])
    else:
        for chain in found["chains"]:
            _print_chain(chain)
        for head in found["not_found"]:
            console.print(safe(f"{head}: no chain has this head, or it has been purged since"), soft_wrap=True)
    if found["not_found"] or any(chain["faults"] for chain in found["chains"]):
        raise typer.Exit(REFUSED)


def _print_chain(chain: dict[str, Any]) -> None:
    for fault in chain["faults"]:
        console.print(safe(f"{chain['chain']}: {fault['sentence']}"), soft_wrap=True)
    if chain["more_faults"]:
        console.print(f"{chain['chain']}: {chain['more_faults']} more faults", markup=False)
    if not chain["faults"]:
        head = f"{chain['head']['number']}:{chain['head']['hash'][:HASH_DIGITS]}"
        times = f", {moment(chain['first'])} to {moment(chain['last'])}" if chain["first"] else ""
        rows = "1 row" if chain["rows"] == 1 else f"{chain['rows']} rows"
        console.print(f"{chain['chain']}: {rows}{times}, head {head}", markup=False, soft_wrap=True)
