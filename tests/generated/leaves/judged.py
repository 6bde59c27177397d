"""Mails of the matrix as the independent readers show them, and as the shipped chain judges them."""

from __future__ import annotations

import asyncio
import math
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from time import monotonic

from tests.corpus.shipped import Shipped, holding
from tests.generated.leaves.mails import PAYLOADS, mail
from tests.oracles.readers import Readers

#: The finding that is wanted of each mail.
FOUND = "virus.found"

#: Mails that are judged at a time.
AT_A_TIME = 2 * (os.cpu_count() or 1)


@dataclass
class Figures:
    """The numbers of mails that were tried and that a reader opens, and those of the latter that get past."""

    tried: int = 0
    opened: int = 0  # at least one reader shows a part that begins with the test virus
    unseen: list[int] = field(default_factory=list)  # opened, and the scanner found nothing
    passed: list[int] = field(default_factory=list)  # and nothing else held it
    by_reader: Counter[str] = field(default_factory=Counter)

    def sentence(self) -> str:
        """The figures in words."""
        readers = ", ".join(f"{name} {number}" for name, number in sorted(self.by_reader.items()))
        return (
            f"{self.tried} mails, {self.opened} opened by a reader ({readers}); of these the scanner missed "
            f"{len(self.unseen)}, and {len(self.passed)} passed"
        )


def openers(readers: Readers, raw: bytes) -> list[str]:
    """The readers that show a part which begins with a test virus."""
    shown = readers.read(raw)
    return [name for name, leaves in shown.items() if any(leaf.content.startswith(PAYLOADS) for leaf in leaves)]


def judged(numbers: Iterable[int], clamd: str, seconds: float = math.inf) -> Figures:
    """The figures of these mails, or of as many as can be judged in so many seconds."""
    figures = Figures()
    with Readers() as readers:
        asyncio.run(_judge(iter(numbers), readers, clamd, figures, monotonic() + seconds))
    return figures


async def _judge(numbers: Iterator[int], readers: Readers, clamd: str, figures: Figures, ends: float) -> None:
    async with Shipped(clamd) as shipped:

        async def work() -> None:
            for number in numbers:
                if monotonic() > ends:
                    return
                raw = mail(number)
                figures.tried += 1
                by = openers(readers, raw)
                if not by:
                    continue
                figures.opened += 1
                figures.by_reader.update(by)
                codes = [finding.code for finding in await shipped.findings(raw, until=FOUND)]
                if FOUND not in codes:
                    figures.unseen.append(number)
                    if not holding(codes):
                        figures.passed.append(number)

        async with asyncio.TaskGroup() as group:
            for _ in range(AT_A_TIME):
                group.create_task(work())
