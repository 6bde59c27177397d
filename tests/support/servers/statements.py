"""SQL statements that are compiled once for all stores of a process: SQLAlchemy compiles them for each engine anew."""

from __future__ import annotations

from typing import Any

from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.remember.database import database


class Statements(dict[Any, Any]):
    """Compiled statements, by kind of database instead of by engine."""

    def get(self, key: Any, default: Any = None) -> Any:
        dialect, *rest = key
        return super().get((type(dialect), *rest), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        dialect, *rest = key
        super().__setitem__((type(dialect), *rest), compiled)


def compile_once() -> None:
    """Compile a statement only once in this process, whatever store it is for."""
    create, statements = database.create_async_engine, Statements()

    def create_engine(url: URL, *, execution_options: dict[str, Any], **arguments: Any) -> AsyncEngine:
        return create(url, execution_options={**execution_options, "compiled_cache": statements}, **arguments)

    vars(database)["create_async_engine"] = create_engine
