"""The scanner sees all that a mail reader decodes: a run of the matrix, bounded in time."""

from __future__ import annotations

from collections.abc import Callable

from tests.generated.leaves.judged import judged
from tests.generated.leaves.mails import mail
from tests.support.servers.clamd import Clamd

#: Mails of a run, and seconds after which it ends; `python -m tests.generated.leaves` makes thousands.
COUNT = 400
SECONDS = 20.0


def test_no_reader_shows_a_virus_that_the_scanner_missed(record_property: Callable[[str, object], None]) -> None:
    """Whatever the part's type, its encoding, the form of its header, and what is around it."""
    with Clamd(anchored=True) as clamd:
        figures = judged(range(COUNT), clamd.address, SECONDS)
    record_property("table", figures.sentence())
    assert figures.opened > figures.tried * 0.9
    assert figures.passed == []
    # Encoded messages three deep are held as ambiguous, and what is in the third is not read.
    assert len(figures.unseen) <= figures.opened / 200


def test_the_matrix_is_the_same_everywhere() -> None:
    """A number names a mail, and no two are alike."""
    assert mail(7) == mail(7)
    assert len({mail(number) for number in range(200)}) == 200
