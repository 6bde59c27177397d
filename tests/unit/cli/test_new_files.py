"""New files: made before their content is asked for, and removed without it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import typer

from gateway.cli import new_files as module
from gateway.cli.new_files import reserved


def test_the_content_comes_later(tmp_path: Path) -> None:
    """The file is there first, for its owner alone."""
    path = tmp_path / "x.eml"
    with reserved(path, "--to") as write:
        assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"", 0o600)
        write(b"mail")
    assert path.read_bytes() == b"mail"


def test_a_refusal_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(typer.Exit), reserved(tmp_path / "x.eml", "--to"):
        raise typer.Exit(1)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sentence names the option and the file, and half a file doesn't stay."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "fsync", full)
    path = tmp_path / "x.eml"
    with pytest.raises(typer.Exit), reserved(path, "--to") as write:
        write(b"mail")
    assert capsys.readouterr().err == f"--to {path}: No space left on device\n"
    assert not os.path.lexists(path)
