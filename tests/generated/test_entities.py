"""Odd mails of messages and multiparts: what an independent reader shows is found, or the mail is held for its form."""

from __future__ import annotations

from tests.generated.entities.judged import Gateway, judged
from tests.generated.entities.mails import mails

#: A few seconds' worth; `python -m tests.generated.entities` tries as many as it is told.
COUNT = 150


def test_nothing_passes() -> None:
    """And enough of them show what they carry."""
    found = list(judged(mails(COUNT), Gateway()))
    assert [one.mail.recipe for one in found if one.passes] == []
    assert sum(bool(one.shown_by) for one in found) > COUNT // 4


def test_mails_are_the_same_each_time() -> None:
    """The seed and the number determine the mails."""
    assert mails(5) == mails(5)
    assert [one.raw for one in mails(5, seed=2)] != [one.raw for one in mails(5)]
