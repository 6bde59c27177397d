"""Write docs/configuration.md anew from the models of the settings and of the filters."""

from __future__ import annotations

from pathlib import Path

from filters.registry import FILTERS
from gateway.settings.reference import reference

PAGE = Path(__file__).resolve().parent.parent / "docs" / "configuration.md"

if __name__ == "__main__":
    PAGE.write_text(reference(FILTERS), encoding="utf-8")
