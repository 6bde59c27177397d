"""SQLite without its threads: a store that answers on the event loop's own."""

from __future__ import annotations

from asyncio import Future
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from aiosqlite import core


class _NoThread:
    daemon = True

    def __init__(self, **_: object) -> None:
        """Take what a thread would be given."""

    def start(self) -> None:
        """Start nothing."""


class _NoQueue:
    """A queue for a thread that does each piece of work as it is put in."""

    def put_nowait(self, work: tuple[Future[Any] | None, Callable[[], Any]]) -> None:
        future, function = work
        try:
            result = function()
        except BaseException as error:
            if future is None:
                raise
            future.set_exception(error)
        else:
            if future:
                future.set_result(result)


@contextmanager
def answers_at_once() -> Iterator[None]:
    """Open connections that hand no statement to a thread and back, which costs several times the statement.

    No two stores of a process may use one file then: where one waits for the other's lock, both stand still.
    """
    with patch.object(core, "Thread", _NoThread), patch.object(core, "SimpleQueue", _NoQueue):
        yield
