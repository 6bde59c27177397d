"""One broken configuration in each folder beside this file, and in `expected` the lines that `check` prints for it.

To add one: make a folder with a gateway.yaml that has one mistake, and write down what an administrator should read.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from filters.registry import FILTERS
from gateway.settings.loading import load
from gateway.settings.yaml.problems import ConfigurationError

HERE = Path(__file__).resolve().parent
FOLDERS = sorted(folder for folder in HERE.iterdir() if (folder / "expected").is_file())


@pytest.mark.parametrize("folder", FOLDERS, ids=[folder.name for folder in FOLDERS])
def test_the_expected_lines_are_printed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """File, line, column, path, sentence and suggestion; `FOLDER` is the folder's path, `FILTERS` all their names."""
    monkeypatch.chdir(folder)
    with pytest.raises(ConfigurationError) as caught:
        load(Path("gateway.yaml"), FILTERS)
    shown = str(caught.value).replace(str(folder), "FOLDER").replace(", ".join(sorted(FILTERS)), "FILTERS")
    assert f"{shown}\n" == (folder / "expected").read_text()


def test_every_folder_has_an_expectation() -> None:
    """None is passed over because a file is missing."""
    folders = {folder for folder in HERE.iterdir() if (folder / "gateway.yaml").exists()}
    assert folders == set(FOLDERS)
    assert len(folders) > 30
