"""`mailwarden payments list | import | block | unblock | forget | history`: the ledger of payment accounts."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli import UNUSABLE, ConfigOption, JsonOption, fail, json_lines, moment, operate, table

group = typer.Typer(help="The ledger of payment accounts.", no_args_is_help=True, rich_markup_mode=None)

#: Rows in one request, which may have a megabyte. Each row has a name and an account, 1.5 KiB as JSON at the most.
BATCH_ROWS = 500
COLUMNS = ("counterparty", "account")
#: Separators of columns, and their names. If several would fit the first line, the first of them counts.
SEPARATORS = {"\t": "tabs", ";": "semicolons", ",": "commas"}

ReasonOption = Annotated[str, typer.Option(help="Your reason, which is put on record.")]
LimitOption = Annotated[int, typer.Option(min=1, max=100_000, help="Print at most so many.")]
AccountOption = Annotated[str, typer.Option(help="Only this account.")]
Counterparty = Annotated[str, typer.Argument(metavar="COUNTERPARTY", help="A domain; for free mail the address.")]
Blocked = Annotated[str, typer.Argument(metavar="ACCOUNT|ADDRESS|@DOMAIN", help="An account number or a sender.")]


@group.command("list")
def list_accounts(
    counterparty: Annotated[str, typer.Argument(metavar="[COUNTERPARTY]", help="Default: all.")] = "",
    blocked: Annotated[bool, typer.Option("--blocked", help="List blocked accounts and senders instead.")] = False,
    account: AccountOption = "",
    limit: LimitOption = 1_000,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List the known accounts, without their numbers: the store has only hashes."""
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
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="CSV file of counterparty and account, separated by commas, semicolons or tabs."
        ),
    ],
    reason: ReasonOption = "import",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Enter accounts that somebody has verified, from a file of the accounts department.

    If the file has a mistake, no account is entered.
    """
    rows, separator = _read(file)
    _check(file, rows, config)
    total = {"entered": 0, "new": 0}
    try:
        for batch in _batches(rows):
            done = operate(config, "payments.import", rows=[row for _, row in batch], reason=reason)
            total = {key: total[key] + done[key] for key in total}
    except (typer.Exit, KeyboardInterrupt):
        if total["entered"]:
            said = f"{total['entered']} of {len(rows)} rows were entered before that and stay entered"
            typer.echo(f"{said}: import the same file again for the rest, it enters nothing twice.", err=True)
        raise
    if json:
        json_lines([total | {"separator": separator}])
    else:
        known = f"{total['new']} of them were not known before"
        typer.echo(f"{total['entered']} accounts entered as verified, columns separated by {separator}; {known}.")


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
        hint = "; the accounts of a business are kept under its domain" if "@" in counterparty else ""
        fail(f"no such account is known from {counterparty}{hint}")
    typer.echo(f"{gone} accounts of {counterparty} forgotten.")


@group.command()
def history(config: ConfigOption = None, json: JsonOption = False) -> None:
    """List imports, blocks and removals: when, by whom, and why."""
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

#: Line number, and counterparty and account as written.
Row = tuple[int, list[str]]


def _read(file: Path) -> tuple[list[Row], str]:
    """Return the rows, each with two fields, and the separator's name; on a mistake print every mistake, and exit."""
    try:
        text = file.read_text("utf-8-sig")
        separator = _separator(text)
        rows = list(_rows(text, separator))
    except OSError as error:
        fail(f"{file}: {error.strerror}", UNUSABLE)
    except UnicodeDecodeError:
        fail(f"{file}: not UTF-8", UNUSABLE)
    except csv.Error as error:
        fail(f"{file}:{error}", UNUSABLE)
    if not rows:
        fail(f"{file}: no row with counterparty and account", UNUSABLE)
    return rows, SEPARATORS[separator]


def _check(file: Path, rows: Sequence[Row], config: Path | None) -> None:
    """Exit with every mistake, by file and line. Only the gateway knows our own domains and free mail."""
    whole = [row for row in rows if _is_whole(row[1])]
    wrong = {line: "a counterparty and an account are expected" for line, fields in rows if not _is_whole(fields)}
    for batch in _batches(whole):
        found = operate(config, "payments.check", rows=[fields for _, fields in batch])
        wrong |= {batch[number][0]: sentence for number, sentence in found}
    if wrong:
        fail("\n".join(f"{file}:{line}: {wrong[line]}" for line in sorted(wrong)), UNUSABLE)


def _batches(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    yield from (rows[start : start + BATCH_ROWS] for start in range(0, len(rows), BATCH_ROWS))


def _separator(text: str) -> str:
    """Return the separator by the first line that isn't blank: it parts the named columns, or else two columns."""
    first = next(filter(str.strip, text.splitlines()), "")
    parted = {one: _fields(first, one) for one in SEPARATORS}
    named = (one for one, fields in parted.items() if set(COLUMNS) <= {field.lower() for field in fields})
    return next(named, next((one for one, fields in parted.items() if len(fields) == len(COLUMNS)), ","))


def _fields(line: str, separator: str) -> list[str]:
    return [field.strip() for fields in csv.reader([line], delimiter=separator) for field in fields]


def _rows(text: str, separator: str) -> Iterator[Row]:
    """Yield line and fields of each row that isn't blank. A first row with the columns' names gives their places."""
    reader = csv.reader(text.splitlines(), delimiter=separator, strict=True)
    at: Sequence[int] | None = None
    first = True
    try:
        for fields in reader:
            row = [field.strip() for field in fields]
            named = [field.lower() for field in row]
            if not any(row):
                continue
            if first and set(COLUMNS) <= set(named):
                at = [named.index(column) for column in COLUMNS]
            else:
                yield reader.line_num, [row[n] if n < len(row) else "" for n in at] if at else row
            first = False
    except csv.Error as error:
        raise csv.Error(f"{reader.line_num}: {error}") from error


def _is_whole(fields: Sequence[str]) -> bool:
    return len(fields) == len(COLUMNS) and all(fields)
