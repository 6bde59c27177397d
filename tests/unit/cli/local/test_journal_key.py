"""`mailwarden journal keygen`."""

from __future__ import annotations

import stat
from pathlib import Path

from tests.unit.cli.conftest import Site


def test_a_key_is_made_once(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "new.key"
    assert f"journal: {{days: 7, key_file: {file}}}" in site.run_without_config("journal", "keygen", str(file)).stdout
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()
    assert "--rotate" in site.run_without_config("journal", "keygen", str(file), code=2).stderr
    assert file.read_bytes() == before
    assert "No such file" in site.run_without_config("journal", "keygen", str(tmp_path / "a/b"), code=2).stderr


def test_a_file_that_holds_no_key_is_not_rotated(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "new.key"
    file.write_text("geheim")
    assert "line 1 is no key" in site.run_without_config("journal", "keygen", str(file), "--rotate", code=2).stderr
    assert file.read_text() == "geheim"
