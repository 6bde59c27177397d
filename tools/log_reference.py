"""Write docs/log.md anew from the catalogue of the log's events."""

from __future__ import annotations

from pathlib import Path

from gateway.log.reference import reference

PAGE = Path(__file__).resolve().parent.parent / "docs" / "log.md"

if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
