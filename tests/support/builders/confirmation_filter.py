"""A filter that holds mail with `Crowd` in its subject until its sender has confirmed it.

A confirmation is remembered for the subject. It knows a virus by the word `Infected` in a file of the test's: what is
found at the second run need not have been found at the first. It is used as `PaymentFilter` is.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import ClassVar

from gateway.contract import DIRECTIONS, Code, Codes, Confirmed, Direction, Finding, Mail, Mode, Settings
from tests.support.builders.payment_filter import PROJECT

_SITE = """
from filters.registry import FILTERS
from tests.support.builders.confirmation_filter import ConfirmationFilter
FILTERS["asking"] = ConfirmationFilter
"""


class ConfirmationFilterSettings(Settings):
    signatures: str = ""  # a file; while it is there, everything is infected


class ConfirmationFilter:
    name: ClassVar[str] = "asking"
    Settings: ClassVar[type[Settings]] = ConfirmationFilterSettings
    codes: ClassVar[Codes] = {
        "asking.crowd": Code("security.viruses", "quarantine", "It has asking.crowd."),
        "asking.virus": Code("security.viruses", "quarantine", "It has asking.virus."),
    }
    release_by_sender: ClassVar[frozenset[str]] = frozenset()
    shipped_mode: ClassVar[Mode] = "enforce"
    shipped_directions: ClassVar[tuple[Direction, ...]] = DIRECTIONS

    def __init__(self, settings: ConfirmationFilterSettings, confirmed: Confirmed) -> None:
        self._signatures = settings.signatures
        self._confirmed = confirmed

    async def check(self, mail: Mail) -> Sequence[Finding]:
        found = []
        if "Crowd" in mail.message.subject and not await self._confirmed.known([key_of(mail)]):
            found.append(Finding("asking.crowd", "12 people outside see each other's addresses."))
        if self._signatures and Path(self._signatures).exists():
            found.append(Finding("asking.virus", "A virus was found."))
        return found

    async def confirmations(self, mail: Mail) -> Collection[str]:
        return [key_of(mail)]


def key_of(mail: Mail) -> str:
    return f"asking {mail.message.subject}"


def registered(folder: Path) -> dict[str, str]:
    """Return the environment in which each process of a gateway knows the filter."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sitecustomize.py").write_text(_SITE)
    return os.environ | {"PYTHONPATH": f"{folder}{os.pathsep}{PROJECT}"}
