"""`mailwarden trace`: messages found in the audit trail, and the whole story of one of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import typer
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gateway.cli.control_client import operate
from gateway.cli.options import UNUSABLE, ConfigOption, JsonOption, fail
from gateway.cli.output import console, json_lines, moment, one_line, safe, size
from gateway.cli.since import SINCE_HELP, period
from gateway.control.arguments import client_address
from gateway.control.refusal import Refused
from gateway.control.vocabulary import SEVERITY

#: Recipients of one message that are named; `--json` has all.
SHOWN_RECIPIENTS = 10

#: One event: its time in ISO 8601, and its lines.
_Event = tuple[str, list[str | Text]]


def trace(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ADDRESS|@DOMAIN|MESSAGE-ID|ID",
            help="Sender, recipient, domain of either, login, Message-ID, our id; of several, all must fit.",
        ),
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
    client: Annotated[str, typer.Option(help="Taken from this IP address.")] = "",
    reply: Annotated[
        str, typer.Option(help="Answered so: a code such as 250 or 451, or words of a reply that took no message.")
    ] = "",
    subject: Annotated[
        str, typer.Option(help="Held, with all of these words in the subject; personal mail is not searched.")
    ] = "",
    since: Annotated[str | None, typer.Option(help=f"Newer than this: {SINCE_HELP}.")] = None,
    until: Annotated[str | None, typer.Option(help=f"Older than this: {SINCE_HELP}, which is included.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="The newest so many.")] = 100,
    behind: Annotated[str, typer.Option(metavar="ID", help="Go on behind this message, the last of a page.")] = "",
    long: Annotated[bool, typer.Option("--long", help="The whole story of each message, as for a single one.")] = False,
) -> None:
    """Find messages on record, newest first; of a single one show the whole story, from its arrival to the last act."""
    given = {"words": words or [], "client": client, "reply": reply, "subject": subject}
    times = period(since, until)
    if client:
        _check_client(client)
    if not any((*given.values(), *times.values())):
        fail("which messages? Give an address, @domain, Message-ID or id, or options such as --since 1h", UNUSABLE)
    page = operate(config, "trace", **given, **times, limit=limit, behind=behind)
    rows: list[dict[str, Any]] = page["rows"]
    if json:
        json_lines(rows)
    elif long or (len(rows) == 1 and not page["behind"]):
        _print_stories(rows)
    else:
        _print_lines(rows)
    if page["acted_on"]:
        there = f"Acts on it are on record: `mailwarden audit list --id {page['acted_on']}`."
        typer.echo(f"The audit trail has no message {page['acted_on']} any more. {there}", err=json)
    elif not rows and not page["behind"] and not json:
        _print_nothing(words or [])
    if page["behind"]:
        back, id = moment(page["behind"]["at"]), page["behind"]["id"]
        typer.echo(f"Searched back to {back}; `--behind {id}` goes on from there.", err=True)


def _print_nothing(words: Sequence[str]) -> None:
    """Print that no message fits. An address may have got notices all the same: those are with their messages."""
    notices = " Notices are found with the messages that they are about." if any("@" in word for word in words) else ""
    console.print(f"No message on record fits {' '.join(words) or 'that'}.{notices}", markup=False)


def _check_client(client: str) -> None:
    """Exit with a sentence for a text that is no IP address."""
    try:
        client_address(client)
    except Refused as error:
        fail(str(error), UNUSABLE)


def _print_lines(rows: Sequence[dict[str, Any]]) -> None:
    """Print for each message when it came, its id and outcome; below from whom to whom, and its codes."""
    for row in rows:
        code = row["reply"][:3]
        outcome = f"{_action(row)} {code}" if not code.startswith("2") else _action(row)
        console.print(safe(f"{moment(row['at'])}  {row['id']}  {outcome}"), soft_wrap=True)
        to = ", ".join(one["address"] for one in row["recipients"][:SHOWN_RECIPIENTS])
        for line in (f"<{row['from']}> to {to}{_more(row)}", ", ".join(_codes(row))):
            if line:
                console.print(Padding(one_line(line), (0, 0, 0, 2), expand=False))


def _action(row: dict[str, Any]) -> str:
    """Return the gravest action among the recipients'."""
    known = [r["action"] for r in row["recipients"] if r["action"] in SEVERITY]
    return max(known, key=SEVERITY.index, default=next((r["action"] for r in row["recipients"]), "none"))


def _codes(row: dict[str, Any]) -> list[str]:
    monitored = row["monitored"]
    return [f"{code} (monitor: {monitored[code]})" if code in monitored else code for code in row["codes"]]


def _more(row: dict[str, Any]) -> str:
    more = len(row["recipients"]) - SHOWN_RECIPIENTS
    return f" and {more} more" if more > 0 else ""


# --- the story -------------------------------------------------------------------------------------------------------


def _print_stories(rows: Sequence[dict[str, Any]]) -> None:
    for number, row in enumerate(rows):
        if number:
            console.print()
        console.print(Text(row["id"], style="bold"), soft_wrap=True)
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(no_wrap=True, style="dim")
        grid.add_column(overflow="fold")
        for at, lines in sorted(_events(row), key=lambda event: event[0]):
            for place, line in enumerate(line for line in lines if line):
                grid.add_row(moment(at) if not place else "", safe(line) if isinstance(line, str) else line)
        for place, state in enumerate(_states(row)):
            grid.add_row("" if place else "now", safe(state))
        console.print(grid)


def _events(row: dict[str, Any]) -> Iterator[_Event]:
    """Yield what happened to a message; events of one time in the order in which they can have happened."""
    yield row["at"], _arrival(row)
    for notice in row["notices"]:
        whom = f"{notice['role']} {notice['person']}"
        yield (
            (notice["sent_at"], [f"notice sent to {whom}"])
            if notice["sent_at"]
            else (
                notice["queued_at"],
                [f"notice to {whom} waits"],
            )
        )
    for act in row["history"]:
        reason = f": {act['reason']}" if act["reason"] else ""
        yield act["at"], [f"{act['operation']} by {act['actor']}{_for(act['recipients'])}{reason}"]
    for end in row["outcomes"]:
        what = "relayed" if end["outcome"] == "relayed" else "given up"
        kept = f"; held as {end['held_as']}" if end["held_as"] else ""
        yield end["at"], [f"{what}{_for(end['recipients'])}: {end['reply']}{kept}"]


def _arrival(row: dict[str, Any]) -> list[str | Text]:
    monitored = row["monitored"]
    return [
        f"arrived from {row['client'] or 'an unnamed client'} at {row['listener']}, {size(row['bytes'])}",
        f"logged in as {row['login']}" if row["login"] else "",
        one_line(row["message_id"]),
        f"<{row['from']}> to",
        *(f"  {r['address']}: {r['action']}" for r in row["recipients"][:SHOWN_RECIPIENTS]),
        f" {_more(row)}" if _more(row) else "",
        *(f"found {code}" for code in row["codes"] if code not in monitored),
        *(f"found {code}; in monitor: would be {action}" for code, action in monitored.items()),
        f"answered {row['reply']}",
    ]


def _for(recipients: Sequence[str]) -> str:
    return f" for {', '.join(recipients)}" if recipients else ""


def _states(row: dict[str, Any]) -> Iterator[str]:
    """Yield what isn't at its end: copies in the outbox, held copies, an entry in the bin, the wait for an answer."""
    for copies in row["queued"]:
        tries = "1 attempt" if copies["attempts"] == 1 else f"{copies['attempts']} attempts"
        said = f", the last one answered {copies['last_reply']}" if copies["last_reply"] else ""
        next_one = f"the next at {moment(copies['next_attempt_at'])}"
        yield f"queued{_for(copies['recipients'])} after {tries}{said}; {next_one}"
    for entry in filter(None, (row["held"], *row["undelivered"])):
        yield from _entry_state(entry)
    if row["receipt_due_at"]:
        yield f"waits for an answer until {moment(row['receipt_due_at'])}; then its sender is reminded"


def _entry_state(entry: dict[str, Any]) -> Iterator[str]:
    if entry["deleted_at"]:
        yield f"in the bin since {moment(entry['deleted_at'])}"
    elif held := [one["address"] for one in entry["copies"] if one["state"] == "held"]:
        more = f" and {len(held) - SHOWN_RECIPIENTS} more" if len(held) > SHOWN_RECIPIENTS else ""
        about = [
            f"held for {', '.join(held[:SHOWN_RECIPIENTS])}{more}",
            f"assigned to {entry['assigned_to']}" if entry["assigned_to"] else "",
            f"kept until {moment(entry['keep_until'])}" if entry["keep_until"] else "",
        ]
        yield "; ".join(filter(None, about))
