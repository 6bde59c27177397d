"""The program's commands by their words, each with the module that is imported when somebody asks for it.

To import all of them takes a second of processor time, and most commands only ask the gateway a question. Commands of
filters stand behind our own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

from filters import COMMANDS as OF_FILTERS
from gateway.cli.collector import collector_off

#: Words of a command -> its module, and its function or group there; in the order of the help. Groups without commands
#: here hold their own.
COMMANDS: Mapping[str, str] = {
    "init": "gateway.cli.local.init.command:init",
    "serve": "gateway.cli.local.serve:serve",
    "check": "gateway.cli.local.check:check",
    "explain": "gateway.cli.local.explain:explain",
    "try": "gateway.cli.local.backtest:backtest",
    "trace": "gateway.cli.trace:trace",
    "status": "gateway.cli.service:status",
    "reload": "gateway.cli.service:reload",
    "purge": "gateway.cli.service:purge",
    "quarantine": "gateway.cli.quarantine:group",
    "quarantine list": "gateway.cli.quarantine:list_held",
    "quarantine review": "gateway.cli.quarantine:review",
    "quarantine show": "gateway.cli.quarantine:show",
    "quarantine read": "gateway.cli.quarantine:read",
    "quarantine export": "gateway.cli.quarantine:export",
    "quarantine release": "gateway.cli.decisions:release",
    "quarantine approve": "gateway.cli.decisions:approve",
    "quarantine refuse": "gateway.cli.decisions:refuse",
    "quarantine delete": "gateway.cli.decisions:delete",
    "quarantine restore": "gateway.cli.decisions:restore",
    "quarantine note": "gateway.cli.decisions:note",
    "quarantine assign": "gateway.cli.decisions:assign",
    "quarantine extend": "gateway.cli.decisions:extend",
    "quarantine block": "gateway.cli.senders:block",
    "quarantine allow": "gateway.cli.senders:allow",
    "quarantine senders": "gateway.cli.senders:senders",
    "directory": "gateway.cli.local.directory:group",
    "audit": "gateway.cli.audit:group",
    "audit list": "gateway.cli.audit:list_acts",
    "audit verify": "gateway.cli.audit_verify:verify",
    "audit key": "gateway.cli.audit:print_key",
    "journal": "gateway.cli.journal:group",
    "journal find": "gateway.cli.journal:find",
    "journal resend": "gateway.cli.journal:resend",
    "journal export": "gateway.cli.journal:export",
    "journal keygen": "gateway.cli.local.journal_key:keygen",
    "report": "gateway.cli.report:group",
    "backup": "gateway.cli.local.backup:backup",
    "restore": "gateway.cli.local.backup:restore",
    "db": "gateway.cli.local.database:group",
    "dkim": "gateway.cli.local.dkim:group",
    "password": "gateway.cli.local.password:password",
}


PROGRAM = "mailwarden"


class Menu(TyperGroup):
    """The program, or a group of it, whose commands are imported when somebody asks for them."""

    def __init__(self, *, name: str, commands: Mapping[str, Any], **more: Any) -> None:
        super().__init__(name=name, **more)
        self.commands = Lazy("" if name == PROGRAM else f"{name} ", commands)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take `mailwarden help COMMAND` for `mailwarden COMMAND --help`."""
        is_help = self.name == PROGRAM and args[:1] == ["help"]
        return super().parse_args(ctx, [*args[1:], "--help"] if is_help else args)

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names alone; Typer's own function would load every command."""
        return list(self.commands)


class Lazy(MutableMapping[str, Any]):
    """Commands by the last of their words. One that was given counts before ours, and ours before a filter's."""

    def __init__(self, above: str, given: Mapping[str, Any]) -> None:
        self._loaded = dict(given)
        ours, of_filters = _below(above, COMMANDS), _below(above, OF_FILTERS)
        self._modules = {**of_filters, **ours}
        self._names = dict.fromkeys((*given, *ours, *of_filters))

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            self._loaded[name] = _loaded(name, self._modules[name])
        return self._loaded[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._loaded[name] = command
        self._names[name] = None

    def __delitem__(self, name: str) -> None:
        del self._names[name]
        self._loaded.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names


def _below(above: str, commands: Mapping[str, str]) -> dict[str, str]:
    """Return the commands that have one word more than `above`, by that word."""
    names = {words.removeprefix(above): words for words in commands if words.startswith(above)}
    return {name: commands[words] for name, words in names.items() if " " not in name}


def _loaded(name: str, place: str) -> Any:
    """Return the command or group at a place, `module:function`, or in a filter's module with its `group`."""
    module, _, attribute = place.partition(":")
    with collector_off():
        found = getattr(import_module(module), attribute or "group")
        if isinstance(found, typer.Typer):
            group = get_group(found)
            return group if attribute or name not in group.commands else group.commands[name]
        alone = typer.Typer(add_completion=False, rich_markup_mode=None)
        alone.command(name)(found)
        return get_command(alone)
