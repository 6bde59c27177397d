"""`mailwarden journal find | resend | export`: relayed mail that was kept."""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.control_client import operate
from gateway.cli.menu import Menu
from gateway.cli.new_files import reserved
from gateway.cli.options import UNUSABLE, ConfigOption, JsonOption, fail
from gateway.cli.output import entries, json_lines, moment, one_line, safe, size
from gateway.cli.since import SINCE_HELP, period
from gateway.control.reasons import says_something

group = typer.Typer(
    name="journal", cls=Menu, help="Relayed mail that was kept.", no_args_is_help=True, rich_markup_mode=None
)

#: Recipients that a line names.
SHOWN_RECIPIENTS = 5

ReasonOption = Annotated[str, typer.Option(help="Why; it is put on record. At a terminal it is asked for.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="That of an entry or of its message, as `find` shows both.")]


def find(
    text: Annotated[
        str, typer.Argument(metavar="[ADDRESS|@DOMAIN|MESSAGE-ID|ID]", help="Sent by or to, or with this id.")
    ] = "",
    config: ConfigOption = None,
    json: JsonOption = False,
    sender: Annotated[str, typer.Option("--from", help="Sent by this address, or by `@domain`.")] = "",
    recipient: Annotated[str, typer.Option("--to", help="Sent to this address, or to `@domain`.")] = "",
    subject: Annotated[str, typer.Option(help="With all of these words in the subject; no personal mail.")] = "",
    since: Annotated[str | None, typer.Option(help=f"Newer than this: {SINCE_HELP}.")] = None,
    until: Annotated[str | None, typer.Option(help=f"Older than this: {SINCE_HELP}, which is included.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="The newest so many.")] = 50,
    page: Annotated[str, typer.Option(metavar="PLACE", help="Go on here, as the page before says.")] = "",
    reason: Annotated[str, typer.Option(help="Why you search; it is put on record.")] = "",
) -> None:
    """Find relayed messages, newest first. For investigators; the search is put on record."""
    answer = operate(
        config,
        "journal.find",
        text=text,
        sender=sender,
        recipient=recipient,
        subject=subject,
        **period(since, until),
        limit=limit,
        behind=page.split("/") if page else None,
        reason=reason,
    )
    if json:
        json_lines(answer["found"])
    else:
        entries(((one["id"], _lines(one)) for one in answer["found"]), "No relayed message fits.")
    for damage in answer["damages"]:
        typer.echo(safe(f"{damage['where']}: {damage['sentence']}").plain, err=True)
    if answer["more_damages"]:
        typer.echo(f"and {answer['more_damages']} more damages", err=True)
    if answer["behind"]:
        typer.echo(f"There may be more: --page {'/'.join(answer['behind'])}", err=True)


def resend(
    id: Id,
    config: ConfigOption = None,
    json: JsonOption = False,
    reason: ReasonOption = "",
    to: Annotated[list[str] | None, typer.Option(help="Only to this recipient; may be repeated.")] = None,
) -> None:
    """Send a message again to those who had it. For investigators; it is put on record."""
    done = operate(config, "journal.resend", id=id, reason=_reason(reason), recipients=to or [])
    if json:
        json_lines([done])
        return
    where = (
        "delivered to the next hop" if done["delivered"] else "in the outbox; it is tried again until it is delivered"
    )
    typer.echo(f"{_named(done)} sent again to {', '.join(done['recipients'])}: {where}.")


def export(
    id: Id,
    to: Annotated[Path, typer.Option(metavar="FILE", help="A new file, which only you can read.")],
    config: ConfigOption = None,
    reason: ReasonOption = "",
) -> None:
    """Write a message as it was relayed into a new file. For investigators; it is put on record."""
    with reserved(to, "--to") as write:  # before the export is on record
        done = operate(config, "journal.export", id=id, reason=_reason(reason))
        content = base64.b64decode(done["content"])
        write(content)
    typer.echo(f"{_named(done)}: {size(len(content))} in {to}.")


def _reason(given: str) -> str:
    """Return the reason; at a terminal a missing one is asked for."""
    said = typer.prompt("Reason", err=True) if not says_something(given) and sys.stdin.isatty() else given
    if not says_something(said):
        fail("--reason must say why", UNUSABLE)
    return said


def _named(done: dict[str, Any]) -> str:
    """Return the id of the entry, and that of its message, under which the act is on record."""
    return f"{done['id']} (message {done['mail_id']})"


def _lines(one: dict[str, Any]) -> list[Any]:
    shown = ", ".join(one["to"][:SHOWN_RECIPIENTS])
    more = len(one["to"]) - SHOWN_RECIPIENTS + one["more_recipients"]
    return [
        f"message {one['mail_id']}",
        f"{moment(one['at'])}  {size(one['bytes'])}  {', '.join(one['directions'])}",
        f"<{one['from']}> to {shown}{f' and {more} more' if more > 0 else ''}",
        one_line(one["subject"] or "(no subject)") if not one["unreadable"] else "",
        one_line(one["message_id"]),
        one["unreadable"],
    ]
