"""Statements and templates that are compiled once in a process: SQLAlchemy and Jinja do so for each engine anew."""

from __future__ import annotations

from types import CodeType
from typing import Any

from jinja2 import Environment
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
    """Compile a statement or a template only once in this process, whatever store or environment it is for."""
    create, statements = database.create_async_engine, Statements()

    def create_engine(url: URL, *, execution_options: dict[str, Any], **arguments: Any) -> AsyncEngine:
        return create(url, execution_options={**execution_options, "compiled_cache": statements}, **arguments)

    vars(database)["create_async_engine"] = create_engine

    compile_template, codes = Environment.compile, dict[Any, CodeType]()

    def compiled(self: Environment, source: Any, name: str | None = None, filename: str | None = None) -> CodeType:
        kind = (type(self), self.autoescape, self.trim_blocks, self.lstrip_blocks, self.keep_trailing_newline)
        key = (kind, self.finalize, source, name, filename)
        if key not in codes:
            codes[key] = compile_template(self, source, name, filename)
        return codes[key]

    Environment.compile = compiled  # type: ignore[method-assign, assignment]
