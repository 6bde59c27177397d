"""Files named in a filter's settings: their content takes the place of their name.

A field marked `YamlFile` gets the file's data, one marked `TextFile` its text. Where the key is absent, the file of the
shipped name is read, if there is one. The module looks at the fields of the settings, and at those of models in lists.
"""

from __future__ import annotations

import typing
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from gateway.contract import TextFile, YamlFile
from gateway.settings.yaml.document import read_document, read_text
from gateway.settings.yaml.problems import ConfigurationError, Location
from gateway.settings.yaml.yaml_reading import Reading


def with_named_files(
    reading: Reading, model: type[BaseModel], body: dict[str, Any], at: Location
) -> tuple[dict[str, Any], frozenset[str]]:
    """Return the body with files read, and the keys whose file could not be read (the reading has noted why)."""
    data = dict(body)
    unread: set[str] = set()
    for key, info in model.model_fields.items():
        marker = next((m for m in info.metadata if isinstance(m, YamlFile | TextFile)), None)
        if marker is None:
            if (inside := model_in_list(info.annotation)) and isinstance(body.get(key), list):
                data[key] = [_item(reading, inside, item, (*at, key, n), unread) for n, item in enumerate(body[key])]
            continue
        if body.get(key) is None and not marker.default:
            continue
        content = _content(reading, marker, body.get(key), (*at, key))
        if content is None:
            unread.add(key)
        data[key] = content
    return data, frozenset(unread)


def model_in_list(annotation: Any) -> type[BaseModel] | None:
    """Return the model of `tuple[Model, ...]`."""
    inside = typing.get_args(annotation)[:1] if typing.get_origin(annotation) in (tuple, list) else ()
    return inside[0] if inside and isinstance(inside[0], type) and issubclass(inside[0], BaseModel) else None


def _item(reading: Reading, model: type[BaseModel], item: Any, at: Location, unread: set[str]) -> Any:
    """Read one model of a list; where a file of it can't be read, the whole list counts as unread."""
    if not isinstance(item, dict):
        return item
    data, missing = with_named_files(reading, model, item, at)
    if missing:
        unread.add(str(at[-2]))
    return data


def _content(reading: Reading, marker: YamlFile | TextFile, name: Any, at: Location) -> Any:
    if name is not None and (not isinstance(name, str) or not name):
        reading.complain(at, "the name of a file is expected")
        return None
    file = reading.file_of(marker.default if name is None else name, at)
    if file is None:
        return None
    try:
        if isinstance(marker, YamlFile):
            return _yaml(reading, file, at)
        reading.texts[at] = file
        return read_text(file)
    except ConfigurationError as error:
        reading.problems += error.problems
        return None


def _yaml(reading: Reading, file: Path, at: Location) -> Any:
    document = read_document(file, at)
    reading.adopt(document)
    if document.data is None:
        reading.complain(at, "the file is empty")
    return document.data
