"""The operations on the store, where no gateway is running."""

from __future__ import annotations

import os

import pytest

from gateway.cli.local.store import store_operations
from gateway.control.refusal import NoAnswer, Refused
from tests.unit.cli.conftest import Site, with_program


async def test_a_mistake_in_the_configuration_is_told(site: Site) -> None:
    """With the reason why it matters: a running gateway would have answered."""
    site.gateway.filters = "filters:\n  - atachments\n"
    site.gateway.write()
    with pytest.raises(NoAnswer, match=r"filters.yaml:2:5: (?s:.*)No gateway runs that could be asked, and without"):
        async with store_operations(site.config):
            pass


async def test_there_is_no_store_yet(site: Site) -> None:
    with pytest.raises(Refused, match="there is no store yet: "):
        async with store_operations(site.config):
            pass


async def test_a_folder_without_a_store(site: Site) -> None:
    """The package makes the folder; and a store that was lost is not to be replaced in silence."""
    site.gateway.data_dir.mkdir()
    with pytest.raises(
        Refused, match=r"no store at sqlite:///.*/mailwarden\.db: `mailwarden serve` makes an empty one; "
    ):
        async with store_operations(site.config):
            pass


async def test_others_may_not_work_on_the_store(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may, and the store's owner."""
    site.gateway.data_dir.mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: site.gateway.data_dir.stat().st_uid + 1)
    with pytest.raises(Refused, match="only root or the store's owner"):
        async with store_operations(site.config):
            pass


def test_the_folder_is_a_file(site: Site) -> None:
    """The sentence names the key."""
    site.gateway.data_dir.write_text("a file")
    assert "data_dir: " in site.run("quarantine", "list", code=1).stderr


def test_an_act_is_recorded_as_one_without_a_gateway(site: Site) -> None:
    id = site.take(with_program())
    site.run("quarantine", "note", id, "--text", "seen")
    (row,) = site.rows("audit", "list", "--action", "note")
    assert row["actor"].endswith(" (no gateway running)")
