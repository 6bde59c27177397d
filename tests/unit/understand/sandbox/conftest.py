"""Fixtures for tests of the sandbox itself."""

from __future__ import annotations

from asyncio.subprocess import create_subprocess_exec

import pytest

from gateway.understand.sandbox import pool


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start the sandbox's processes as the gateway does, not as copies."""
    monkeypatch.setitem(vars(pool), "create_subprocess_exec", create_subprocess_exec)
