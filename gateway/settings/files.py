"""Paths in the YAML. Data lies below the YAML's own folder; a file to read is looked for (the validation context)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

from pydantic import PlainValidator, ValidationInfo

from gateway.settings.yaml.file_search import Folder, absolute
from gateway.settings.yaml.problems import shown, shown_file
from gateway.settings.yaml.values import Words


def in_folder(value: Any, info: ValidationInfo) -> Path:
    """Return a path, relative to the folder of the YAML file that names it."""
    if isinstance(value, Path):
        return value
    context: Folder | None = info.context
    return absolute((context.folder if context else Path.cwd()) / _path(value))


def looked_for(value: Any, info: ValidationInfo) -> Path:
    """Return the path of a file to read: beside the YAML, beside the main file, or shipped. Raises ValueError."""
    context: Folder | None = info.context
    if isinstance(value, Path) or context is None:
        return in_folder(value, info)
    return context.find(_path(value), info.field_name)


def _path(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ValueError(f"a path is expected, not {shown(value)}")
    return value


def named_file(value: Any, info: ValidationInfo) -> Path:
    """Return the path of a file that exists and can be read. Raises ValueError."""
    path = looked_for(value, info)
    if not path.exists():
        also = info.context.elsewhere(value) if info.context else ""
        raise ValueError(f"no such file: {shown_file(path)}{also}")
    if not path.is_file():
        raise ValueError(f"not a file: {shown_file(path)}")
    if not os.access(path, os.R_OK):
        raise ValueError(f"can't be read: {shown_file(path)}")
    return path


def template_file(value: Any, info: ValidationInfo) -> Path:
    """Return the path of a text file, whose template is checked by whoever fills it in. Raises ValueError."""
    path = named_file(value, info)
    try:
        path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8: {shown_file(path)}") from error
    return path


def file_in_the_way(folder: Path) -> Path | None:
    """Return the file that stands at a folder's path or at a parent's; None where there is none."""
    nearest = next(place for place in (folder, *folder.parents) if place.exists())
    return None if nearest.is_dir() else nearest


FolderPath = Annotated[Path, PlainValidator(in_folder), Words("a path")]
NamedFile = Annotated[Path, PlainValidator(named_file), Words("a file")]
TemplateFile = Annotated[Path, PlainValidator(template_file), Words("a file")]
