"""Links between the documents lead somewhere, and paths that they name exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.docs.conftest import ROOT, documents, prose

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")
#: The example of docs/writing-a-filter.md is made by its test alone.
EXAMPLE = {"filters/greeting.py", "tests/unit/filters/test_greeting.py"}
#: What names a file of this repository.
_PATH = re.compile(r"(?:gateway|filters|tests|tools|config|docs|benchmarks)/[\w./-]*\w")


def links(document: Path) -> list[str]:
    return [link for link in _LINK.findall(prose(document)) if "://" not in link]


def anchors(document: Path) -> set[str]:
    """Return the anchors that GitHub makes of headings."""
    headings = re.findall(r"^#+ (.+)$", prose(document), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    """Each link leads to a file or a folder, and to a heading in it."""
    for link in links(document):
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), f"{document.name}: {link}"
        assert not anchor or anchor in anchors(target), f"{document.name}: {link}"


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_path_that_is_named_exists(document: Path) -> None:
    """The running text names paths such as `gateway/journey.py`."""
    named = [code for code in _CODE.findall(prose(document)) if _PATH.fullmatch(code)]
    assert [path for path in named if path not in EXAMPLE and not (ROOT / path).exists()] == []


def test_there_are_documents() -> None:
    """The tests above look at something."""
    names = {str(path.relative_to(ROOT)) for path in documents()}
    assert {"README.md", "CONTRIBUTING.md", "docs/flow.md", "docs/deploy.md", "docs/security.md"} <= names
    assert sum(len(links(document)) for document in documents()) > 10
