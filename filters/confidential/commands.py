"""`mailwarden confidential agreements | ask | revoke | history`: agreements to get confidential mail, by reply."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from gateway.cli import ConfigOption, JsonOption, entries, json_lines, moment, operate, table

group = typer.Typer(
    help="Agreements of people outside to get confidential mail unencrypted.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

AddressArgument = Annotated[str, typer.Argument(metavar="ADDRESS", help="One address outside.")]
ReasonOption = Annotated[str, typer.Option(help="Your reason, which is put on record.")]


@group.command()
def agreements(config: ConfigOption = None, json: JsonOption = False) -> None:
    """List the addresses that were asked, and their answers. Those of the configuration's `agreed` are not here."""
    rows: list[dict[str, Any]] = operate(config, "confidential.agreements")
    if json:
        json_lines(rows)
        return
    entries(((row["address"], [_state(row), _asked(row)]) for row in rows), "Nobody was asked.")


@group.command()
def ask(
    address: AddressArgument,
    reason: ReasonOption,
    sender: Annotated[
        str, typer.Option("--for", metavar="SENDER", help="The address of your person who wants to write there.")
    ] = "",
    config: ConfigOption = None,
) -> None:
    """Ask an address by mail. The reply "I agree" from there records its agreement.

    The question names the SENDER, so that whoever gets it knows whom to ask about it. The reason stays here.
    """
    until = operate(config, "confidential.ask", address=address, reason=reason, sender=sender)
    typer.echo(f"{address} is asked, and can answer until {moment(until)}.")


@group.command()
def revoke(address: AddressArgument, reason: ReasonOption, config: ConfigOption = None) -> None:
    """Forget an agreement by reply, or a question that waits for its answer."""
    revoked: dict[str, str] = operate(config, "confidential.revoke", address=address, reason=reason)
    if pattern := revoked["listed"]:
        still = f"`agreed` of the configuration still has {pattern}. Take it out there, and reload."
        typer.echo(f"{address}: its answer is forgotten, but {still}")
    elif revoked["state"] == "agreed":
        typer.echo(f"{address}: nothing is agreed any more.")
    else:
        typer.echo(f"{address}: nothing was agreed, and it is not asked any more.")


@group.command()
def history(config: ConfigOption = None, json: JsonOption = False) -> None:
    """List who asked, who answered, and who revoked: when and why."""
    rows: list[dict[str, Any]] = operate(config, "confidential.history")
    if json:
        json_lines(rows)
        return
    lines = [(moment(r["at"]), r["actor"], [f"{r['operation']} {r['address']}", r["reason"]]) for r in rows]
    table(("When", "Who", "What, and why"), lines, "Nothing is on record.", whole={"When"})


def _state(row: dict[str, Any]) -> str:
    """Return the answer, or that there is none yet."""
    if row["state"] == "asked":
        return f"no answer; it can come until {moment(row['until'])}"
    return f"{row['state']} on {moment(row['answered_at'])}, by the reply {row['reply_id']}"


def _asked(row: dict[str, Any]) -> str:
    return f"asked on {moment(row['asked_at'])} by {row['asked_by']}"
