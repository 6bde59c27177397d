"""docs/payment-change.md: its example of a labelled mail is one."""

from __future__ import annotations

import re
from pathlib import Path

from tests.evaluation.examples import examples
from tests.evaluation.judging import judge
from tests.unit.docs.conftest import ROOT


async def test_the_example_of_a_labelled_mail(tmp_path: Path) -> None:
    """It is read, and held as its label says."""
    (line,) = re.findall(r"^```json\n(.*?)^```$", (ROOT / "docs/payment-change.md").read_text("utf-8"), re.M | re.S)
    (tmp_path / "mine.jsonl").write_text(line)
    (one,) = await judge("payment_change", list(examples(tmp_path / "mine.jsonl")))
    assert one.right
