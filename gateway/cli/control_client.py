"""The commands' control client: it asks the running gateway over the control socket, else the store directly."""

from __future__ import annotations

import asyncio
import grp
import os
import stat
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn, Protocol, TypeVar

import typer

from gateway import app
from gateway.cli.output import show_times_in
from gateway.contract import Actor, Refused
from gateway.directory.compiled import DirectoryUnavailable
from gateway.log import configure
from gateway.operations.control import EVERY_ROLE, SOCKET_NAME, NotRunning, ask, user_name
from gateway.operations.dispatch import Operations
from gateway.remember.database.errors import SchemaOutdated, StoreUnavailable
from gateway.settings import ConfigurationError, Problem, Settings, data_dir_of, timezone_of
from gateway.settings.files import file_in_the_way

#: Exit codes: 0 done; 1 the gateway refused, or the configuration has mistakes; 2 unusable input.
REFUSED = 1
UNUSABLE = 2

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        envvar="MAILWARDEN_CONFIG",
        help="The configuration. Default: config/gateway.yaml, else /etc/mailwarden/gateway.yaml.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")]


T = TypeVar("T")


def fail(sentence: str, code: int = REFUSED) -> NoReturn:
    """Print a sentence on standard error, and exit."""
    typer.echo(sentence, err=True)
    raise typer.Exit(code)


def config_path(given: Path | None) -> Path:
    if given is not None:
        return given
    found = next((path for path in app.CONFIG_FILES if path.exists()), None)
    if found is None:
        fail(
            f"no configuration: neither {' nor '.join(map(str, app.CONFIG_FILES))} is there; name one with --config, "
            "or write one: `mailwarden init`",
            UNUSABLE,
        )
    return found


def settings_of(given: Path | None, *, without: Collection[str] = ()) -> Settings:
    configure("human", "warning", to=sys.stderr)  # standard output is for the answer alone
    try:
        return app.read_settings(config_path(given), without=without)
    except ConfigurationError as error:
        fail(str(error))


def looked_over(given: Path | None) -> tuple[Settings, Sequence[Problem]]:
    """Return the settings, and remarks that are worth a look."""
    configure("human", "warning", to=sys.stderr)
    try:
        return app.look_over(config_path(given))
    except ConfigurationError as error:
        fail(str(error))


def operate(given: Path | None, do: str, **arguments: Any) -> Any:
    """Return the result of one operation of the running gateway, which alone must be able to read every key.

    If no gateway is running, work on the store directly. Exit with code 1 where there is no result.
    """
    return result_or_exit(given, do, arguments, REFUSED)


def result_or_exit(given: Path | None, do: str, arguments: dict[str, Any], failure: int) -> Any:
    """Return the result as `operate`, or exit with the code `failure`."""
    (done,) = operate_each(given, do, [arguments], failure)
    if isinstance(done, Refused):
        fail(str(done), failure)
    return done


def operate_each(given: Path | None, do: str, each: Sequence[Mapping[str, Any]], failure: int = REFUSED) -> list[Any]:
    """Return the results of one operation with several arguments, one after the other; a refusal as a `Refused`."""

    async def all_of_them(asked: Ask) -> list[Any]:
        return [await _outcome(asked, do, arguments) for arguments in each]

    return with_desk(given, all_of_them, failure)


def with_desk(given: Path | None, work: Callable[[Ask], Awaitable[T]], failure: int = REFUSED) -> T:
    """Return the result of work that asks the gateway; exit with a sentence where it can't be asked at all."""
    configure("human", "warning", to=sys.stderr)  # standard output is for the answer alone
    path = config_path(given)
    show_times_in(timezone_of(path))
    try:
        return asyncio.run(_at_desk(path, work))
    except (StoreUnavailable, SchemaOutdated, DirectoryUnavailable, Refused) as error:
        fail(str(error), failure)
    except ConfigurationError as error:
        fail(f"{error}\nNo gateway runs that could be asked, and without one the configuration must be right.", failure)
    except PermissionError:
        fail(_closed(data_dir_of(path)), failure)


async def _at_desk(path: Path, work: Callable[[Ask], Awaitable[T]]) -> T:
    async with desk(path) as asked:
        return await work(asked)


async def _outcome(asked: Ask, do: str, arguments: Mapping[str, Any]) -> Any:
    try:
        return await asked(do, **arguments)
    except Refused as refusal:
        return refusal


class Ask(Protocol):
    """One operation of the gateway: `await ask("quarantine.note", id=…, text=…)`. Raises Refused."""

    async def __call__(self, do: str, /, **arguments: Any) -> Any: ...


@asynccontextmanager
async def desk(path: Path) -> AsyncIterator[Ask]:
    """Yield a way to ask the running gateway, or to work on the store directly where none is running.

    The store is opened when it is first needed, and once. Raises what `ask` and the opening raise.
    """
    direct: list[Operations] = []
    async with AsyncExitStack() as opened:

        async def asked(do: str, /, **arguments: Any) -> Any:
            try:
                return await ask(data_dir_of(path), do, arguments)
            except NotRunning:
                if not direct:
                    direct.append(await opened.enter_async_context(_directly(app.read_settings(path))))
            return await direct[0].do(
                do, Actor(f"{user_name(os.getuid())} (no gateway running)", EVERY_ROLE, 0), arguments
            )

        yield asked


def _closed(data_dir: Path) -> str:
    """Return a sentence about what keeps this user from the control socket, its group, and the way to join it.

    The socket has the group of the gateway's process, which may be another than that of a folder above it.
    """
    path = data_dir / SOCKET_NAME
    # What lies in a folder that is closed can't be looked at: the first one from the top is in the way.
    wall = next((folder for folder in reversed(path.parents) if not os.access(folder, os.X_OK)), path)
    try:
        found = wall.stat()
        group = grp.getgrgid(found.st_gid)
    except (OSError, KeyError):
        return f"you may not use {path}: only its owner, its group and root may, and they need a way into its folder"
    user, name = user_name(os.getuid()), group.gr_name
    said = f"you may not use {path}: {wall} is for its owner, its group {name} and root alone; "
    if found.st_gid == 0:  # nobody should be added to root's group
        return f"{said}the gateway should run as a user of its own, with a group of its own (docs/deploy.md)"
    if wall != path and not found.st_mode & stat.S_IXGRP:
        return (
            f"{said}`chmod g+x {wall}` by root lets the group in, which its mode {found.st_mode & 0o777:04o} does not"
        )
    if user in group.gr_mem:
        return f"{said}you are in it, but this session is older: log in again, or `newgrp {name}`"
    return f"{said}`usermod -aG {name} {user}` by root adds you to it at your next login{_other_group(wall, path)}"


def _other_group(wall: Path, socket: Path) -> str:
    """Return a remark where the socket is the wall, and has another group than its folder, which is mostly named."""
    folder = socket.parent
    number = folder.stat().st_gid
    if wall != socket or number == socket.stat().st_gid:
        return ""
    try:
        name = grp.getgrgid(number).gr_name
    except KeyError:
        name = str(number)
    return f" (the group {name} of {folder} doesn't count here: the socket has the group that the gateway runs with)"


@asynccontextmanager
async def _directly(settings: Settings) -> AsyncIterator[Operations]:
    """Yield the operations on the store itself, for root or the store's owner, without a gateway; it is recorded."""
    if not settings.data_dir.exists() and not file_in_the_way(settings.data_dir):
        raise Refused(f"there is no store yet: {settings.data_dir} does not exist; `mailwarden serve` makes it")
    if settings.data_dir.is_dir() and os.geteuid() not in (0, settings.data_dir.stat().st_uid):
        raise Refused("no gateway is running; without it only root or the store's owner may work on the store")
    store = await app.open_store(settings, create=False)
    try:
        parts = app.build(settings, store, quiet=True)
        keeper = app.build_keeper(parts)
        try:
            yield Operations(parts, app.build_release(parts, keeper), keeper)
        finally:
            await parts.relay.close()
            await parts.pool.close()
            parts.journal.close()
    finally:
        await store.close()
