"""The configuration that the tools work with: the one that MAILWARDEN_CONFIG names, as for `mailwarden`, or ours."""

from __future__ import annotations

import os
from pathlib import Path

SHIPPED = Path(__file__).resolve().parent.parent / "config/gateway.yaml"


def configuration_file() -> Path:
    """Return the configuration where no --config is given; an empty MAILWARDEN_CONFIG counts as none."""
    named = os.environ.get("MAILWARDEN_CONFIG")
    return Path(named) if named else SHIPPED
