"""The shipped configuration and its reference: they load, and they name every key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from filters.registry import FILTERS
from gateway.settings.chain.rules import EntryKeys, ExemptionKeys
from gateway.settings.directory.csv_settings import CsvSettings
from gateway.settings.directory.ldap import LdapSettings
from gateway.settings.directory.people import DirectorySettings, ListSettings, PersonSettings
from gateway.settings.hops import NextHopSettings
from gateway.settings.journal import JournalSettings
from gateway.settings.limits import Limits
from gateway.settings.listener import Listener
from gateway.settings.loading import load
from gateway.settings.models import Log, Organisation, PolicySettings, Retention, Settings
from gateway.settings.reference import reference

ROOT = Path(__file__).resolve().parents[3]
CONFIG = ROOT / "config"

GATEWAY = (Settings, Organisation, Listener, NextHopSettings, Limits, Retention, Log)


@pytest.fixture(scope="module")
def shipped() -> Settings:
    return load(CONFIG / "gateway.yaml", FILTERS)


def test_the_shipped_configuration_is_the_embedded_default(shipped: Settings) -> None:
    """`make run` runs on it."""
    assert [str(listener.address) for listener in shipped.listeners] == ["127.0.0.1:2525", "127.0.0.1:2587"]
    assert shipped.listeners[0].next_hop[0].path == str(ROOT / "var/delivered")
    assert shipped.store == f"sqlite:///{ROOT}/var/mailwarden.db"
    assert [entry.name for entry in shipped.filters] == list(FILTERS)


def test_every_clause_that_a_code_names_has_a_text(shipped: Settings) -> None:
    """Notices cite it."""
    cited = {one.clause for entry in shipped.filters for one in entry.cls.codes.values()}
    assert cited <= shipped.clauses.keys()


def mentioned(file: str) -> set[str]:
    """Return the words before a colon, in values and in comments."""
    return set(re.findall(r"([\w.-]+):(?=\s|$)", (CONFIG / file).read_text()))


@pytest.mark.parametrize(
    ("file", "models"),
    [
        ("gateway.yaml", (Organisation, Listener, NextHopSettings, Limits, Retention, JournalSettings, Log)),
        ("policy.yaml", (PolicySettings,)),
        ("directory.yaml", (DirectorySettings, PersonSettings, ListSettings, CsvSettings, LdapSettings)),
        ("filters.yaml", tuple(cls.Settings for cls in FILTERS.values())),
    ],
)
def test_the_shipped_files_show_every_key(file: str, models: tuple[type[BaseModel], ...]) -> None:
    """Set, or as a comment."""
    assert {key for model in models for key in model.model_fields} - mentioned(file) == set()


def test_the_shipped_files_show_every_top_level_key() -> None:
    """Each in one of them."""
    shown = set().union(*(mentioned(f"{name}.yaml") for name in ("gateway", "policy", "directory", "filters")))
    assert Settings.model_fields.keys() - shown == set()


def test_the_chains_file_explains_every_key() -> None:
    """Keys that every filter takes are explained at the top; every code is explained below its filter."""
    text = (CONFIG / "filters.yaml").read_text()
    keys = {*EntryKeys.model_fields, *ExemptionKeys.model_fields}
    codes = {code for cls in FILTERS.values() for code in cls.codes if code != "virus.unavailable"}
    assert {word for word in keys | codes if word not in text} == set()


def test_the_commented_lines_of_the_main_file_are_right(tmp_path: Path) -> None:
    """A key that is uncommented is taken: the comments show defaults and examples that load."""
    text = (CONFIG / "gateway.yaml").read_text()
    for key in ("limits", "defer_limit", "retention", "quarantine_max_bytes", "log", "reviewers", "routes", "workers"):
        text = re.sub(rf"^# ({key}:.*(?:\n#  .*)*)", lambda m: re.sub(r"(?m)^# ", "", "# " + m[1]), text, flags=re.M)
    text = text.replace("data_dir: ../var", "data_dir: var").replace("include: [", "include: []  # [")
    (tmp_path / "gateway.yaml").write_text(text)
    settings = load(tmp_path / "gateway.yaml", FILTERS)
    assert settings.limits == Limits()
    assert settings.retention == Retention()
    assert settings.log == Log()
    assert settings.reviewers["bob"] == ("reviewer", "approver")
    assert settings.workers == 2


def test_the_reference_is_up_to_date() -> None:
    """`python tools/configuration_reference.py` writes it anew."""
    assert (ROOT / "docs/configuration.md").read_text() == reference(FILTERS)


def test_the_reference_describes_every_key() -> None:
    """No row without its words."""
    rows = [line for line in reference(FILTERS).splitlines() if line.startswith("| `") and line.count(" | ") == 3]
    assert len(rows) > 60
    assert [row for row in rows if row.endswith("|  |")] == []
