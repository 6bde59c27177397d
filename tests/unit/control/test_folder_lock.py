"""The lock on data_dir."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.control.folder_lock import LOCK_NAME, FolderInUse, lock_folder


def test_one_at_a_time_has_it(tmp_path: Path) -> None:
    """Until it is closed."""
    with lock_folder(tmp_path), pytest.raises(FolderInUse, match=str(tmp_path)):
        lock_folder(tmp_path)
    lock_folder(tmp_path).close()
    assert (tmp_path / LOCK_NAME).stat().st_mode & 0o777 == 0o600


def test_no_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    (tmp_path / LOCK_NAME).symlink_to(tmp_path / "other")
    with pytest.raises(OSError, match="symbolic links"):
        lock_folder(tmp_path)
