"""The command line's site, for the commands of filters."""

from __future__ import annotations

from tests.unit.cli.conftest import site

__all__ = ["site"]
