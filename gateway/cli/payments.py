"""`mailwarden payments list | import | block | unblock | forget | history`: the ledger of payment accounts."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.asking import UNUSABLE, ConfigOption, JsonOption, fail, operate
from gateway.cli.output import json_lines, moment, table
from gateway.payments import Unreadable, read_account, read_counterparty

group = typer.Typer(help="Which accounts are known from whom.", no_args_is_help=True, rich_markup_mode=None)

#: Rows in one question, which may have a megabyte: each row has a name and an account, 1.5 KiB as JSON at the most.
BATCH_ROWS = 500
COLUMNS = ("counterparty", "account")

ReasonOption = Annotated[str, typer.Option(help="Why; it is put on record.")]
LimitOption = Annotated[int, typer.Option(min=1, max=100_000, help="So many at most.")]
AccountOption = Annotated[str, typer.Option(help="This account alone.")]
Counterparty = Annotated[str, typer.Argument(metavar="COUNTERPARTY", help="A domain; of free mail the address.")]
Blocked = Annotated[str, typer.Argument(metavar="ACCOUNT|ADDRESS|@DOMAIN", help="An account number or a sender.")]


@group.command("list")
def list_accounts(
    counterparty: Annotated[str, typer.Argument(metavar="[COUNTERPARTY]", help="Default: all.")] = "",
    blocked: Annotated[bool, typer.Option("--blocked", help="What is blocked, instead.")] = False,
    account: AccountOption = "",
    limit: LimitOption = 1_000,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """The accounts that are known, without their numbers: the store has only hashes."""
    if blocked:
        rows = operate(config, "payments.blocked", limit=limit)
    else:
        rows = operate(config, "payments.list", counterparty=counterparty, account=account, limit=limit)
    if json:
        json_lines(rows)
    elif blocked:
        lines = [(r["handle"], r["kind"], moment(r["at"]), r["actor"], [r["reason"], r["mail_id"]]) for r in rows]
        table(("Handle", "What", "When", "Who", "Why"), lines, "Nothing is blocked.", whole={"Handle"})
    else:
        names = ("Counterparty", "Account", "First", "Last", "Dates", "Standing")
        table(names, [_in_short(r) for r in rows], "No account is known.", whole={"Account"})
    if len(rows) == limit:
        typer.echo(f"{limit} are shown; --limit shows more.", err=True)


@group.command("import")
def import_accounts(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV: counterparty, account.")],
    reason: ReasonOption = "import",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Enter accounts that somebody has verified, as the accounts department has them; with a mistake in it, none."""
    rows = _read(file)
    total = {"entered": 0, "new": 0}
    for start in range(0, len(rows), BATCH_ROWS):
        done = operate(config, "payments.import", rows=rows[start : start + BATCH_ROWS], reason=reason)
        total = {key: total[key] + done[key] for key in total}
    if json:
        json_lines([total])
    else:
        typer.echo(f"{total['entered']} accounts entered as verified; {total['new']} of them were not known before.")


@group.command()
def block(what: Blocked, reason: ReasonOption, config: ConfigOption = None) -> None:
    """Hold every message from now on that names this account or comes from this sender."""
    new = operate(config, "payments.block", what=what, reason=reason)
    typer.echo(f"{what} is blocked{'' if new else ' already'}.")


@group.command()
def unblock(what: Blocked, reason: ReasonOption, config: ConfigOption = None) -> None:
    """Lift a block."""
    if not operate(config, "payments.unblock", what=what, reason=reason):
        fail(f"{what} is not blocked")
    typer.echo(f"{what} is not blocked any more.")


@group.command()
def forget(
    counterparty: Counterparty, reason: ReasonOption, account: AccountOption = "", config: ConfigOption = None
) -> None:
    """Remove a counterparty's accounts, or one of them."""
    gone = operate(config, "payments.forget", counterparty=counterparty, account=account, reason=reason)
    if not gone:
        fail(f"no such account is known from {counterparty}")
    typer.echo(f"{gone} accounts of {counterparty} forgotten.")


@group.command()
def history(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Who imported, blocked or forgot what, and why."""
    rows: list[dict[str, Any]] = operate(config, "payments.history")
    if json:
        json_lines(rows)
        return
    lines = [(moment(r["at"]), r["actor"], r["operation"], [*r["about"], r["reason"]]) for r in rows]
    table(("When", "Who", "What", "Why"), lines, "Nothing is on record.", whole={"When"})


def _in_short(r: dict[str, Any]) -> list[object]:
    standing = "verified" if r["verified"] else "steady" if r["steady"] else "seen"
    name = r["name"] or f"(hash {r['counterparty']})"
    return [name, f"{r['kind']} {r['account']}", r["first"][:10], r["last"][:10], r["dates"], standing]


# --- the file --------------------------------------------------------------------------------------------------------


def _read(file: Path) -> list[tuple[str, str]]:
    """The rows, all of them right; else every mistake with file and line, and the end."""
    try:
        text = file.read_text("utf-8-sig")
        rows = list(_rows(text))
    except OSError as error:
        fail(f"{file}: {error.strerror}", UNUSABLE)
    except UnicodeDecodeError:
        fail(f"{file}: not UTF-8", UNUSABLE)
    except csv.Error as error:
        fail(f"{file}:{error}", UNUSABLE)
    if not rows:
        fail(f"{file}: no row with counterparty and account", UNUSABLE)
    mistakes = [f"{file}:{line}: {sentence}" for line, row in rows if (sentence := _mistake(row))]
    if mistakes:
        fail("\n".join(mistakes), UNUSABLE)
    return [(read_counterparty(row[0]), row[1]) for _, row in rows]


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Line and fields of each row that isn't blank; a first row that names the columns says where they are."""
    first = text.partition("\n")[0]
    reader = csv.reader(text.splitlines(), delimiter=";" if ";" in first and "," not in first else ",", strict=True)
    at: Sequence[int] | None = None
    try:
        for number, fields in enumerate(reader):
            row = [field.strip() for field in fields]
            named = [field.lower() for field in row]
            if number == 0 and set(COLUMNS) <= set(named):
                at = [named.index(column) for column in COLUMNS]
            elif any(row):
                yield reader.line_num, [row[n] if n < len(row) else "" for n in at] if at else row
    except csv.Error as error:
        raise csv.Error(f"{reader.line_num}: {error}") from error


def _mistake(row: Sequence[str]) -> str:
    """What is wrong with a row, in a sentence; "" = nothing."""
    if len(row) != len(COLUMNS) or not all(row):
        return "a counterparty and an account are expected"
    try:
        read_counterparty(row[0])
        read_account(row[1])
    except Unreadable as error:
        return str(error)
    return ""
