"""A backup of a store in use, its proof, and the way back, on both databases."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.remember.copies.backup import MANIFEST, back_up, read_backup, restore
from gateway.remember.copies.dumps import dump_name
from gateway.remember.database.database import store_url
from gateway.remember.database.errors import StoreUnavailable
from gateway.remember.store import Store

KEY, SECRET = bytes(32), b"s" * 32


@pytest.fixture
def secret(tmp_path):
    file = tmp_path / "secret.key"
    file.write_bytes(SECRET)
    return file


@pytest.fixture
async def made(store, url, secret, make, now, tmp_path):
    """A backup of one held message, made while the store is open."""
    await store.quarantine.hold(make.entry(), b"raw")
    store.audit.append(make.audit())
    await store.audit.flush()
    files = {"secret.key": secret, "keys/1-dkim.pem": secret}
    await back_up(store_url(url), KEY, files, tmp_path / "backup", now)
    return tmp_path / "backup"


async def test_a_backup_is_put_back(made, store, make, url, empty_target):
    """It is private and whole, without what came later; the restored store has the message and its record."""
    await store.quarantine.hold(make.entry("m2"), b"later")
    modes = {str(path.relative_to(made)): stat.S_IMODE(path.stat().st_mode) for path in made.rglob("*")}
    files = dict.fromkeys(("secret.key", "keys/1-dkim.pem", dump_name(store_url(url)), MANIFEST), 0o600)
    assert modes == {**files, "keys": 0o700}
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    backup = read_backup(made)
    assert backup.secret == SECRET
    data_dir = made.parent / "restored"
    await restore(backup, store_url(empty_target), KEY, data_dir)
    assert (data_dir / "secret.key").read_bytes() == SECRET
    restored = await Store.open(empty_target, create=False, key=KEY)
    assert await restored.quarantine.ids("m") == ["m1"]
    assert [chain.faults for chain in await restored.trail.check()] == [[], []]
    await restored.close()


async def test_nothing_is_written_over(made, store, url, now, secret):
    """Neither a folder, nor a store, nor another secret.key."""
    with pytest.raises(StoreUnavailable, match="is there already, and nothing is written over it"):
        await back_up(store_url(url), KEY, {"secret.key": secret}, made, now)
    backup = read_backup(made)
    with pytest.raises(StoreUnavailable, match="already, and nothing is written over"):
        await restore(backup, store_url(url), KEY, made.parent)
    secret.write_bytes(bytes(32))
    with pytest.raises(StoreUnavailable, match="with another secret, and nothing is written over it"):
        await restore(backup, store_url(url), KEY, made.parent)


async def test_a_backup_that_fails_leaves_nothing(store, url, now, tmp_path):
    """A key file that can't be read."""
    with pytest.raises(StoreUnavailable, match="No such file"):
        await back_up(store_url(url), KEY, {"secret.key": tmp_path / "none"}, tmp_path / "backup", now)
    assert not [path for path in tmp_path.iterdir() if "backup" in path.name]


async def test_a_changed_file_is_noticed(made, url):
    """Before anything is written."""
    with (made / dump_name(store_url(url))).open("ab") as file:
        file.write(b"x")
    with pytest.raises(StoreUnavailable, match=r"changed since the backup was made"):
        read_backup(made)


@pytest.fixture
def folder(tmp_path):
    """A folder that looks like a backup; nothing but its names and sums is read."""
    (tmp_path / "secret.key").write_bytes(SECRET)
    (tmp_path / MANIFEST).write_text(json.dumps({"sha256": {"secret.key": hashlib.sha256(SECRET).hexdigest()}}))
    return tmp_path


def _renamed(folder: Path, name: str) -> None:
    (folder / MANIFEST).write_text(json.dumps({"sha256": {"secret.key": "", name: ""}}))


@pytest.mark.parametrize(
    ("tamper", "why"),
    [
        (lambda folder: _renamed(folder, "/dev/zero"), "/dev/zero is missing"),
        (lambda folder: _renamed(folder, "../other"), "../other is missing"),
        (lambda folder: (folder / "a.pem").symlink_to("/etc/passwd"), "a.pem: neither a file nor a folder"),
        (lambda folder: (folder / "keys").symlink_to("/etc"), "keys: neither a file nor a folder"),
        (lambda folder: os.mkfifo(folder / "pipe"), "pipe: neither a file nor a folder"),
        (lambda folder: (folder / "mailwarden.db-journal").touch(), "mailwarden.db-journal is not of the backup"),
        (lambda folder: (folder / "secret.key").unlink(), "secret.key is missing"),
    ],
)
def test_a_folder_with_other_files_is_no_backup(folder, tamper, why):
    """Nothing outside the folder is read, nothing that never ends, and no journal that would change the store."""
    tamper(folder)
    with pytest.raises(StoreUnavailable, match=f"is no whole backup: {why}"):
        read_backup(folder)


async def test_a_secret_of_another_size_is_no_secret(made):
    (made / "secret.key").write_bytes(b"x")
    with pytest.raises(StoreUnavailable, match=r"secret.key has 1 octets, not 32"):
        read_backup(made)


async def test_the_secret_of_a_store_that_was_changed_is_not_left(made, url, empty_target):
    """Whoever made it knows it."""
    backup = read_backup(made)
    rows = {**backup.proof.rows, "held": 2}
    tampered = replace(backup, proof=replace(backup.proof, rows=rows))
    data_dir = made.parent / "restored"
    with pytest.raises(StoreUnavailable, match="held has 1 rows, and had 2"):
        await restore(tampered, store_url(empty_target), KEY, data_dir)
    assert not (data_dir / "secret.key").exists()


async def test_a_backup_of_another_version_is_refused(made):
    """Its tables aren't ours."""
    manifest = json.loads((made / MANIFEST).read_text())
    manifest["proof"]["schema"] = "0001"
    (made / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(StoreUnavailable, match="restore it with the version that made it, then upgrade"):
        read_backup(made)


def test_a_folder_without_a_manifest_is_no_backup(tmp_path):
    """Or with half of one."""
    for content in ("", "{", "[]", "{}"):
        (tmp_path / MANIFEST).write_text(content)
        with pytest.raises(StoreUnavailable, match="is no whole backup"):
            read_backup(tmp_path)


async def test_a_backup_for_another_kind_of_database(made, url, tmp_path):
    """It isn't converted in passing."""
    other = "postgresql:///x" if url.startswith("sqlite") else f"sqlite:///{tmp_path}/x.db"
    with pytest.raises(StoreUnavailable, match="a store of another kind"):
        await restore(read_backup(made), store_url(other), KEY, tmp_path)
