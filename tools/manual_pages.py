"""Manual pages from the command line itself: one for `mailwarden`, one for each command and each group of commands.

Usage: `python tools/manual_pages.py FOLDER`. The date of the pages is SOURCE_DATE_EPOCH, or today.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from inspect import cleandoc
from pathlib import Path
from typing import Any

from typer import Context
from typer.main import get_command

from gateway.cli.main import cli

FILES = (
    ("/etc/mailwarden/gateway.yaml", "The configuration; the files that it names lie beside it."),
    ("/var/lib/mailwarden", "The data: store, control socket, secret.key."),
    ("/usr/share/doc/mailwarden", "All other documentation."),
)


def main(folder: Path) -> None:
    """Write all pages into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    program = get_command(cli)
    for name, command in (("mailwarden", program), *_commands(program)):
        (folder / f"{name.replace(' ', '-')}.1").write_text("\n".join(page(name, command)) + "\n", "utf-8")


def page(name: str, command: Any) -> Iterator[str]:
    """Yield the lines of one page; that of a group has all commands of the group."""
    title = name.replace(" ", "-")
    date = datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH") or datetime.now(UTC).timestamp()), UTC)
    yield f'.TH {_plain(title.upper())} 1 "{date:%Y-%m-%d}" "Mailwarden {version("mailwarden")}" "Mailwarden"'
    yield ".SH NAME"
    yield f"{_plain(title)} \\- {_plain(_short(command))}"
    yield ".SH SYNOPSIS"
    yield from _synopsis(name, command)
    yield ".SH DESCRIPTION"
    yield from _described(command)
    yield from _options("OPTIONS", command, name)
    inside = dict(_commands(command, name))
    if name == "mailwarden":
        yield ".SH COMMANDS"
        for one, its in inside.items():
            yield from (".TP", f"\\fB{_plain(one.replace(' ', '-'))}\\fR(1)", _plain(_short(its)))
        yield ".SH EXIT STATUS"
        yield "0: done. 1: refused, or the configuration has mistakes. 2: unusable input."
        yield ".SH FILES"
        for file, what in FILES:
            yield from (".TP", f"\\fI{_plain(file)}\\fR", _plain(what))
        return
    for one, its in inside.items():
        yield f".SH {_plain(one.removeprefix('mailwarden ').upper())}"
        yield from _synopsis(one, its)
        yield ".PP"
        yield from _described(its)
        yield from _options("", its, one)
    yield ".SH SEE ALSO"
    yield "\\fBmailwarden\\fR(1)"


def _commands(group: Any, above: str = "mailwarden") -> Iterator[tuple[str, Any]]:
    for name in sorted(getattr(group, "commands", {})):
        yield f"{above} {name}", group.commands[name]


def _synopsis(name: str, command: Any) -> Iterator[str]:
    pieces = command.collect_usage_pieces(Context(command, info_name=name))
    yield f"\\fB{_plain(name)}\\fR {_plain(' '.join(pieces))}"


def _short(command: Any) -> str:
    return str(command.get_short_help_str(limit=200)).rstrip(".")


def _described(command: Any) -> Iterator[str]:
    for number, paragraph in enumerate(cleandoc(command.help or "").split("\n\n")):
        if number:
            yield ".PP"
        yield _plain(" ".join(paragraph.split()))


def _options(title: str, command: Any, name: str) -> Iterator[str]:
    context = Context(command, info_name=name)
    records = [record for one in command.get_params(context) if (record := one.get_help_record(context))]
    if records and title:
        yield f".SH {title}"
    for option, text in records:
        yield from (".TP", f"\\fB{_plain(option)}\\fR", _plain(" ".join(text.split())))


def _plain(text: str) -> str:
    """Return text that roff prints as it is."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    return f"\\&{escaped}" if escaped.startswith(".") else escaped


def _run(arguments: Sequence[str]) -> None:
    if len(arguments) != 1:
        sys.exit("usage: tools/manual_pages.py FOLDER")
    main(Path(arguments[0]))


if __name__ == "__main__":
    _run(sys.argv[1:])
