"""The operations on the store itself, where no gateway is running; `cli.desk` loads this module only then."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from gateway import app
from gateway.assemble.store import is_made, open_store, store_at
from gateway.contract import Actor
from gateway.control.refusal import NoAnswer, Refused
from gateway.control.users import user_name
from gateway.directory.compiled import DirectoryUnavailable
from gateway.log.output import configure
from gateway.operations.control import EVERY_ROLE
from gateway.operations.dispatch import Operations
from gateway.remember.database.errors import SchemaOutdated, StoreUnavailable
from gateway.settings.files import file_in_the_way
from gateway.settings.models import Settings
from gateway.settings.yaml.problems import ConfigurationError


class StoreOperations:
    """`await operations(do, **arguments)` on the store. Raises Refused, and NoAnswer where the store gives none."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    async def __call__(self, do: str, /, **arguments: Any) -> Any:
        actor = Actor(f"{user_name(os.getuid())} (no gateway running)", EVERY_ROLE, 0)
        try:
            return await self._operations.do(do, actor, arguments)
        except (StoreUnavailable, SchemaOutdated, DirectoryUnavailable) as error:
            raise NoAnswer(str(error)) from error


@asynccontextmanager
async def store_operations(path: Path) -> AsyncIterator[StoreOperations]:
    """Yield the operations on the store, for root or the store's owner; each is recorded. Raises as they do."""
    configure("human", "warning", to=sys.stderr)  # standard output is for the answer alone
    try:
        settings = app.read_settings(path)
    except ConfigurationError as error:
        sentence = "No gateway runs that could be asked, and without one the configuration must be right."
        raise NoAnswer(f"{error}\n{sentence}") from error
    _refuse_others(settings)
    try:
        if settings.data_dir.is_dir() and not is_made(store_at(settings)):
            made = "`mailwarden serve` makes an empty one; where there was one, restore it from the backup"
            raise Refused(f"there is no store at {settings.store}: {made}")
        store = await open_store(settings, create=False)
    except (StoreUnavailable, SchemaOutdated) as error:
        raise NoAnswer(str(error)) from error
    try:
        try:
            parts = app.build(settings, store, quiet=True)
            keeper = app.build_keeper(parts)
            operations = Operations(parts, app.build_release(parts, keeper), keeper)
        except (DirectoryUnavailable, ConfigurationError) as error:
            raise NoAnswer(str(error)) from error
        try:
            yield StoreOperations(operations)
        finally:
            await parts.relay.close()
            await parts.pool.close()
            await parts.language_model.close()
            parts.journal.close()
    finally:
        await store.close()


def _refuse_others(settings: Settings) -> None:
    """Raise Refused where there is no store yet, and for users whom it doesn't belong to."""
    if not settings.data_dir.exists() and not file_in_the_way(settings.data_dir):
        raise Refused(f"there is no store yet: {settings.data_dir} does not exist; `mailwarden serve` makes it")
    if settings.data_dir.is_dir() and os.geteuid() not in (0, settings.data_dir.stat().st_uid):
        raise Refused("no gateway is running; without it only root or the store's owner may work on the store")
