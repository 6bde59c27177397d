"""The shipped categories against the lists that others publish: nothing is left out without a reason."""

from __future__ import annotations

import pytest

from filters.attachments.categories import Category
from tests.corpus import published_lists as published
from tests.support.builders.attachments import CATEGORIES

LISTS = {
    "Gmail": published.GMAIL,
    "Outlook": published.OUTLOOK,
    "Outlook on the web": published.OUTLOOK_ON_THE_WEB,
    "benchmark": published.BENCHMARK,
    "Apple": published.APPLE,
    "Windows": published.WINDOWS,
}
OURS = [Category(**values) for values in CATEGORIES.values()]
EXTENSIONS = frozenset(end for one in OURS for end in (*one.extensions, *one.folders))


@pytest.mark.parametrize("name", LISTS)
def test_every_extension_of_a_list(name: str) -> None:
    """It is in a category, or it is an exception with a reason."""
    assert LISTS[name] - EXTENSIONS - set(published.EXCEPTIONS) == set()


def test_exceptions_are_needed() -> None:
    """Each stands in a list, and in no category."""
    assert set(published.EXCEPTIONS) - frozenset().union(*LISTS.values()) == set()
    assert set(published.EXCEPTIONS) & EXTENSIONS == set()


def test_every_declared_type() -> None:
    """Our lists have every type that others block by Content-Type; application/msaccess is data, as .mdb is."""
    declared = frozenset(kind for one in OURS for kind in (*one.types, *one.declared_types))
    assert published.TYPES - declared == set()


def test_every_true_type() -> None:
    """Our lists have every type that file(1) tells by the octets."""
    assert published.TRUE_TYPES - frozenset(kind for one in OURS for kind in one.types) == set()


def test_whole_families() -> None:
    """Shortcuts of Access from .mad to .maw; queries of Office; macOS's images of disks."""
    assert {f"ma{letter}" for letter in "dfgmqrstuvw"} <= EXTENSIONS
    assert {"iqy", "dqy", "oqy", "rqy", "odc", "slk"} <= EXTENSIONS
    assert {"dmg", "cdr", "toast", "sparseimage", "sparsebundle", "udif"} <= EXTENSIONS
