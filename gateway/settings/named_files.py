"""Files that a filter's settings name: their content takes the place of their name.

A field marked `YamlFile` gets the file's data, one marked `TextFile` its text. Where the key is absent, the shipped
file in `config/` is read. It looks at the fields of the settings themselves, not at models inside them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel

import gateway
from gateway.contract import TextFile, YamlFile
from gateway.settings.document import read_document, read_text
from gateway.settings.problems import ConfigurationError, Location, shown_path
from gateway.settings.reading import Reading, absolute

_BESIDE = Path(str(gateway.__file__)).resolve().parent.parent / "config"
#: The shipped `config/`: beside the package in a checkout, /etc/mailwarden where the package is installed alone.
SHIPPED = _BESIDE if _BESIDE.is_dir() else Path("/etc/mailwarden")


def with_named_files(
    reading: Reading, model: type[BaseModel], body: dict[str, Any], at: Location
) -> tuple[dict[str, Any], frozenset[str]]:
    """The body with files read, and the keys whose file could not be (the reading has noted why)."""
    data, unread = dict(body), set()
    for key, info in model.model_fields.items():
        marker = next((m for m in info.metadata if isinstance(m, YamlFile | TextFile)), None)
        if marker is None:
            continue
        content = _content(reading, marker, body.get(key), (*at, key))
        if content is None:
            unread.add(key)
        data[key] = content
    return data, frozenset(unread)


def _content(reading: Reading, marker: YamlFile | TextFile, name: Any, at: Location) -> Any:
    if name is not None and (not isinstance(name, str) or not name):
        reading.complain(at, "the name of a file is expected")
        return None
    file = SHIPPED / marker.default if name is None else absolute(reading.mark(at).file.parent / name)
    if not file.is_file():
        reading.complain(at, f"no such file: {shown_path(file)}")
        return None
    try:
        return read_text(file) if isinstance(marker, TextFile) else _yaml(reading, file, at)
    except ConfigurationError as error:
        reading.problems += error.problems
        return None


def _yaml(reading: Reading, file: Path, at: Location) -> Any:
    document = read_document(file, at)
    reading.adopt(document)
    if document.data is None:
        reading.complain(at, "the file is empty")
    return document.data
