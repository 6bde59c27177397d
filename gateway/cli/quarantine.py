"""`mailwarden quarantine list | show | read | release | approve | delete`."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from gateway import app
from gateway.cli.control_client import UNUSABLE, ConfigOption, JsonOption, fail, operate
from gateway.cli.new_files import write_new
from gateway.cli.output import entries, facts, finding, heading, json_lines, moment, one_line, size, table
from gateway.cli.since import since_text
from gateway.contract import says_something
from gateway.settings.yaml.problems import nearest, shown

group = typer.Typer(help="Messages that are held.", no_args_is_help=True, rich_markup_mode=None)

Id = Annotated[str, typer.Argument(metavar="ID", help="The id that `quarantine list` and the notices show.")]
RecipientOption = Annotated[list[str] | None, typer.Option(help="Only this recipient's copy; may be repeated.")]


AccountOption = Annotated[
    list[str] | None,
    typer.Option(metavar="HANDLE", help="One of several accounts, by its handle in `show`, or `all`; may be repeated."),
]


#: Recipients of one message that a list names; `show` and `--json` have all.
SHOWN_RECIPIENTS = 10


class How(StrEnum):
    """Ways in which a person verified a message."""

    IN_PERSON = "in-person"
    TELEPHONE = "telephone"


@group.command("list")
def list_held(
    config: ConfigOption = None,
    json: JsonOption = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Print only so many, the newest ones.")] = 100,
    since: Annotated[str, typer.Option(help="Newer than this: 30m, 12h, 7d, or a date such as 2026-01-31.")] = "",
    code: Annotated[str, typer.Option(help="Held for this finding; `*` matches anything: `virus.*`.")] = "",
    sender: Annotated[str, typer.Option(help="From this address; `*@example.org` for a domain.")] = "",
    recipient: Annotated[str, typer.Option(help="For this address.")] = "",
) -> None:
    """List held messages, newest first."""
    _check_code(code)
    chosen = {"code": code or None, "sender": sender or None, "recipient": recipient or None}
    rows = operate(config, "quarantine.list", limit=limit, since=since_text(since) if since else None, **chosen)
    if json:
        json_lines(rows)
        return
    entries(((r["id"], _in_short(r)) for r in rows), "Nothing is held.")
    if len(rows) == limit:
        typer.echo(f"The newest {limit} are shown; --limit shows more.", err=True)


def _check_code(code: str) -> None:
    """Exit if no known code fits: a slip must not look like an empty quarantine."""
    known = app.known_codes()
    if code and not any(fnmatchcase(one, code) for one in known):
        meant = nearest(code, known)
        fail(f"--code: no finding is {shown(code)}" + (f" (did you mean {meant}?)" if meant else ""), UNUSABLE)


@group.command()
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


@group.command()
def read(
    id: Id,
    to: Annotated[Path, typer.Option(metavar="FILE", help="A new file, which only you can read.")],
    reason: Annotated[str, typer.Option(help="Your reason to read it, which is put on record.")],
    config: ConfigOption = None,
) -> None:
    """Write the whole of a held message into a new file. For investigators; reading is on record."""
    if to.is_symlink() or to.exists():
        fail(f"--to: {to} is there already, and nothing is written over it", UNUSABLE)
    content = base64.b64decode(operate(config, "quarantine.read", id=id, reason=reason))
    try:
        write_new(to, content)
    except OSError as error:
        fail(f"--to {to}: {error.strerror}", UNUSABLE)
    typer.echo(f"{id}: {size(len(content))} in {to}.")


@group.command()
def release(
    id: Id,
    reason: Annotated[str, typer.Option(help="Your reason, which is put on record.")] = "",
    infected: Annotated[
        bool, typer.Option("--infected", help="Release it although it has a virus. Needs --reason.")
    ] = False,
    recipient: RecipientOption = None,
    verified_by: Annotated[str, typer.Option(help="The person who has verified a change of payment details.")] = "",
    how: Annotated[How | None, typer.Option(help="How it was verified.")] = None,
    contact: Annotated[
        str,
        typer.Option(help="The person who was asked, or the number that was called, known before the message came."),
    ] = "",
    account: AccountOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Send a held message on. It is checked again first: a virus, or anything new, stops it and is named."""
    if infected and not says_something(reason):
        fail("--infected needs --reason", UNUSABLE)
    said = {"by": verified_by, "how": how.value if how else "", "contact": contact}
    if any(said.values()) and not all(map(says_something, said.values())):
        fail("--verified-by, --how and --contact belong together", UNUSABLE)
    if account and not any(said.values()):
        fail("--account says which one was verified: it goes with --verified-by, --how and --contact", UNUSABLE)
    done = operate(
        config,
        "quarantine.release",
        id=id,
        reason=reason,
        infected=infected,
        recipients=recipient or [],
        verification=said if all(said.values()) else None,
        accounts=account or [],
    )
    _print_release(id, done, json=json)


@group.command()
def approve(
    id: Id,
    reason: Annotated[str, typer.Option(help="Your reason, which is put on record.")],
    recipient: RecipientOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Let a message go that somebody else has released and that needs two people. It is checked again first."""
    if not says_something(reason):
        fail("--reason must say why", UNUSABLE)
    done = operate(config, "quarantine.approve", id=id, reason=reason, recipients=recipient or [])
    _print_release(id, done, json=json)


def _print_release(id: str, done: dict[str, Any], *, json: bool) -> None:
    if json:
        json_lines([done])
        return
    released = f"{id} released for {', '.join(done['recipients'])}"
    if "approvers" in done:
        typer.echo(f"{released} by you; it waits for an approver: {_any_of(done['approvers'])}.")
        _print_verified("Then verified", done)
        return
    where = (
        "delivered to the next hop" if done["delivered"] else "in the outbox; it is tried again until it is delivered"
    )
    typer.echo(f"{released}: {where}.")
    _print_verified("Verified", done)


def _print_verified(what: str, done: dict[str, Any]) -> None:
    for one in done["verified"]:
        typer.echo(f"{what}: {one['kind']} {one['handle']}.")


@group.command()
def delete(
    id: Id,
    reason: Annotated[str, typer.Option(help="Your reason, which is put on record.")],
    fraud: Annotated[
        bool, typer.Option("--fraud", help="Report a fraud: block its accounts and senders from now on.")
    ] = False,
    account: AccountOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Delete a held message's content. Findings and actions stay on record."""
    if not says_something(reason):
        fail("--reason must say why", UNUSABLE)
    if account and not fraud:
        fail("--account says what is blocked: it goes with --fraud", UNUSABLE)
    done = operate(config, "quarantine.delete", id=id, reason=reason, fraud=fraud, accounts=account or [])
    if json:
        json_lines([done])
        return
    typer.echo(f"{id} deleted.")
    for one in done.get("blocked", ()):
        typer.echo(f"Blocked: {one['kind']} {one['what']}.")
    for one in done.get("not_blocked", ()):
        typer.echo(f"Not blocked: {one['kind']} {one['what']}: {one['why']}.")
    if done.get("not_blocked"):
        typer.echo("Block other accounts and addresses of the thief by `mailwarden payments block`.")


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
    asked = r.get("waits_for_sender", {})
    told = dict.fromkeys(asked.get("addresses", ()), f"waits for its sender until {moment(asked.get('until', ''))}")
    return told | {w["address"]: _waiting(w) for w in r.get("waiting", ())}


def _waiting(w: dict[str, Any]) -> str:
    return f"released by {w['released_by']}, waits for {_any_of(w['approvers'])} until {moment(w['until'])}"


def _any_of(names: list[str]) -> str:
    return " or ".join(names) or "root"
