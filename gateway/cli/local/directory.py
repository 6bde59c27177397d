"""`mailwarden directory check | import | show`: our people, their groups and the distribution lists."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.assemble.services import build_directory
from gateway.cli.local.configured import settings_of
from gateway.cli.options import UNUSABLE, ConfigOption, JsonOption, fail
from gateway.cli.output import console, facts, heading, json_lines, safe
from gateway.directory.compiled import DirectoryUnavailable
from gateway.directory.describe import described, notes
from gateway.directory.ldap import LdapUnavailable
from gateway.directory.sources import Gathered, gather, refresh, stale_sentence
from gateway.services.clock import SystemClock
from gateway.settings.models import Settings
from gateway.settings.yaml.problems import ConfigurationError

group = typer.Typer(help="Our people, their groups and lists.", no_args_is_help=True, rich_markup_mode=None)

#: Settings that are not read: these commands need no keys, and their users need not be able to read them.
KEYS = ("dkim", "arc", "journal")
#: Sentences of one kind that are shown; `--json` has all.
SHOWN = 20
#: Members of a list that are shown.
SHOWN_MEMBERS = 50


@group.command()
def check(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Read every source of the directory and report mistakes. Exit code 1 on mistakes; changes nothing."""
    settings = settings_of(config, without=KEYS)
    gathered = _gathered(settings)
    directory = gathered.directory(settings)
    worth = notes(directory)
    counted = {"people": len(directory.people), "lists": len(directory.lists), "groups": len(gathered.group_names)}
    if json:
        json_lines([{**counted, "left_out": gathered.left_out, "worth_a_look": worth}])
        return
    facts(counted)
    _few("Left out", gathered.left_out)
    _few("Worth a look", worth)
    console.print("\nThe directory is fine." if not gathered.left_out else "\nThe rest of the directory is fine.")


@group.command("import")
def import_directory(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Compile the directory from its sources now. A running gateway takes it over within a second."""
    settings = settings_of(config, without=KEYS)
    if not settings.directory.is_compiled:
        fail("the directory is in the YAML alone, where `mailwarden reload` takes it from: there is nothing to import")
    if not settings.data_dir.is_dir():
        fail(f"there is no {settings.data_dir} yet; `mailwarden serve` makes it, and imports the directory")
    now = SystemClock().now()
    try:
        state = refresh(settings, now, force=True)
    except (ConfigurationError, DirectoryUnavailable) as error:
        fail(str(error))
    if sentence := stale_sentence(state, now):
        fail(sentence)
    if json:
        json_lines([{"people": state.people, "lists": state.lists, "left_out": state.left_out}])
        return
    typer.echo(f"{state.people} people and {state.lists} lists.")
    if state.left_out:
        typer.echo(f"{state.left_out} values or entries don't fit and are left out: `mailwarden directory check`.")


@group.command()
def show(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="The address of a person or a list.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show the entry at an address: a person, a list, or the groups that name it."""
    settings = settings_of(config, without=KEYS)
    try:
        directory = build_directory(settings)
    except (ConfigurationError, DirectoryUnavailable) as error:
        fail(str(error))
    found = described(directory, address)
    if found is None:
        fail(f"the directory has nothing at {address}", UNUSABLE if "@" not in address else 1)
    if json:
        json_lines([found])
        return
    facts((name.replace("_", " "), _cell(name, value)) for name, value in found.items())


def _gathered(settings: Settings) -> Gathered:
    try:
        return gather(settings)
    except (ConfigurationError, LdapUnavailable) as error:
        fail(str(error))


def _few(title: str, sentences: list[str]) -> None:
    if sentences:
        heading(title)
    for sentence in sentences[:SHOWN]:
        console.print(safe(sentence))
    if len(sentences) > SHOWN:
        console.print(f"and {len(sentences) - SHOWN} more: `--json` shows all.", markup=False)


#: Meaning of None, by its key.
_UNSET = {"writers": "all of ours", "reply_all": "as the filter audience says"}


def _cell(name: str, value: object) -> object:
    if isinstance(value, list) and len(value) > SHOWN_MEMBERS:
        return [*value[:SHOWN_MEMBERS], f"and {len(value) - SHOWN_MEMBERS} more"]
    return _UNSET[name] if value is None else value
