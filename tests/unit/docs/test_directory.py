"""docs/directory.md: its configurations and its CSV files are read, word for word."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest

from filters.registry import FILTERS
from gateway import app
from gateway.assemble.services import build_directory
from gateway.settings.directory.csv_entries import read_lists, read_people
from gateway.settings.directory.people import ListSettings, PersonSettings
from gateway.settings.loading import load
from tests.unit.docs.conftest import blocks

PAGE = "docs/directory.md"
MAIN = """\
organisation: {name: Example Ltd, domains: [example.co.uk]}
listeners: [{name: inbound, address: "127.0.0.1:2525", direction: inbound, next_hop: "smtp://127.0.0.1:25"}]
data_dir: var
"""


def configurations(root: Path) -> list[str]:
    """Those in the steps of a list are indented."""
    text = (root / PAGE).read_text("utf-8")
    return [dedent(one) for one in re.findall(r"^ *```yaml\n(.*?)^ *```$", text, re.M | re.S)]


@pytest.fixture
def folder(root: Path, tmp_path: Path) -> Path:
    people, lists = blocks(root / PAGE, "csv")
    (tmp_path / "people.csv").write_text(people)
    (tmp_path / "lists.csv").write_text(lists)
    (tmp_path / "ldap.password").write_text("secret\n")
    return tmp_path


@pytest.mark.parametrize("number", range(4))
def test_every_configuration_is_taken(root: Path, folder: Path, number: int) -> None:
    """And nothing in it is odd."""
    block = configurations(root)[number]
    (folder / "gateway.yaml").write_text(MAIN + block)
    settings, remarks = app.look_over(folder / "gateway.yaml")
    assert [remark for remark in remarks if "directory" in remark.path and "groups" not in remark.path] == []
    assert settings.directory.is_compiled is ("csv:" in block or "ldap:" in block)


def test_there_are_no_more_configurations(root: Path) -> None:
    """The test above looks at all."""
    assert len(configurations(root)) == 4


def test_yaml_and_csv_say_the_same(root: Path, folder: Path) -> None:
    """Ann is the same person in both, and all staff are as many."""
    (folder / "yaml.yaml").write_text(MAIN + configurations(root)[0])
    (folder / "csv.yaml").write_text(MAIN + configurations(root)[1])
    yaml, csv = (build_directory(load(folder / name, FILTERS)) for name in ("yaml.yaml", "csv.yaml"))
    assert yaml.expand(["all-staff@example.co.uk"]).size == csv.expand(["all-staff@example.co.uk"]).size == 402
    ann, same = yaml.person("ann.archer@example.co.uk"), csv.person("ann.archer@example.co.uk")
    assert ann is not None
    assert same is not None
    assert (ann.groups, ann.private_addresses) == (same.groups, same.private_addresses)


def test_every_column_is_on_the_page(root: Path, folder: Path) -> None:
    """The examples and the table have every column."""
    assert read_people(folder / "people.csv")
    assert read_lists(folder / "lists.csv")
    for file, model in (("people.csv", PersonSettings), ("lists.csv", ListSettings)):
        assert set((folder / file).read_text().splitlines()[0].split(",")) == set(model.model_fields)
    table = re.findall(r"^\| (`.*?) \| (?:people|lists) \|", (root / PAGE).read_text("utf-8"), re.M)
    named = {name for cells in table for name in re.findall(r"`(\w+)`", cells)}
    assert named == {*PersonSettings.model_fields, *ListSettings.model_fields}
