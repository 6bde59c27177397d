"""What holds for every test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.postgresql import Postgresql

# In CI the examples are the same each time: a change is judged by what it changed. By hand they are new ones.
settings.register_profile("ci", derandomize=True)
settings.register_profile("thorough", max_examples=5000)
# Tests that run side by side are given a width, which Rich would keep for good when it is first imported.
os.environ.pop("COLUMNS", None)

settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "default"))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    """A server for all tests of this process that need one."""
    from tests.postgresql import Postgresql

    with Postgresql() as server:
        yield server


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tables that tests have made: `record_property("table", …)`. Tests run side by side have no terminal."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, table in report.user_properties:
            if name == "table" and report.when == "call":
                terminalreporter.section(report.nodeid, "-")
                terminalreporter.write_line(str(table))
