"""The program's commands, with the groups that filters contribute: their modules are imported when they are needed."""

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
        self.commands = Commands({**commands, **app.command_modules(), **commands})  # no filter replaces our own


class Commands(UserDict[str, Any]):
    """Commands by name. A name of a module becomes the module's `group` where somebody asks for the command."""

    def __getitem__(self, name: str) -> Any:
        found = super().__getitem__(name)
        if isinstance(found, str):
            found = self[name] = get_group(import_module(found).group)
        return found
