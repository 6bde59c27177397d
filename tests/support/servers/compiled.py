"""Statements and templates that are compiled once in a process: SQLAlchemy and Jinja do so for each engine anew.

A kind of database is also asked only once what it can do.
"""

from __future__ import annotations

from types import CodeType
from typing import Any

from jinja2 import Environment
from sqlalchemy import URL, Connection
from sqlalchemy.dialects.postgresql.psycopg import PGDialectAsync_psycopg
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
from sqlalchemy.engine.default import DefaultDialect
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
    """Compile a statement or a template only once in this process, whatever store or environment it is for."""
    create, statements = database.create_async_engine, Statements()

    def create_engine(url: URL, *, execution_options: dict[str, Any], **arguments: Any) -> AsyncEngine:
        return create(url, execution_options={**execution_options, "compiled_cache": statements}, **arguments)

    vars(database)["create_async_engine"] = create_engine

    for kind in (PGDialectAsync_psycopg, SQLiteDialect_aiosqlite):
        _initialize_once(kind)

    compile_template, codes = Environment.compile, dict[Any, CodeType]()

    def compiled(self: Environment, source: Any, name: str | None = None, filename: str | None = None) -> CodeType:
        kind = (type(self), self.autoescape, self.trim_blocks, self.lstrip_blocks, self.keep_trailing_newline)
        key = (kind, self.finalize, source, name, filename)
        if key not in codes:
            codes[key] = compile_template(self, source, name, filename)
        return codes[key]

    Environment.compile = compiled  # type: ignore[method-assign, assignment]


def _initialize_once(kind: type[DefaultDialect]) -> None:
    """Ask a database for its version and abilities at the first connection of this process, not of each engine."""
    initialize, known = kind.initialize, dict[str, Any]()

    def initialize_once(self: DefaultDialect, connection: Connection) -> None:
        if not known:
            before = dict(vars(self))
            initialize(self, connection)
            known.update((name, value) for name, value in vars(self).items() if before.get(name) is not value)
            known["_type_memos"] = self._type_memos  # how each type's values are converted
        vars(self).update(known)

    kind.initialize = initialize_once  # type: ignore[method-assign]
