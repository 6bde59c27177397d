"""The commands' way to the gateway: a question over the control socket, else the store directly.

A running gateway is asked with little more than the standard library loaded, so that a command starts quickly.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from gateway.cli.options import REFUSED, config_path, fail, places_of, way_in
from gateway.control.client import NotRunning, ask
from gateway.control.refusal import Refused


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
    path = config_path(given)
    data_dir = places_of(path).data_dir
    done: list[Any] = []
    try:
        done.extend(_outcome(data_dir, do, arguments) for arguments in each)
    except NotRunning:
        desk = import_module("gateway.cli.desk")  # only here: an event loop and the store are slow to load
        return done + list(desk.with_desk(given, lambda asked: _all_of(asked, do, each[len(done) :]), failure))
    except PermissionError:
        fail(way_in(data_dir), failure)
    return done


def _outcome(data_dir: Path, do: str, arguments: Mapping[str, Any]) -> Any:
    try:
        return ask(data_dir, do, dict(arguments))
    except Refused as refusal:
        return refusal


async def _all_of(asked: Callable[..., Awaitable[Any]], do: str, each: Sequence[Mapping[str, Any]]) -> list[Any]:
    done: list[Any] = []
    for arguments in each:
        try:
            done.append(await asked(do, **arguments))
        except Refused as refusal:
            done.append(refusal)
    return done
