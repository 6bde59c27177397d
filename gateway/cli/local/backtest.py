"""`mailwarden try`: the difference that a changed configuration would have made to mail of the past."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from gateway.assemble.store import open_store
from gateway.cli.desk import Ask, with_desk
from gateway.cli.local.configured import settings_of
from gateway.cli.local.explain import KEYS
from gateway.cli.options import UNUSABLE, ConfigOption, JsonOption, fail
from gateway.cli.output import console, entries, heading, json_lines, moment, safe, table
from gateway.cli.since import SINCE_HELP, since_text
from gateway.directory.compiled import DirectoryUnavailable
from gateway.operations.backtest.messages import Candidate, Messages, in_files, in_journal, in_quarantine
from gateway.operations.backtest.outcomes import CHANGES, Change, Compared, by_code, numbers
from gateway.operations.backtest.trial import Trial, compare_all, with_directory
from gateway.operations.explain import Unusable
from gateway.remember.database.errors import SchemaOutdated, StoreUnavailable
from gateway.settings.models import Settings
from gateway.settings.yaml.problems import ConfigurationError

#: Time of the held and relayed mail that is tried, where neither --since nor FILES are given.
HELD_SINCE = "7d"
#: Messages that are listed for each change; `--json` has them all.
LISTED = 50


@dataclass(slots=True)
class _Result:
    """The messages that were tried, and those that could not be."""

    compared: list[Compared] = field(default_factory=list)
    left_out: list[Candidate] = field(default_factory=list)

    def add(self, one: Compared | Candidate) -> None:
        if isinstance(one, Compared):
            self.compared.append(one)
        else:
            self.left_out.append(one)


def backtest(
    changed: Annotated[Path, typer.Argument(metavar="CONFIG", help="The changed configuration.")],
    files: Annotated[
        list[str] | None, typer.Argument(metavar="[FILES]…", help="Files, folders (*.eml), mboxes or `-`.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            help=f"Mail that was held or, with a journal, relayed since then: {SINCE_HELP}. "
            f"Default: {HELD_SINCE}, none with FILES."
        ),
    ] = None,
    processes: Annotated[int | None, typer.Option(min=1, max=256, help="Default: one for each core.")] = None,
    reason: Annotated[str, typer.Option(help="Goes on record with each held message that is tried.")] = "",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Run the running and a changed configuration over mail of the past; show what the change would hold or let pass.

    Nothing is sent, counted or learned. Held mail is tried whatever became of it, and mail of the journal where it is
    on; that needs the role `investigator`.
    """
    running = settings_of(config, without=KEYS)
    other = settings_of(changed, without=KEYS)
    if kept := running.restart_keys(other):
        typer.echo(f"Tried as it is now, since a change of it needs a restart: {', '.join(kept)}.", err=True)
    trial = Trial(running, running.taking_over(other), uses_store=_may_open_store(running))
    held_since = since_text(HELD_SINCE if since is None else since) if since is not None or not files else None
    said = reason or f"try of {changed.name}"
    most = processes or os.cpu_count() or 1

    async def work(asks: Ask) -> _Result:
        found = [in_files(files)] if files else []
        if held_since:
            found.append(await in_quarantine(asks, held_since, said))
            found.append(await in_journal(asks, held_since, said))
        if not any(one.number for one in found):
            since = f" since {moment(held_since)}" if held_since else ""
            raise Unusable(f"no message was held or kept{since}: give an earlier --since, or FILES")
        return await _try(trial, found, most, shows=not json)

    try:
        result = with_desk(config, work)
    except Unusable as error:
        fail(str(error), UNUSABLE)
    except (OSError, ConfigurationError, DirectoryUnavailable, StoreUnavailable, SchemaOutdated) as error:
        fail(str(error))
    for one in result.left_out:
        typer.echo(safe(f"{one.name} was not tried: {one.left_out}").plain, err=True)
    if not result.compared:
        fail("no message could be tried", UNUSABLE)
    if json:
        json_lines([*map(_as_json, result.compared), {"messages": numbers(result.compared)}])
    else:
        _show(result, trial)


def _may_open_store(settings: Settings) -> bool:
    """Return whether the user is root or the store's owner, who may ask the memories of the store."""
    folder = settings.data_dir
    return folder.is_dir() and os.geteuid() in (0, folder.stat().st_uid)


async def _try(trial: Trial, found: Sequence[Messages], processes: int, *, shows: bool) -> _Result:
    """Return all messages under both configurations."""
    result, number = _Result(), sum(one.number for one in found)
    with tempfile.TemporaryDirectory(prefix="mailwarden-try-") as folder, _progress(number, shows=shows) as step:
        await _prove_store(trial)
        async for one in compare_all(await _with_directory(trial, Path(folder)), _each(found), min(processes, number)):
            result.add(one)
            step()
    result.compared.sort(key=lambda one: one.name)
    return result


async def _prove_store(trial: Trial) -> None:
    """Raise what opening the store raises, before any process is started."""
    if trial.uses_store:
        store = await open_store(trial.running, create=False)
        await store.close()


async def _with_directory(trial: Trial, folder: Path) -> Trial:
    try:
        return await with_directory(trial, folder)
    except ConfigurationError as error:  # of the changed configuration's CSV files
        fail(str(error))


async def _each(found: Sequence[Messages]) -> AsyncIterator[Candidate]:
    for messages in found:
        async for candidate in messages.each:
            yield candidate


@contextmanager
def _progress(number: int, *, shows: bool) -> Iterator[Callable[[], None]]:
    """Yield a function that moves the progress bar on; there is none without a terminal."""
    if not shows or not sys.stderr.isatty():
        yield lambda: None
        return
    columns = (TextColumn("Trying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=number)
        yield lambda: bar.advance(task)


# --- for people ------------------------------------------------------------------------------------------------------


def _show(result: _Result, trial: Trial) -> None:
    compared = result.compared
    counted = numbers(compared)
    heading(f"Tried {len(compared):,} message{'' if len(compared) == 1 else 's'}")
    table(("Change", "Messages"), [(change, f"{number:,}") for change, number in counted.items()])
    rows = [
        (code, f"{of.running:,}", f"{of.changed:,}", f"{of.newly_held:,}", f"{of.no_longer_held:,}")
        for code, of in by_code(compared).items()
    ]
    if rows:
        heading("Held, by code")
        table(("Code", "Running", "Changed", "Newly held", "No longer"), rows, whole={"Running", "Changed"})
    for change in CHANGES[:-1]:
        _list(change, [one for one in compared if one.change == change])
    if not trial.uses_store:
        note = "The memories of the store were not asked: under both configurations every sender is a stranger."
        console.print(Text(f"\n{note} root and the user of the gateway may ask them.", style="yellow"))


def _list(change: Change, compared: Sequence[Compared]) -> None:
    """List the messages with this change. Of mail that is labelled personal nothing but the id is shown."""
    if not compared:
        return
    heading(change.capitalize())
    entries(((one.name, _lines(one)) for one in compared[:LISTED]), "")
    if len(compared) > LISTED:
        console.print(f"{len(compared) - LISTED:,} more: --json has them all.", markup=False)


def _lines(one: Compared) -> list[str]:
    """Return the sender, and what each configuration does, by which codes."""
    running, changed = (
        f"{outcome.action} ({', '.join(outcome.codes)})" if outcome.codes else outcome.action
        for outcome in (one.running, one.changed)
    )
    sender = "labelled personal" if one.is_personal else f"from <{one.sender}>"
    return [f"{sender}, {one.direction}", f"{running} \N{RIGHTWARDS ARROW} {changed}"]


def _as_json(one: Compared) -> dict[str, Any]:
    return {
        "message": one.name,
        "change": one.change,
        "direction": one.direction,
        "from": None if one.is_personal else one.sender,
        "labelled_personal": one.is_personal,
        "running": {"action": one.running.action, "codes": list(one.running.codes)},
        "changed": {"action": one.changed.action, "codes": list(one.changed.codes)},
    }
