"""The whole configuration for commands that need it; a mistake in it ends the command with every problem."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from pathlib import Path

from gateway import app
from gateway.cli.collector import collector_off
from gateway.cli.options import config_path, fail
from gateway.log.output import configure
from gateway.settings.models import Settings
from gateway.settings.yaml.problems import ConfigurationError, Problem


def settings_of(given: Path | None, *, without: Collection[str] = ()) -> Settings:
    configure("human", "warning", to=sys.stderr)  # standard output is for the answer alone
    try:
        with collector_off():
            return app.read_settings(config_path(given), without=without)
    except ConfigurationError as error:
        fail(str(error))


def looked_over(given: Path | None) -> tuple[Settings, Sequence[Problem]]:
    """Return the settings, and remarks that are worth a look."""
    configure("human", "warning", to=sys.stderr)
    try:
        with collector_off():
            return app.look_over(config_path(given))
    except ConfigurationError as error:
        fail(str(error))
