"""The catalogue of evasions: every example through the real sandbox and the shipped filters, with what must be found.

The examples are made once and judged together; each row of the catalogue is a test, and names every example of it that
went wrong.
"""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType

import pytest

from gateway.contract import Finding
from tests.corpus.case import Case
from tests.corpus.shipped import found_in_all, holding
from tests.support.servers.clamd import Clamd

MODULES = ("mime", "decoding", "names", "nested", "documents", "archives", "passwords", "variants", "exhaustion")

#: How many rows each letter has: M01 to M62, …
ROWS = tuple(
    f"{letter}{number:02}"
    for letter, last in {"M": 62, "D": 21, "C": 20, "F": 25, "A": 19, "R": 12}.items()
    for number in range(1, last + 1)
)


@dataclass(frozen=True, slots=True)
class Corpus:
    """All examples, and what was found in each."""

    cases: Sequence[Case]
    found: Mapping[str, Sequence[Finding]] = field(repr=False)  # by the example's name

    def of(self, row: str) -> list[Case]:
        return [case for case in self.cases if case.row == row]


def modules() -> list[ModuleType]:
    return [importlib.import_module(f"tests.corpus.{name}") for name in MODULES]


def left_out() -> dict[str, str]:
    """Row -> why it has no example."""
    return {row: why for module in modules() for row, why in module.LEFT_OUT.items()}


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    cases = [case for module in modules() for case in module.cases()]
    with Clamd() as clamd:
        return Corpus(cases, found_in_all({str(case): case.message for case in cases}, clamd.address))


def wrong(case: Case, findings: Sequence[Finding]) -> str:
    """Return a sentence on what is not as expected of an example; "" when all is."""
    codes = {finding.code for finding in findings}
    complaints = []
    if missing := case.all_of - codes:
        complaints.append(f"lacks {', '.join(sorted(missing))}")
    if case.any_of and not case.any_of & codes:
        complaints.append(f"has none of {', '.join(sorted(case.any_of))}")
    if unwanted := case.none_of & codes:
        complaints.append(f"has {', '.join(sorted(unwanted))}")
    if case.passes and (held := holding(sorted(codes))):
        complaints.append(f"is held by {', '.join(held)}")
    return f"{case}: {'; '.join(complaints)}. Found: {_told(findings)}" if complaints else ""


def _told(findings: Sequence[Finding]) -> str:
    """Each finding with the first words of its evidence."""
    told = [
        f"{f.code} ({f.evidence[0].what}: {f.evidence[0].quote[:40]!r})" if f.evidence else f.code for f in findings
    ]
    return ", ".join(told) or "nothing"


@pytest.mark.parametrize("row", ROWS)
def test_row(corpus: Corpus, row: str) -> None:
    """Each example of the row has the findings that the catalogue expects, and none that it rules out."""
    complaints = [complaint for case in corpus.of(row) if (complaint := wrong(case, corpus.found[str(case)]))]
    assert not complaints, f"{len(complaints)} of {len(corpus.of(row))}:\n" + "\n".join(complaints)


def test_every_example_expects_something(corpus: Corpus) -> None:
    """And has a name of its own, and a row of the catalogue."""
    assert [name for name, count in Counter(map(str, corpus.cases)).items() if count > 1] == []
    assert {case.row for case in corpus.cases} <= set(ROWS)
    assert [str(c) for c in corpus.cases if not (c.all_of or c.any_of or c.none_of or c.passes)] == []


def test_every_row_is_covered(corpus: Corpus, record_property: Callable[[str, object], None]) -> None:
    """Each row has examples, or is left out with a reason. The table is printed at the end of the run."""
    why = left_out()
    counts = {row: len(corpus.of(row)) for row in ROWS}
    lines = [f"{len(corpus.cases)} examples of {sum(map(bool, counts.values()))} rows"]
    for row, count in counts.items():
        lines.append(f"  {row}  {count or why.get(row, 'MISSING')}{f'; {why[row]}' if count and row in why else ''}")
    record_property("table", "\n".join(lines))
    assert [row for row, count in counts.items() if not count and row not in why] == []
