"""One way to the gateway for work in an event loop: the reviewers' screen, `try`, and every command without a gateway.

`control_client.operate` is quicker for single questions, since it needs no event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, TypeVar

from gateway.cli.options import REFUSED, config_path, fail, places_of, way_in
from gateway.control.async_client import ask
from gateway.control.client import NotRunning
from gateway.control.refusal import NoAnswer, Refused

T = TypeVar("T")


class Ask(Protocol):
    """One operation of the gateway: `await ask("quarantine.note", id=…, text=…)`. Raises Refused and NoAnswer."""

    async def __call__(self, do: str, /, **arguments: Any) -> Any: ...


def with_desk(given: Path | None, work: Callable[[Ask], Awaitable[T]], failure: int = REFUSED) -> T:
    """Return the result of work that asks the gateway; exit with a sentence where it can't be asked at all."""
    path = config_path(given)
    data_dir = places_of(path).data_dir
    try:
        return asyncio.run(_at_desk(path, work))
    except (NoAnswer, Refused) as error:
        fail(str(error), failure)
    except PermissionError:
        fail(way_in(data_dir), failure)


async def _at_desk(path: Path, work: Callable[[Ask], Awaitable[T]]) -> T:
    async with desk(path) as asked:
        return await work(asked)


@asynccontextmanager
async def desk(path: Path) -> AsyncIterator[Ask]:
    """Yield a way to ask the running gateway, or to work on the store directly where none is running.

    The store is opened when it is first needed, and once. Raises what `ask` and the opening raise.
    """
    direct: list[Ask] = []
    async with AsyncExitStack() as opened:

        async def asked(do: str, /, **arguments: Any) -> Any:
            try:
                return await ask(places_of(path).data_dir, do, arguments)
            except NotRunning:
                if not direct:
                    store = import_module("gateway.cli.local.store")  # only here: it loads the whole gateway
                    direct.append(await opened.enter_async_context(store.store_operations(path)))
            return await direct[0](do, **arguments)

        yield asked
