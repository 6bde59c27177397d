"""A short soak: mail of every kind, while clamd talks nonsense, the next hop hangs up and a sandbox is killed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak.__main__ import table
from tests.soak.clock import JumpingClock
from tests.soak.plan import Fault, Plan
from tests.soak.run import soak

PLAN = Plan(
    outside=[Fault(0.3, "clamd talks nonsense", 0.7), Fault(1.5, "next hop takes and hangs up", 0.7)],
    inside=[Fault(0.5, "clock jumps", 0.0, 3600.0), Fault(1.0, "sandbox is killed", 0.0)],
    has_journal=False,
)


async def test_the_balance_is_even(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is lost or twice, and the metrics are those of the mail."""
    clock = JumpingClock(tmp_path / "clock")
    monkeypatch.setenv("PYTHONPATH", clock.python_path)
    events: list[str] = []
    result = await soak(tmp_path / "soak", clock, PLAN, seed=7, seconds=2.5, rate=16, say=events.append, workers=1)
    text, is_fine = table(result)
    assert is_fine, "\n".join([*events, text])
    assert set(result.faults) == {fault.name for fault in PLAN.faults}
    sums = {name: sum(row[name] for row in result.balance.rows.values()) for name in ("delivered", "held", "refused")}
    assert min(sums.values()) > 0
