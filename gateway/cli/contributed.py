"""The program's commands, with those that filters contribute: their modules are imported when they are needed."""

from __future__ import annotations

from collections import UserDict
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from typer.core import TyperGroup
from typer.main import get_group

from gateway import app


class Group(TyperGroup):
    """The gateway's own commands, and behind them those of filters."""

    def __init__(self, *, commands: Mapping[str, Any], **more: Any) -> None:
        super().__init__(**more)
        contributed = {name: module for name, module in app.command_modules().items() if " " not in name}
        self.commands = Groups({**commands, **contributed, **commands})  # no filter replaces our own


class Groups(UserDict[str, Any]):
    """Commands by name. A name of a module becomes the module's `group` where somebody asks for the command."""

    def __getitem__(self, name: str) -> Any:
        found = super().__getitem__(name)
        if isinstance(found, str):
            found = self[name] = self._loaded(found, name)
        return found

    def _loaded(self, module: str, name: str) -> Any:
        return get_group(import_module(module).group)


class Subgroup(TyperGroup):
    """A group of the gateway's own, and behind its commands those that filters add to it: `report personal`."""

    def __init__(self, *, commands: Mapping[str, Any], **more: Any) -> None:
        super().__init__(**more)
        start, modules = f"{self.name} ", app.command_modules()
        contributed = {name.removeprefix(start): modules[name] for name in modules if name.startswith(start)}
        self.commands = Commands({**commands, **contributed, **commands})


class Commands(Groups):
    """Commands of one group by name. A name of a module becomes the command of that name in the module's `group`."""

    def _loaded(self, module: str, name: str) -> Any:
        return get_group(import_module(module).group).commands[name]
