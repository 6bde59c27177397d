"""`mailwarden audience pauses | lift | history`: threads that are paused because they became a storm of replies."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from gateway.cli import ConfigOption, JsonOption, entries, json_lines, moment, operate, table

group = typer.Typer(
    help="Threads that are paused after too many replies to all.", no_args_is_help=True, rich_markup_mode=None
)


@group.command()
def pauses(config: ConfigOption = None, json: JsonOption = False) -> None:
    """List the threads in which nobody can reply to all for now. Their keys are marks: no subject is kept."""
    rows: list[dict[str, Any]] = operate(config, "audience.pauses")
    if json:
        json_lines(rows)
        return
    entries(
        ((r["key"], [f"{moment(r['at'])} to {moment(r['until'])}", r["reason"]]) for r in rows), "No thread is paused."
    )


@group.command()
def lift(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The key that `audience pauses` shows.")],
    reason: Annotated[str, typer.Option(help="Your reason, which is put on record.")],
    config: ConfigOption = None,
) -> None:
    """Lift a thread's pause; its count begins anew."""
    operate(config, "audience.lift", key=key, reason=reason)
    typer.echo(f"{key} is not paused any more.")


@group.command()
def history(config: ConfigOption = None, json: JsonOption = False) -> None:
    """List lifted pauses: when, by whom, and why."""
    rows: list[dict[str, Any]] = operate(config, "audience.history")
    if json:
        json_lines(rows)
        return
    lines = [(moment(r["at"]), r["actor"], [r["key"], r["reason"]]) for r in rows]
    table(("When", "Who", "Lifted, and why"), lines, "Nothing is on record.", whole={"When"})
