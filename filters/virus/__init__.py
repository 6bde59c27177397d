"""The filter `virus`: `filter` asks the scanner, `scanned_contents` lists what to scan, `settings` has the keys."""

from __future__ import annotations

from filters.virus.filter import MAX_SCANS, UNPROVEN, Virus, code_of
from filters.virus.scanned_contents import TRACE
from filters.virus.settings import MEBIBYTE, VirusSettings

__all__ = ["MAX_SCANS", "MEBIBYTE", "TRACE", "UNPROVEN", "Virus", "VirusSettings", "code_of"]
