"""The plan and the mail of a soak: the same seed makes the same."""

from __future__ import annotations

from itertools import islice, pairwise

import pytest

from tests.soak.mails import mails
from tests.soak.plan import AHEAD, EARLY, INSIDE, LOCK_LASTS, OUTSIDE, make_plan


def test_a_seed_makes_a_plan() -> None:
    assert make_plan(3, 600) == make_plan(3, 600)
    assert make_plan(3, 600) != make_plan(4, 600)


@pytest.mark.parametrize("seed", range(20))
def test_what_a_plan_of_ten_minutes_has(seed: int) -> None:
    """Faults of a track don't overlap; those whose processes are watched end once, in the first third."""
    plan = make_plan(seed, 600)
    assert {fault.name for fault in plan.faults} <= {*OUTSIDE, *INSIDE, *EARLY}
    assert sorted(fault.name for fault in plan.inside if fault.name in EARLY) == sorted(EARLY)
    assert max(fault.at for fault in plan.inside if fault.name in EARLY) < 200
    for track in (plan.outside, plan.inside):
        assert all(one.at + one.seconds < other.at for one, other in pairwise(track))
        assert all(0 < one.at < 600 and one.seconds <= LOCK_LASTS[1] for one in track)


def test_the_clock_is_never_set_on_by_the_days_that_purge_mail() -> None:
    assert max(AHEAD) < 7 * 86_400


def test_a_seed_makes_the_mail() -> None:
    """Each message has its own tag, in its envelope and its content."""
    first = list(islice(mails(1), 100))
    assert first == list(islice(mails(1), 100))
    assert len({mail.tag for mail in first}) == 100
    assert all(mail.tag in mail.sender and mail.tag.encode() in mail.content for mail in first)
