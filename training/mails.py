"""A mail that the language model learns from or is scored by, and the file between the steps of the training."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

#: The model's outputs, in their order.
RULES = ("payment_change", "language", "commitment", "broadcast", "confidential", "personal")
#: Tokens of a window, in training and in the gateway.
TOKENS = 224

Use = Literal["learn", "hold back", "score"]


@dataclass(frozen=True, slots=True)
class Labelled:
    """One mail as it is learned from or scored."""

    id: str
    rule: str  # whose label it has; "" = ham, which is negative for every rule
    label: bool
    use: Use
    counts: float  # of its label in training
    speaks: bool  # False: its direction decides the label, not its text
    difficulty: str
    source: str  # the file's stem and the writer: "tuning8/8g"
    subject: str
    sentences: tuple[str, ...]
    standing: tuple[str, ...] = ()  # sentences with a cue of its rule that weighs the threshold by itself


def written_to(path: Path, mails: Iterable[Labelled]) -> int:
    """Write mails, one JSON object a line; return their number."""
    lines = [json.dumps(asdict(mail), ensure_ascii=False) + "\n" for mail in mails]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(lines), "utf-8")
    return len(lines)


def read(path: Path) -> list[Labelled]:
    """Return the mails of a file."""
    records = (json.loads(line) for line in path.read_text("utf-8").split("\n") if line)
    several = ("sentences", "standing")
    return [Labelled(**{**record, **{name: tuple(record[name]) for name in several}}) for record in records]
