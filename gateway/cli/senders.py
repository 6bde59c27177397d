"""`mailwarden quarantine block | allow | senders`: rules about senders of held mail, shown before they count."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.control_client import operate
from gateway.cli.decisions import ReasonOption, reason_for
from gateway.cli.options import UNUSABLE, ConfigOption, JsonOption, fail
from gateway.cli.output import json_lines, table
from gateway.cli.quarantine import Id
from gateway.smtp.reply import printable

YesOption = Annotated[bool, typer.Option("--yes", help="Do it without a question.")]


def block(
    id: Id,
    reason: ReasonOption = "",
    domain: Annotated[bool, typer.Option("--domain", help="Block all of the sender's domain.")] = False,
    yes: YesOption = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Hold all further mail from the author of a held message. Shows the rule first."""
    _add(config, "block", id, reason, domain=domain, yes=yes, json=json)


def allow(
    id: Id,
    reason: ReasonOption = "",
    yes: YesOption = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Waive the findings that hold a message in further mail from its sender, if proven. Shows the rule first."""
    _add(config, "allow", id, reason, domain=False, yes=yes, json=json)


def senders(
    remove: Annotated[str, typer.Option(metavar="SENDER", help="Remove the rules about this address or @domain.")] = "",
    reason: ReasonOption = "",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List the senders that reviewers have blocked or allowed, or remove the rules about one."""
    if remove:
        done = operate(config, "senders.remove", sender=remove, reason=reason_for(config, reason))
        _told(done, [f"{len(done['removed'])} removed: {remove}."], json=json)
        return
    rows = operate(config, "senders.list")
    if json:
        json_lines(rows)
        return
    cells = [
        (r["block"] or r["allow"], "blocked" if r["block"] else r["codes"], r["by"], r["at"], r["reason"]) for r in rows
    ]
    table(("Sender", "What", "By", "Since", "Reason"), cells, "No sender is blocked or allowed.", whole={"Sender"})


#: The commands of this module, in the order of the help.
def _add(config: Path | None, rule: str, id: str, reason: str, *, domain: bool, yes: bool, json: bool) -> None:
    """Say what the rules do, ask for the reason, show the rules as they will stand in the file, and make them."""
    about = {"id": id, "rule": rule, "domain": domain}
    shown = operate(config, "senders.propose", **about, reason=reason)
    if not json:
        typer.echo(printable(shown["sentence"]))
    why = reason_for(config, reason)
    if why != reason:
        shown = operate(config, "senders.propose", **about, reason=why)
    if not json:
        typer.echo(f"Into {shown['file']}:")
        for line in shown["snippet"].splitlines():
            typer.echo(printable(line))
    if not yes:
        if not sys.stdin.isatty():
            fail("nothing was written: --yes does it without a question", UNUSABLE)
        typer.confirm("Do it?", abort=True)
    done = operate(config, "senders.add", **about, reason=why)
    _told(done, ["Done."], json=json)


def _told(done: dict[str, Any], lines: Iterable[str], *, json: bool) -> None:
    if json:
        json_lines([done])
        return
    for line in (*lines, *done["reload"]):
        typer.echo(printable(line))
