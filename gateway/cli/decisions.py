"""`mailwarden quarantine release | approve | refuse | delete | restore | note | assign | extend`.

Each takes several ids, ids from standard input, or the filters of `list`; one command is one process.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.control_client import operate, operate_each
from gateway.cli.options import REFUSED, UNUSABLE, ConfigOption, JsonOption, fail
from gateway.cli.output import json_lines, moment
from gateway.cli.quarantine import any_of
from gateway.cli.selection import of_messages
from gateway.control.reasons import says_something
from gateway.control.refusal import Refused
from gateway.smtp.reply import printable

RecipientOption = Annotated[list[str] | None, typer.Option(help="Only this recipient's copy; may be repeated.")]
AccountOption = Annotated[
    list[str] | None,
    typer.Option(metavar="HANDLE", help="Of several accounts this one, as `show` has it, or `all`; may be repeated."),
]
ReasonOption = Annotated[
    str, typer.Option(help="Why; it is put on record. At a terminal it is asked for, with `reasons:` to choose from.")
]


class How(StrEnum):
    """Ways in which a person verified a message."""

    IN_PERSON = "in-person"
    TELEPHONE = "telephone"


@of_messages("Release")
def release(
    ids: list[str],
    reason: ReasonOption = "",
    infected: Annotated[
        bool, typer.Option("--infected", help="Though a virus was found in it. Needs --reason.")
    ] = False,
    recipient: RecipientOption = None,
    asked: Annotated[
        bool, typer.Option("--asked", help="Only the copies that somebody has asked for. Needs no --reason.")
    ] = False,
    verified_by: Annotated[str, typer.Option(help="Who has verified a change of payment details.")] = "",
    how: Annotated[How | None, typer.Option(help="How it was verified.")] = None,
    contact: Annotated[
        str, typer.Option(help="Whom they asked, or the number that they had before the message came and called.")
    ] = "",
    account: AccountOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Send held messages on. Each is checked again first: a virus, or anything new, stops it and is named."""
    if infected and not says_something(reason):
        fail("--infected needs --reason", UNUSABLE)
    said = {"by": verified_by, "how": how.value if how else "", "contact": contact}
    if any(said.values()) and not all(map(says_something, said.values())):
        fail("--verified-by, --how and --contact belong together", UNUSABLE)
    if account and not any(said.values()):
        fail("--account says which one was verified: it goes with --verified-by, --how and --contact", UNUSABLE)
    more = {"infected": infected, "recipients": recipient or [], "asked": asked, "accounts": account or []}
    more |= {"verification": said} if all(said.values()) else {}
    is_enough = asked and not recipient and not infected  # the request is the reason
    why = reason if is_enough else reason_for(config, reason)
    _each(config, "quarantine.release", ids, more | {"reason": why}, _released, json=json)


@of_messages("Approve")
def approve(
    ids: list[str],
    reason: ReasonOption = "",
    recipient: RecipientOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Let messages go that somebody else has released and that need two people. Each is checked again first."""
    more = {"recipients": recipient or [], "reason": reason_for(config, reason)}
    _each(config, "quarantine.approve", ids, more, _released, json=json)


@of_messages("Refuse the requests for")
def refuse(
    ids: list[str],
    answer: Annotated[str, typer.Option(help="The sentence for whoever has asked.")] = "",
    person: Annotated[list[str] | None, typer.Option(help="Only the request of this person; may be repeated.")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Refuse to release what people have asked for. They get the answer by mail; the messages stay held."""
    if not says_something(answer):
        fail("--answer must say something: it is sent to whoever has asked", UNUSABLE)
    _each(config, "quarantine.refuse", ids, {"answer": answer, "persons": person or []}, _refused, json=json)


@of_messages("Delete")
def delete(
    ids: list[str],
    reason: ReasonOption = "",
    fraud: Annotated[
        bool, typer.Option("--fraud", help="It is one: block the accounts and senders in it from now on.")
    ] = False,
    account: AccountOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Put held messages into the bin. `restore` takes them out again, until `retention.bin_days` have passed."""
    if account and not fraud:
        fail("--account says what is blocked: it goes with --fraud", UNUSABLE)
    more = {"fraud": fraud, "accounts": account or [], "reason": reason_for(config, reason)}
    _each(config, "quarantine.delete", ids, more, _deleted, json=json)


@of_messages("Restore", state="deleted")
def restore(
    ids: list[str],
    reason: ReasonOption = "",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Take messages out of the bin: they are held again."""
    _each(config, "quarantine.restore", ids, {"reason": reason_for(config, reason)}, _restored, json=json)


@of_messages("Put a note to")
def note(
    ids: list[str],
    text: Annotated[str, typer.Option("--text", help="The note; whoever reads the message sees it.")] = "",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Put a note about messages on record."""
    if not says_something(text):
        fail("--text must say something", UNUSABLE)
    _each(config, "quarantine.note", ids, {"text": text}, lambda d: [f"{d['id']}: the note is on record."], json=json)


@of_messages("Assign")
def assign(
    ids: list[str],
    whom: Annotated[str, typer.Option("--whom", help="A reviewer's name; `me`; `nobody`.")] = "me",
    text: Annotated[str, typer.Option("--note", help="A note for whoever gets it.")] = "",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Give messages into a reviewer's hands, with a note."""
    more = {"to": "" if whom == "nobody" else whom, "note": text}
    _each(config, "quarantine.assign", ids, more, _assigned, json=json)


@of_messages("Keep longer")
def extend(
    ids: list[str],
    days: Annotated[int, typer.Option(min=1, max=365, help="From now.")] = 30,
    reason: ReasonOption = "",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Keep messages longer than their retention."""
    more = {"days": days, "reason": reason_for(config, reason)}
    _each(
        config, "quarantine.extend", ids, more, lambda d: [f"{d['id']} is kept until {moment(d['until'])}."], json=json
    )


#: The commands of this module, in the order of the help.
# --- one operation for each message ----------------------------------------------------------------------------------


def _each(
    config: Path | None,
    do: str,
    ids: Sequence[str],
    arguments: dict[str, Any],
    told: Callable[[Any], Iterable[str]],
    *,
    json: bool,
) -> None:
    """Carry out an operation on each message and say what became of it; exit with 1 if any was refused."""
    outcomes = operate_each(config, do, [{"id": id, **arguments} for id in ids])
    refused = 0
    for id, outcome in zip(ids, outcomes, strict=True):
        if isinstance(outcome, Refused):
            refused += 1
            said = printable(str(outcome))
            typer.echo(f"{id}: {said}" if len(ids) > 1 else said, err=True)
        elif json:
            json_lines([outcome])
        else:
            for line in told(outcome):
                typer.echo(line)
    if len(ids) > 1 and not json:
        typer.echo(f"{len(ids) - refused} of {len(ids)} done" + (f", {refused} refused." if refused else "."))
    if refused:
        raise typer.Exit(REFUSED)


def reason_for(config: Path | None, given: str) -> str:
    """Return the reason; at a terminal a missing one is asked for, with those of `reasons:` to choose from."""
    if says_something(given):
        return given
    if not sys.stdin.isatty():
        fail("--reason must say why", UNUSABLE)
    offered: list[str] = operate(config, "quarantine.reasons")
    for number, one in enumerate(offered, 1):
        typer.echo(f"{number:>3}  {one}", err=True)
    said: str = typer.prompt("Reason (a number, or your own words)", err=True)
    if said.isdecimal() and 0 < int(said) <= len(offered):
        return offered[int(said) - 1]
    if not says_something(said):
        fail("a reason must say why", UNUSABLE)
    return said


# --- what became of it -----------------------------------------------------------------------------------------------


def _released(done: dict[str, Any]) -> Iterable[str]:
    released = f"{done['id']} released for {', '.join(done['recipients'])}"
    if "approvers" in done:
        yield f"{released} by you; it waits for an approver: {any_of(done['approvers'])}."
        yield from (f"Then verified: {one['kind']} {one['handle']}." for one in done["verified"])
        return
    where = (
        "delivered to the next hop" if done["delivered"] else "in the outbox; it is tried again until it is delivered"
    )
    yield f"{released}: {where}."
    yield from (f"Verified: {one['kind']} {one['handle']}." for one in done["verified"])


def _deleted(done: dict[str, Any]) -> Iterable[str]:
    yield f"{done['id']} deleted; `mailwarden quarantine restore` takes it out of the bin for {done['bin_days']} days."
    yield from (f"Blocked: {one['kind']} {one['what']}." for one in done.get("blocked", ()))
    for one in done.get("not_blocked", ()):
        yield f"Not blocked: {one['kind']} {one['what']}: {one['why']}."
    if done.get("not_blocked"):
        yield "Block other accounts and addresses of the thief by `mailwarden payments block`."


def _refused(done: dict[str, Any]) -> Iterable[str]:
    yield f"{done['id']} stays held; the answer goes to {', '.join(done['refused'])}."


def _restored(done: dict[str, Any]) -> Iterable[str]:
    yield f"{done['id']} is held again for {', '.join(done['recipients']) or 'nobody: its copies were released'}."
    yield from (
        f"Still blocked by its report as fraud: {one['kind']} {one['what']}." for one in done.get("blocked", ())
    )
    if done.get("blocked"):
        yield "An administrator lifts a block by `mailwarden payments unblock`; until then nothing of it is released."


def _assigned(done: dict[str, Any]) -> Iterable[str]:
    yield f"{done['id']} is assigned to {done['assigned_to'] or 'nobody'}."
