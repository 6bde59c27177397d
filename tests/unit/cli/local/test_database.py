"""`mailwarden db copy`."""

from __future__ import annotations

from pathlib import Path

from gateway.control.folder_lock import lock_folder
from tests.support.servers.postgresql import Postgresql
from tests.unit.cli.conftest import Site, with_program


def test_a_site_moves(site: Site, tmp_path: Path, postgresql: Postgresql) -> None:
    """The rows of every table are told, and the line for the configuration; then the new store is used."""
    id = site.take(with_program())
    source, target = f"sqlite:///{site.gateway.data_dir}/mailwarden.db", postgresql.database("template1")
    told = site.run("db", "copy", source, target).stdout
    assert "           1  held\n" in told
    assert told.endswith(f"which were walked without a fault. To use the new one, set\nstore: {target}\n")
    assert "the target isn't empty" in site.run("db", "copy", source, target, code=1).stderr
    with site.config.open("a") as file:
        file.write(f"\nstore: {target}\n")
    assert site.held_state(id) == {"bob@example.co.uk": "held"}
    postgresql.drop(target)


def test_what_can_not_be_copied(site: Site, tmp_path: Path) -> None:
    """No store, no URL, a running gateway."""
    site.take(with_program())
    source, target = f"sqlite:///{site.gateway.data_dir}/mailwarden.db", f"sqlite:///{tmp_path}/new.db"
    told = site.run("db", "copy", target, source, code=1).stderr
    assert told == f"the store {tmp_path}/new.db: there is no file of this name\n"
    assert "is expected" in site.run("db", "copy", source, "mysql://x", code=2).stderr
    with lock_folder(site.gateway.data_dir):
        assert "a gateway is running" in site.run("db", "copy", source, target, code=1).stderr
    assert not (tmp_path / "new.db").exists()
