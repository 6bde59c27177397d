"""Files that the configuration names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from gateway.settings import files
from gateway.settings.yaml.file_search import FileSearch


def judged(annotation: Any, value: object, folder: Path | None = None) -> Any:
    return TypeAdapter(annotation).validate_python(
        value, strict=True, context=folder and FileSearch(folder).beside(folder, "")
    )


def refused(annotation: Any, value: object, folder: Path | None = None) -> str:
    with pytest.raises(ValidationError) as caught:
        judged(annotation, value, folder)
    return str(caught.value.errors()[0]["msg"])


def test_a_named_file_is_relative_to_the_folder_of_its_yaml(tmp_path: Path) -> None:
    """It must be there and be a file."""
    (tmp_path / "a.pem").write_text("x")
    assert judged(files.NamedFile, "a.pem", tmp_path) == tmp_path / "a.pem"
    assert "no such file" in refused(files.NamedFile, "b.pem", tmp_path)
    assert "not a file" in refused(files.NamedFile, ".", tmp_path)
    assert "a path is expected" in refused(files.NamedFile, 5, tmp_path)
