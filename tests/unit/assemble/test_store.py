"""The store of a configuration: made, opened, and compared with its secret."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway import app
from gateway.assemble.store import compare_key, open_store
from gateway.remember.database.errors import ForeignStore, StoreUnavailable
from gateway.remember.store import Store
from gateway.settings.models import Settings

MAIN = (
    "organisation: {name: Example Ltd, domains: [example.com]}\n"
    'listeners: [{name: in, address: "127.0.0.1:2525", direction: inbound, next_hop: "maildir:mail"}]\n'
    "data_dir: data\n"
    "filters: [structure]\n"
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "gateway.yaml").write_text(MAIN)
    return app.read_settings(tmp_path / "gateway.yaml")


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[Store]:
    store = await open_store(settings, create=True)
    yield store
    await store.close()


async def test_a_file_in_the_place_of_the_data_folder_is_named(settings: Settings) -> None:
    """Nothing is made."""
    settings.data_dir.write_text("")
    with pytest.raises(StoreUnavailable, match="is a file, and a folder is needed"):
        await open_store(settings, create=True)


async def test_a_key_of_another_store_is_told(settings: Settings, store: Store) -> None:
    """`check` and the start say so; a store that can't be looked into is a remark."""
    assert await compare_key(settings) == ""
    secret = settings.data_dir / "secret.key"
    secret.write_bytes(bytes(32))
    with pytest.raises(ForeignStore):
        await compare_key(settings)
    secret.chmod(0o644)
    assert await compare_key(settings) == (
        f"secret.key and the store were not compared: {secret} is open to others (mode 0644): chmod 600 {secret}"
    )
    secret.unlink()
    with pytest.raises(ForeignStore, match=r"data has no secret\.key, and the store was written with one: put"):
        await compare_key(settings)


async def test_without_a_store_there_is_nothing_to_compare(settings: Settings) -> None:
    """Before the first start."""
    settings.data_dir.mkdir()
    (settings.data_dir / "secret.key").touch(0o600)
    assert await compare_key(settings) == ""
    assert [path.name for path in settings.data_dir.iterdir()] == ["secret.key"]


async def test_a_missing_key_of_a_store_is_not_replaced(settings: Settings, store: Store) -> None:
    """The new one would be in the way of the one that is restored."""
    (settings.data_dir / "secret.key").unlink()
    with pytest.raises(ForeignStore, match=r"has no secret\.key, and the store was written with one: put"):
        await open_store(settings, create=True)
    assert not (settings.data_dir / "secret.key").exists()
