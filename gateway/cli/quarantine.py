"""`mailwarden quarantine list | show | release | delete`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from gateway.cli.asking import UNUSABLE, ConfigOption, JsonOption, fail, operate
from gateway.cli.output import facts, finding, heading, json_lines, moment, size, table

group = typer.Typer(help="Messages that are held.", no_args_is_help=True, rich_markup_mode=None)

Id = Annotated[str, typer.Argument(metavar="ID", help="As `quarantine list` and the notices show it.")]
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@group.command("list")
def list_held(
    config: ConfigOption = None,
    json: JsonOption = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="The newest so many.")] = 100,
    since: Annotated[str, typer.Option(help="Newer than this: 30m, 12h, 7d, or a date such as 2026-01-31.")] = "",
    code: Annotated[str, typer.Option(help="Held for this finding; `*` stands for anything: `virus.*`.")] = "",
    sender: Annotated[str, typer.Option(help="From this address; `*@example.org` for a domain.")] = "",
    recipient: Annotated[str, typer.Option(help="For this address.")] = "",
) -> None:
    """What is held, newest first."""
    chosen = {"code": code or None, "sender": sender or None, "recipient": recipient or None}
    rows = operate(config, "quarantine.list", limit=limit, since=_since(since), **chosen)
    if json:
        json_lines(rows)
        return
    table(("Id", "Message"), [(r["id"], _in_short(r)) for r in rows], "Nothing is held.", whole={"Id"}, spaced=True)
    if len(rows) == limit:
        typer.echo(f"The newest {limit} are shown; --limit shows more.", err=True)


@group.command()
def show(
    id: Id,
    config: ConfigOption = None,
    json: JsonOption = False,
    reason: Annotated[str, typer.Option(help="Why you look; it is put on record.")] = "review",
) -> None:
    """One held message: envelope, findings with their evidence, and what was done with it. Reading is on record."""
    entry = operate(config, "quarantine.show", id=id, reason=reason)
    if json:
        json_lines([entry])
    else:
        _print_entry(entry)


@group.command()
def release(
    id: Id,
    reason: Annotated[str, typer.Option(help="Why; it is put on record.")] = "",
    infected: Annotated[
        bool, typer.Option("--infected", help="Though a virus was found in it. Needs --reason.")
    ] = False,
    recipient: Annotated[list[str] | None, typer.Option(help="Only this recipient's copy; may be repeated.")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Send a held message on. It is checked again first: a virus, or anything new, stops it and is named."""
    if infected and not reason.strip():
        fail("--infected needs --reason", UNUSABLE)
    done = operate(config, "quarantine.release", id=id, reason=reason, infected=infected, recipients=recipient or [])
    if json:
        json_lines([done])
        return
    where = (
        "delivered to the next hop" if done["delivered"] else "in the outbox; it is tried again until it is delivered"
    )
    typer.echo(f"{id} released for {', '.join(done['recipients'])}: {where}.")


@group.command()
def delete(
    id: Id,
    reason: Annotated[str, typer.Option(help="Why; it is put on record.")],
    config: ConfigOption = None,
) -> None:
    """Delete a held message's content. What was found and done stays on record."""
    if not reason.strip():
        fail("--reason must say why", UNUSABLE)
    operate(config, "quarantine.delete", id=id, reason=reason)
    typer.echo(f"{id} deleted.")


def _since(text: str) -> str | None:
    if not text:
        return None
    match = re.fullmatch(r"(\d{1,5})([mhdw])", text, re.ASCII)
    if match:
        return (datetime.now(UTC) - timedelta(**{_UNITS[match[2]]: int(match[1])})).isoformat()
    try:
        when = datetime.fromisoformat(text)
        return (when if when.tzinfo else when.astimezone()).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        fail(f"--since {text}: write 30m, 12h, 7d, or a date such as 2026-01-31", UNUSABLE)


def _in_short(r: dict[str, Any]) -> list[str]:
    """Who to whom, the subject, and why it is held."""
    to = ", ".join(c["address"] if c["state"] == "held" else f"{c['address']} ({c['state']})" for c in r["recipients"])
    return [
        f"<{r['from']}> to {to}",
        r["subject"] or "(no subject)",
        ", ".join(r["codes"]),
        f"{moment(r['received_at'])}  {size(r['bytes'])}",
    ]


def _print_entry(e: dict[str, Any]) -> None:
    facts(
        {
            "Id": e["id"],
            "Received": moment(e["received_at"]),
            "From": f"<{e['from']}>",
            "Subject": e["subject"],
            "Message-ID": e["message_id"],
            "Client": f"{e['client'].get('address', '')} {e['client'].get('helo', '')}".strip(),
            "Size": size(e["bytes"]),
        }
    )
    heading("Copies")
    copies = [(c["address"], c["direction"], _state(c), c["codes"]) for c in e["copies"]]
    table(("Recipient", "Direction", "State", "Held for"), copies, whole={"Held for"})
    for f in e["findings"]:
        finding(f)
    heading("History")
    rows = [(moment(h["at"]), h["actor"], h["operation"], h["reason"]) for h in e["history"]]
    table(("When", "Who", "What", "Why"), rows, "nothing yet", whole={"When"})


def _state(c: dict[str, Any]) -> list[str]:
    by = f"by {c['changed_by']}" if c["changed_by"] else ""
    return [c["state"], by, c["reason"]]
