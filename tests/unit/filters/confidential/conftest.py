"""The shipped settings of the filter `confidential`, and passages."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from filters.confidential.settings import ConfidentialSettings
from filters.registry import FILTERS
from gateway.message import Passage, PassageKind, fold
from gateway.settings.loading import load

ROOT = Path(__file__).resolve().parents[4]


@cache
def shipped() -> ConfidentialSettings:
    (entry,) = (one for one in load(ROOT / "config/gateway.yaml", FILTERS).filters if one.kind == "confidential")
    assert isinstance(entry.settings, ConfidentialSettings)
    return entry.settings


def passage(text: str, kind: PassageKind = "new") -> Passage:
    return Passage(kind, "1", text, fold(text))
