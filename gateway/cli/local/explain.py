"""`mailwarden explain`: the reasons why a message would be, or was, relayed, amended, held or refused."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.progress import track
from rich.text import Text

from gateway.cli.control_client import operate
from gateway.cli.local.configured import settings_of
from gateway.cli.local.edits import in_words
from gateway.cli.new_files import write_new
from gateway.cli.options import UNUSABLE, ConfigOption, JsonOption, fail
from gateway.cli.output import console, facts, finding, heading, json_lines, one_line, size, table
from gateway.control.arguments import may_be_id
from gateway.control.reasons import says_something
from gateway.control.vocabulary import SEVERITY
from gateway.directory.compiled import DirectoryUnavailable
from gateway.operations.explain import Assumed, Explained, Explainer, Source, Unusable, explaining, sources
from gateway.settings.models import Settings
from gateway.settings.yaml.problems import ConfigurationError

#: A finding of which only the code is on record.
_UNKNOWN: dict[str, Any] = {
    **dict.fromkeys(("filter", "code", "summary")),
    "evidence": [],
    **dict.fromkeys(("part", "recipients", "action", "mode", "clause", "config")),
}

#: Settings that are not read: the command needs no keys, and a reviewer need not be able to read them.
KEYS = ("dkim", "arc", "journal")

#: Number of messages from which on a progress bar is shown.
PROGRESS_FROM = 50


def explain(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH… | ID", help="Files, folders (*.eml), mboxes, `-`, or a (cut) id."),
    ],
    config: ConfigOption = None,
    json: JsonOption = False,
    sender: Annotated[str | None, typer.Option("--from", help="Reverse-path. Default: Return-Path, else From.")] = None,
    to: Annotated[list[str] | None, typer.Option(help="Recipient; may be repeated. Default: To and Cc.")] = None,
    direction: Annotated[
        Literal["inbound", "outbound", "internal"] | None, typer.Option(help="Default: decided by our domains.")
    ] = None,
    render: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Also write each message as it would be relayed, in all versions."),
    ] = None,
    reason: Annotated[str, typer.Option(help="Your reason to look into a held message, which is put on record.")] = "",
) -> None:
    """Show every filter's findings for a message, with evidence, action and the configuration's line that chose it.

    Sends nothing and changes nothing. Exit code 0 whatever it finds, 2 on unusable input.
    """
    if _is_id(paths):
        _explain_id(config, paths[0], reason, json)
        return
    settings = settings_of(config, without=KEYS)
    assumed = Assumed(sender, tuple(to or ()), direction)
    try:
        if render:
            render.mkdir(parents=True, exist_ok=True)
        asyncio.run(_explain_all(settings, _found(paths, json), assumed, json, render))
    except Unusable as error:
        fail(str(error), UNUSABLE)
    except (DirectoryUnavailable, ConfigurationError) as error:
        fail(str(error))
    except FileExistsError as error:
        fail(f"--render: {error.filename} is there already, and nothing is written over it", UNUSABLE)
    except OSError as error:
        fail(f"--render {render}: {error.strerror}", UNUSABLE)


def _found(paths: Sequence[str], quiet: bool) -> Iterable[Source]:
    found = [source for path in paths for source in sources(path)]
    if not found:
        raise Unusable(f"no mail in {', '.join(paths)}: files, folders with *.eml, mboxes or - are read")
    if len(found) < PROGRESS_FROM or quiet or not sys.stderr.isatty():
        return found
    return track(found, "Explaining", console=type(console)(stderr=True))


async def _explain_all(
    settings: Settings, found: Iterable[Source], assumed: Assumed, json: bool, render: Path | None
) -> None:
    actions: Counter[str] = Counter()
    names: set[str] = set()
    async with explaining(settings) as explainer:
        async for source, explained in _explained(explainer, found, assumed):
            actions[explained.report["action"]] += 1
            if json:
                json_lines([explained.report])
            else:
                _print(explained.report)
            written = _write(source.name, explained, render, names) if render else []
            if written and not json:
                heading("Written")
                facts(written)
    if actions.total() > 1 and not json:
        heading(f"{actions.total()} messages: {', '.join(f'{n} {action}' for action, n in actions.most_common())}")


async def _explained(
    explainer: Explainer, found: Iterable[Source], assumed: Assumed
) -> AsyncIterator[tuple[Source, Explained]]:
    for source in found:
        yield source, await explainer.explain(source, assumed)


def _write(source: str, explained: Explained, folder: Path, names: set[str]) -> list[tuple[str, list[str]]]:
    """Write each version into a file of its own; return the files and their recipients. Raises FileExistsError."""
    written = []
    for content, recipients in explained.rendered.items():
        file = folder / f"{_name(source, names)}.eml"
        write_new(file, content)
        written.append((str(file), [f"for {recipient}" for recipient in recipients]))
    return written


def _name(source: str, names: set[str]) -> str:
    """Return a file name from the source's name, never a path. A name in `names`, of this run, gets a number."""
    stem = Path(source).name.removesuffix(".eml") if source != "-" else "stdin"
    name, number = stem, 2
    while name in names:
        name, number = f"{stem}-{number}", number + 1
    names.add(name)
    return name


# --- by id -----------------------------------------------------------------------------------------------------------


def _is_id(paths: Sequence[str]) -> bool:
    """Return whether the argument is an id, or the beginning of one, and not a file."""
    return len(paths) == 1 and may_be_id(paths[0]) and not Path(paths[0]).exists()


def _explain_id(config: Path | None, id: str, reason: str, json: bool) -> None:
    held = operate(config, "held", id=id)
    if held and any(c["state"] == "held" for c in held["copies"]):
        if not says_something(reason):
            fail("this message is held: --reason must say why you look into it; it is put on record", UNUSABLE)
        report = operate(config, "quarantine.explain", id=held["id"], reason=reason)
    else:
        report = _recorded(config, id, held)
    if json:
        json_lines([report])
    else:
        _print(report)


def _recorded(config: Path | None, id: str, held: dict[str, Any] | None) -> dict[str, Any]:
    """Return a report from the records of a message whose content is not stored any more."""
    rows = operate(config, "trace", words=[id], limit=1)["rows"]
    if not rows:
        fail(f"{id}: neither a file nor the id of a message on record", UNUSABLE)
    row = rows[0]
    directions = {r["direction"] for r in row["recipients"]}
    return {
        "path": id,
        "id": held["id"] if held else row["id"],
        "direction": directions.pop() if len(directions) == 1 else "mixed",
        "from": row["from"],
        "recipients": row["recipients"],
        "action": max((r["action"] for r in row["recipients"]), key=SEVERITY.index, default="none"),
        "findings": held["findings"] if held else [_recorded_finding(row, code) for code in row["codes"]],
        "parts": [],
        "edits": held["edits"] if held else [],
        "ms": round(sum(row["ms"].values()), 1),
        "notes": [],
    }


def _recorded_finding(row: dict[str, Any], code: str) -> dict[str, Any]:
    """Return a finding of which only the code is on record, and of a filter in monitor what it would have done."""
    monitored = row["monitored"]
    return _UNKNOWN | {"code": code} | ({"mode": "monitor", "action": monitored[code]} if code in monitored else {})


# --- for people ------------------------------------------------------------------------------------------------------


def _print(report: dict[str, Any]) -> None:
    heading(f"{report['path']}: {report['action']}")
    facts(
        {
            "direction": report["direction"],
            "from": f"<{report['from']}>",
            "id": report["id"],
            "language model": _language_model(report.get("language_model")),
        }
    )
    rows = [(r["address"], r["direction"], r["action"]) for r in report["recipients"]]
    table(("Recipient", "Direction", "Action"), rows, whole={"Direction", "Action"})
    for note in report["notes"]:
        console.print(Text(f"Note: {note}", style="yellow"))
    if not report["findings"]:
        console.print("No filter found anything.")
    for found in report["findings"]:
        finding(found)
    if report["parts"]:
        heading("Parts")
        table(("Part", "Type", "Names", "Size", "Defects"), map(_part, report["parts"]), whole={"Part", "Size"})
    if report["edits"]:
        heading("Edits")
        for edit in report["edits"]:
            console.print(one_line(in_words(edit)))


def _language_model(account: dict[str, Any] | None) -> str:
    """Return the language model's part in a message in a line: its state, its time and the weights that it adds."""
    if account is None:
        return ""
    if account["state"] != "read":
        return f"{account['state']} ({account['why']})"
    weights = ", ".join(f"{rule} {weight or 0:+g}" for rule, weight in account["weights"].items())
    return f"read, {account['ms']:.0f} ms: {weights}"


def _part(p: dict[str, Any]) -> tuple[object, ...]:
    true_type = "" if p["true_type"] in (None, p["type"]) else f"in truth {p['true_type']}"
    return (p["path"], [p["type"], true_type], p["names"], size(p["bytes"]), [d["code"] for d in p["defects"]])
