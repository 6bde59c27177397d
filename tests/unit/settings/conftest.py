"""A folder for configurations, and two small filters: what is tested is the settings, not the real filters."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Annotated, ClassVar

import pytest

from filters.registry import FILTERS as SHIPPED_FILTERS
from gateway.contract import (
    DIRECTIONS,
    ON_ERROR,
    Code,
    Codes,
    Direction,
    Filter,
    Finding,
    Mail,
    Mode,
    Payee,
    Settings,
    TextFile,
    YamlFile,
)
from gateway.settings.chain.entries import NO_FILTER, FilterEntry
from gateway.settings.loading import load as load_settings
from gateway.settings.loading import look_over
from gateway.settings.models import Settings as GatewaySettings
from gateway.settings.yaml import file_search
from gateway.settings.yaml.problems import ConfigurationError


class ScannerSettings(Settings):
    clamd: str
    timeout_seconds: float = 30.0
    max_stream_bytes: int = 1024


class FakeVirus:
    name: ClassVar[str] = "virus"
    Settings: ClassVar[type[Settings]] = ScannerSettings
    codes: ClassVar[Codes] = {
        "virus.found": Code("security.viruses", "quarantine", "It has virus.found."),
        "virus.encrypted": Code("security.viruses", {"inbound": "tag"}, "It has virus.encrypted."),
        "virus.unavailable": Code("security.viruses", ON_ERROR, "It has virus.unavailable."),
    }
    shipped_mode: ClassVar[Mode] = "enforce"
    shipped_directions: ClassVar[tuple[Direction, ...]] = DIRECTIONS

    async def check(self, mail: Mail) -> Sequence[Finding]:
        return ()


class CategorySettings(Settings):
    block: tuple[str, ...] = ()
    categories: Annotated[dict[str, tuple[str, ...]] | None, YamlFile("attachments.yaml")] = None
    notice: Annotated[str, TextFile("notices/attachment_removed.txt")]


class FakeAttachments:
    name: ClassVar[str] = "attachments"
    Settings: ClassVar[type[Settings]] = CategorySettings
    codes: ClassVar[Codes] = {
        "attachment.executable": Code("security.executables", "quarantine", "It has attachment.executable."),
        "attachment.macro": Code("security.viruses", "tag", "It has attachment.macro."),
    }
    amends: ClassVar[frozenset[str]] = frozenset({"attachment.executable"})
    shipped_mode: ClassVar[Mode] = "monitor"
    shipped_directions: ClassVar[tuple[Direction, ...]] = ("inbound",)

    async def check(self, mail: Mail) -> Sequence[Finding]:
        return ()


class FakePayments:
    name: ClassVar[str] = "payments"
    Settings: ClassVar[type[Settings]] = Settings
    codes: ClassVar[Codes] = {
        "payments.change": Code("payments.changes", "quarantine", "It has payments.change."),
        "payments.other": Code("payments.changes", "quarantine", "It has payments.other."),
        "payments.ours": Code("payments.changes", "quarantine", "It has payments.ours."),
    }
    release_needs_verification: ClassVar[frozenset[str]] = frozenset({"payments.change"})
    answered_by_verification: ClassVar[frozenset[str]] = frozenset({"payments.change"})
    release_by_sender: ClassVar[frozenset[str]] = frozenset({"payments.ours"})
    notices: ClassVar[Mapping[str, str]] = {"payments.change": "payments"}
    shipped_mode: ClassVar[Mode] = "enforce"
    shipped_directions: ClassVar[tuple[Direction, ...]] = DIRECTIONS

    async def check(self, mail: Mail) -> Sequence[Finding]:
        return ()

    async def payee(self, mail: Mail) -> Payee:
        return Payee("", frozenset(), frozenset())

    async def confirmations(self, mail: Mail) -> Collection[str]:
        return ()


FILTERS: dict[str, type[Filter]] = {"virus": FakeVirus, "attachments": FakeAttachments}

MINIMAL = """\
organisation: {name: Example Ltd, domains: [example.co.uk]}
listeners: [{name: inbound, address: "127.0.0.1:2525", direction: inbound, next_hop: "smtp://127.0.0.1:25"}]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current directory: files are shown relative to it. `shipped/` has the fake filters' files."""
    shipped = tmp_path / "shipped"
    (shipped / "notices").mkdir(parents=True)
    (shipped / "attachments.yaml").write_text("programs: [exe]\n")
    (shipped / "notices/attachment_removed.txt").write_text("Removed.\n")
    for name in ("policy.yaml", "shared_networks.yaml"):
        shutil.copy(file_search.SHIPPED / name, shipped)
    monkeypatch.setattr(file_search, "SHIPPED", shipped)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def payments(monkeypatch: pytest.MonkeyPatch) -> None:
    """One filter more: what it holds is verified by a person."""
    monkeypatch.setitem(FILTERS, "payments", FakePayments)


@pytest.fixture
def load(folder: Path) -> Callable[..., GatewaySettings]:
    """Write files (`gateway.yaml` first: by default the minimal one with `more` below it) and load them."""

    def load(more: str = "", whole: str | None = None, **files: str) -> GatewaySettings:
        for name, text in files.items():
            (folder / name.replace("_yaml", ".yaml").replace("_txt", ".txt")).write_text(text)
        (folder / "gateway.yaml").write_text(MINIMAL + more if whole is None else whole)
        return load_settings(folder / "gateway.yaml", FILTERS)

    return load


@pytest.fixture
def problems(load: Callable[..., GatewaySettings]) -> Callable[..., list[str]]:
    """Return the error lines of a configuration that can't be used."""

    def problems(more: str = "", whole: str | None = None, **files: str) -> list[str]:
        with pytest.raises(ConfigurationError) as caught:
            load(more, whole, **files)
        return str(caught.value).splitlines()

    return problems


@pytest.fixture
def entry(load: Callable[..., GatewaySettings]) -> Callable[[str], FilterEntry]:
    """Return the virus filter with these keys beside its `clamd`."""

    def entry(keys: str) -> FilterEntry:
        return load(
            "filters:\n  - virus:\n      clamd: x\n" + "".join(f"      {k}\n" for k in keys.splitlines())
        ).filters[0]

    return entry


# --- remarks ----------------------------------------------------------------------------------------------------------

Look = Callable[..., list[str]]

MAIN = """\
organisation: {{name: Example Ltd, domains: [example.co.uk, .example.com]}}
listeners: [{{name: inbound, address: "127.0.0.1:2525", direction: inbound, next_hop: "smtp://127.0.0.1:25"}}]
{more}
"""
#: Said of most configurations here, which have no filter, or one alone.
UNCHECKED = (NO_FILTER, "virus is not in the chain: nothing looks for viruses")


@pytest.fixture
def look(look_at_all: Look) -> Look:
    """Return the remarks without those about a chain that looks for nothing."""
    return lambda more="": [said for said in look_at_all(more) if not said.endswith(UNCHECKED)]


@pytest.fixture
def look_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Look:
    """Return the remarks about `more` in the main file, which begins on its line 3."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.txt").write_text("Example Ltd, for {{ sender.name }}.\n")

    def look(more: str = "") -> list[str]:
        (tmp_path / "gateway.yaml").write_text(MAIN.format(more=more))
        return [str(remark) for remark in look_over(tmp_path / "gateway.yaml", SHIPPED_FILTERS)[1]]

    return look


def exemption(keys: str, more: str = "directions: [inbound]") -> str:
    """Return a chain of one filter with this exemption."""
    return f"filters:\n  - attachments: {{{more}, exempt: [{{codes: [attachment.macro], {keys}}}]}}"
