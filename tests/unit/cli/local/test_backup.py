"""`mailwarden backup` and `mailwarden restore`."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import create_engine, text

from tests.unit.cli.conftest import PLAIN, Site, with_program


def test_a_site_is_lost_and_put_back(site: Site, tmp_path: Path) -> None:
    """Both commands tell the same figures; nothing is written over."""
    id = site.take(with_program())
    folder = str(tmp_path / "backup")
    made = site.run("backup", folder).stdout
    assert made.startswith(f"{folder}: 1 held messages, ")
    assert "no fault" in made
    assert "is there already" in site.run("backup", folder, code=1).stderr
    assert "is there already" in site.run("restore", folder, code=1).stderr
    for file in site.gateway.data_dir.glob("*.*"):
        file.unlink()
    done = site.run("restore", folder).stdout
    assert done.endswith(made.removeprefix(f"{folder}: "))
    assert site.held_state(id) == {"bob@example.co.uk": "held"}


def test_faults_of_the_records_are_told(site: Site, tmp_path: Path) -> None:
    """The backup is made all the same: it may be all that there is."""
    site.take(PLAIN)
    engine = create_engine(f"sqlite:///{site.gateway.data_dir}/mailwarden.db")
    with engine.begin() as connection:
        connection.execute(text("UPDATE audit SET reply = 'x'"))
    engine.dispose()
    told = site.run("backup", str(tmp_path / "backup"), code=1)
    assert "chains with 1 fault (" in told.stdout
    assert told.stderr == "The records had been changed before: `mailwarden audit verify` tells where.\n"
