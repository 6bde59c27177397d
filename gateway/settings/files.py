"""Paths that the YAML names, relative to its own folder (the validation context). It looks whether a file is there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

from pydantic import PlainValidator, ValidationInfo

from gateway.settings.problems import shown, shown_file
from gateway.settings.values import Words


def in_folder(value: Any, info: ValidationInfo) -> Path:
    """A path, relative to the folder of the YAML file that names it."""
    if isinstance(value, Path):
        return value
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ValueError(f"a path is expected, not {shown(value)}")
    return Path(os.path.abspath((info.context or Path.cwd()) / value))


def named_file(value: Any, info: ValidationInfo) -> Path:
    """A file that is there and can be read."""
    path = in_folder(value, info)
    if not path.exists():
        raise ValueError(f"no such file: {shown_file(path)}")
    if not path.is_file():
        raise ValueError(f"not a file: {shown_file(path)}")
    if not os.access(path, os.R_OK):
        raise ValueError(f"can't be read: {shown_file(path)}")
    return path


FolderPath = Annotated[Path, PlainValidator(in_folder), Words("a path")]
NamedFile = Annotated[Path, PlainValidator(named_file), Words("a file")]
