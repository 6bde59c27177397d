"""Backups of a gateway's store with the keys that its configuration names."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway import app
from gateway.assemble.store import compare_key, open_store
from gateway.control.folder_lock import FolderInUse, lock_folder
from gateway.operations.store_copies import back_up, copy, restore
from gateway.remember.database.errors import ForeignStore, StoreUnavailable
from gateway.settings.models import Settings

MAIN = (
    "organisation: {name: Example Ltd, domains: [example.com]}\n"
    'listeners: [{name: in, address: "127.0.0.1:2525", direction: inbound, next_hop: "maildir:mail"}]\n'
    "filters: [structure]\n"
    "journal: {days: 1, key_file: journal.key}\n"
)


def settings_of(folder: Path, data: str) -> Settings:
    (folder / "gateway.yaml").write_text(f"{MAIN}data_dir: {data}\n")
    return app.read_settings(folder / "gateway.yaml")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    key = tmp_path / "journal.key"
    key.touch(0o600)
    key.write_text("ab" * 32)
    return settings_of(tmp_path, "data")


async def test_keys_go_along(settings: Settings, tmp_path: Path) -> None:
    """The journal's key beside secret.key; the configuration's other files are no part of it."""
    await (await open_store(settings, create=True)).close()
    await back_up(settings, tmp_path / "backup")
    found = sorted(str(path.relative_to(tmp_path / "backup")) for path in (tmp_path / "backup").rglob("*.*"))
    assert found == ["keys/1-journal.key", "mailwarden.db", "manifest.json", "secret.key"]
    elsewhere = settings_of(tmp_path, "elsewhere")
    await restore(elsewhere, tmp_path / "backup")
    assert await compare_key(elsewhere) == ""
    await (await open_store(elsewhere, create=False)).close()


async def test_a_store_of_another_key_is_not_backed_up(settings: Settings, tmp_path: Path) -> None:
    """It would be a backup that nobody can use."""
    with pytest.raises(StoreUnavailable, match=r"has no secret.key"):
        await back_up(settings, tmp_path / "backup")
    await (await open_store(settings, create=True)).close()
    (settings.data_dir / "secret.key").write_bytes(bytes(32))
    with pytest.raises(ForeignStore):
        await back_up(settings, tmp_path / "backup")


async def test_no_gateway_starts_while_a_store_is_copied(settings: Settings, tmp_path: Path) -> None:
    """The old store alone would have what it stored then."""
    await (await open_store(settings, create=True)).close()
    told: list[str] = []

    def progress(table: str, _: int) -> None:
        with pytest.raises(FolderInUse):
            lock_folder(settings.data_dir)
        told.append(table)

    await copy(settings, f"sqlite:///{settings.data_dir}/mailwarden.db", f"sqlite:///{tmp_path}/new.db", progress)
    assert told
    lock_folder(settings.data_dir).close()


async def test_a_relative_file_is_below_the_folder_of_data(settings: Settings) -> None:
    """As in `store:`, for which the command prints the line: elsewhere the gateway would begin with an empty store."""
    await (await open_store(settings, create=True)).close()
    await copy(settings, "sqlite:///mailwarden.db", "sqlite:///moved.db", lambda table, rows: None)
    moved = settings_of(settings.data_dir.parent, "data\nstore: sqlite:///moved.db")
    assert await compare_key(moved) == ""
    assert (settings.data_dir / "moved.db").exists()
