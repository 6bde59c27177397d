"""Work that asks the gateway in an event loop, or the store where none runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import typer

from gateway.cli import desk as module
from gateway.cli.desk import Ask, desk, with_desk
from gateway.cli.local import store
from gateway.control.refusal import NoAnswer


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return the configurations whose store was opened; every operation returns its name."""
    found: list[Path] = []

    @asynccontextmanager
    async def store_operations(path: Path) -> AsyncIterator[Ask]:
        found.append(path)

        async def do(name: str, /, **_: Any) -> str:
            return name

        yield do
        found.append(Path("closed"))

    monkeypatch.setattr(store, "store_operations", store_operations)
    return found


async def test_the_store_is_opened_once_and_when_it_is_needed(tmp_path: Path, opened: list[Path]) -> None:
    """A screen asks many questions."""
    config = tmp_path / "gateway.yaml"
    async with desk(config) as ask:
        assert opened == []
        assert [await ask("held"), await ask("status")] == ["held", "status"]
        assert opened == [config]
    assert opened == [config, Path("closed")]


def test_what_gives_no_answer_is_one_sentence(
    tmp_path: Path, opened: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit code is the caller's."""

    async def work(_: Ask) -> None:
        raise NoAnswer("the store is away")

    with pytest.raises(typer.Exit) as ended:
        with_desk(tmp_path / "gateway.yaml", work, 2)
    assert (ended.value.exit_code, capsys.readouterr().err) == (2, "the store is away\n")


def test_who_may_not_ask_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sentence is that of every command."""

    async def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(module, "ask", refuse)
    monkeypatch.setattr(module, "way_in", lambda folder: f"{folder} is closed")

    async def work(ask: Ask) -> None:
        await ask("status")

    with pytest.raises(typer.Exit):
        with_desk(tmp_path / "gateway.yaml", work)
    assert capsys.readouterr().err == f"{tmp_path / 'var'} is closed\n"
