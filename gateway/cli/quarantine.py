"""`mailwarden quarantine list | show | read | export`; `decisions` has the commands that change something."""

from __future__ import annotations

import base64
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from gateway.cli.control_client import operate
from gateway.cli.menu import Menu
from gateway.cli.new_files import reserved
from gateway.cli.options import UNUSABLE, ConfigOption, JsonOption, fail
from gateway.cli.output import (
    console,
    entries,
    facts,
    finding,
    heading,
    json_lines,
    moment,
    one_line,
    safe,
    size,
    table,
)
from gateway.cli.reading import NO_HIT, as_read, one_line_each
from gateway.cli.selection import with_filters

group = typer.Typer(
    name="quarantine", cls=Menu, help="Messages that are held.", no_args_is_help=True, rich_markup_mode=None
)

Id = Annotated[str, typer.Argument(metavar="ID", help="As `quarantine list` shows it, or its beginning.")]


#: Recipients of one message that a list names; `show` and `--json` have all.
SHOWN_RECIPIENTS = 10


@with_filters
def list_held(
    filters: dict[str, Any],
    config: ConfigOption = None,
    json: JsonOption = False,
    long: Annotated[
        bool, typer.Option("--long", help="Several lines a message: all recipients, what it waits for.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="The newest so many.")] = 100,
    deleted: Annotated[bool, typer.Option("--deleted", help="What lies in the bin, instead.")] = False,
) -> None:
    """List held messages, newest first, a line each."""
    rows = operate(config, "quarantine.list", limit=limit, state="deleted" if deleted else "held", **filters)
    if json:
        json_lines(rows)
        return
    empty = NO_HIT if filters else "The bin is empty." if deleted else "Nothing is held."
    if long:
        entries(((r["id"], _in_short(r)) for r in rows), empty)
    else:
        one_line_each(rows, empty)
    if len(rows) == limit:
        typer.echo(f"The newest {limit} are shown; --limit shows more.", err=True)


@with_filters
def review(filters: dict[str, Any], config: ConfigOption = None) -> None:
    """Read and decide on held messages on a screen in the terminal; `?` shows its keys."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        fail("the screen needs a terminal; `mailwarden quarantine list` and `read` do without", UNUSABLE)
    screen = import_module("gateway.cli.review.screen")  # only here: it takes a third of a second
    screen.show(config, filters)


def show(
    id: Id,
    config: ConfigOption = None,
    json: JsonOption = False,
    reason: Annotated[str, typer.Option(help="Your reason to look, which is put on record.")] = "review",
) -> None:
    """Show one held message: envelope, findings with evidence, and what was done with it. Reading is on record."""
    entry = operate(config, "quarantine.show", id=id, reason=reason)
    if json:
        json_lines([entry])
    else:
        _print_entry(entry)


def read(
    id: Id,
    config: ConfigOption = None,
    json: JsonOption = False,
    reason: Annotated[str, typer.Option(help="Why you read it; mail that is labelled personal needs one.")] = "",
) -> None:
    """Show a held message for reading: why it is held, from whom it is, its text, its parts. Reading is on record."""
    done = operate(config, "quarantine.read", id=id, reason=reason)
    if json:
        json_lines([done])
    else:
        console.print(as_read(done))


def export(
    id: Id,
    reason: Annotated[str, typer.Option(help="Why you need it; it is put on record.")],
    to: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The message, or a part of it; only you can read the file.")
    ] = None,
    evidence: Annotated[
        Path | None,
        typer.Option(metavar="FILE.zip", help="The message with all that is on record of it, signed by the gateway."),
    ] = None,
    part: Annotated[str, typer.Option(metavar="PATH", help="Only this part, decoded, such as 1.2.")] = "",
    config: ConfigOption = None,
) -> None:
    """Write a held message, one of its parts, or evidence into a new file. For investigators; it is put on record."""
    file = to or evidence
    if file is None or (to and evidence) or (part and evidence):
        fail("where to? --to FILE (with --part PATH: a part), or --evidence FILE.zip", UNUSABLE)
    option = "--to" if to else "--evidence"
    with reserved(file, option) as write:  # before the export is on record
        if to:
            exported = operate(config, "quarantine.export", id=id, reason=reason, part=part)
        else:
            exported = operate(config, "quarantine.evidence", id=id, reason=reason)
        content = base64.b64decode(exported)
        write(content)
    typer.echo(f"{id}: {size(len(content))} in {file}.")


def _in_short(r: dict[str, Any]) -> list[str | Text]:
    """Return lines with sender, recipients, subject and codes of a held message."""
    together, waiting = _together(r, r["recipients"])
    copies = r["recipients"]
    states = [waiting.get(c["address"], "") if c["state"] == "held" else c["state"] for c in copies[:SHOWN_RECIPIENTS]]
    to = [c["address"] + (f" ({state})" if state else "") for c, state in zip(copies, states, strict=False)]
    to += [f"{len(copies) - SHOWN_RECIPIENTS} more"] if len(copies) > SHOWN_RECIPIENTS else []
    return [
        f"<{r['from']}> to {', '.join(to)}",
        *([together] if together else []),
        one_line(r["subject"] or "(no subject)"),
        *(asked_for(one) for one in r.get("requests", ())),
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
            "Login": e["client"].get("login", ""),
            "Size": size(e["bytes"]),
        }
    )
    heading("Copies")
    together, waiting = _together(e, e["copies"])
    signed = {w["address"] for w in e.get("waiting", ())}
    if together:
        typer.echo(together)
    copies = [
        (
            c["address"],
            c["direction"],
            [*_state(c), waiting.get(c["address"], ""), *(_first(c) if c["address"] in signed else ())],
            c["codes"],
        )
        for c in e["copies"]
    ]
    table(("Recipient", "Direction", "State", "Held for"), copies, whole={"Held for"})
    everybody = {c["address"] for c in e["copies"]}
    for f in e["findings"]:
        finding(f if set(f.get("recipients") or ()) < everybody else {**f, "recipients": None})
    if e["accounts"]:
        heading("Accounts")
        known = [(a["handle"], a["kind"], a["number"], _known(a)) for a in e["accounts"]]
        table(("Handle", "What", "Number", "Known"), known, whole={"Handle"})
    if e.get("requests"):
        heading("Requests")
        for one in e["requests"]:
            console.print(safe(asked_for(one)))
    heading("History")
    rows = [(moment(h["at"]), h["actor"], h["operation"], h["reason"]) for h in e["history"]]
    table(("When", "Who", "What", "Why"), rows, "nothing yet", whole={"When"})


def _known(a: dict[str, Any]) -> str:
    return f"{a['known']}, blocked" if a["blocked"] else str(a["known"])


def _state(c: dict[str, Any]) -> list[str]:
    by = f"by {c['changed_by']}" if c["changed_by"] else ""
    return [c["state"], by, c["reason"]]


def _first(c: dict[str, Any]) -> list[str]:
    """Return the statements of the first of two people, while these count."""
    v = c["signature"]["verification"]
    verified = f"verified by {v['by']}, {v['how']}: {v['contact']}" if v else ""
    accounts = f"of {', '.join(v['accounts'])}" if v and v["accounts"] else ""
    return [c["signature"]["reason"], verified, accounts]


def _together(r: dict[str, Any], copies: Sequence[dict[str, Any]]) -> tuple[str, dict[str, str]]:
    """Return one sentence if all held copies wait for the same; else a sentence for each copy, by its address."""
    waiting = _awaited(r)
    held = [waiting.get(c["address"], "") for c in copies if c["state"] == "held"]
    if len(held) > 1 and held[0] and len(set(held)) == 1:
        return f"each of {len(held)} held copies {held[0]}", {}
    return "", waiting


def _awaited(r: dict[str, Any]) -> dict[str, str]:
    """Return address -> the person that the copy waits for, and the time limit."""
    asked = r.get("waits_for_sender")
    until = f"waits for its sender until {moment(asked['until'])}" if asked else ""
    told = dict.fromkeys(asked["addresses"], until) if asked else {}
    return told | {w["address"]: _waiting(w) for w in r.get("waiting", ())}


def _waiting(w: dict[str, Any]) -> str:
    return f"released by {w['released_by']}, waits for {any_of(w['approvers'])} until {moment(w['until'])}"


def asked_for(request: dict[str, Any]) -> str:
    """Return a sentence about a request for a release: who asked, with which words, and the answer."""
    said = f": {' '.join(request['text'].split())}" if request["text"] else ""
    by = f"{request['state']} by {request['answered_by']}" if request["answered_by"] else "waits for an answer"
    answer = f": {request['answer']}" if request["answer"] else ""
    return f"asked for by {request['person']} at {moment(request['at'])}{said} ({by}{answer})"


def any_of(names: list[str]) -> str:
    return " or ".join(names) or "root"
