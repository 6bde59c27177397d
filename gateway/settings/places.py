"""The few keys that a command needs to ask a running gateway: the folder of its socket, and the time zone for output.

The module reads these keys alone and loads no types of settings, so that a command starts quickly. Mistakes elsewhere
in the configuration are the gateway's to report.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.settings.yaml.document import read_top_level
from gateway.settings.yaml.file_search import FileSearch
from gateway.settings.yaml.problems import ConfigurationError

#: Paths of the configuration, in the order in which they are tried when no --config is given.
CONFIG_FILES = (Path("config/gateway.yaml"), Path("/etc/mailwarden/gateway.yaml"))

#: The folder of the data, below that of the main file, where `data_dir` names none.
DATA_DIR = Path("var")


@dataclass(frozen=True, slots=True)
class Places:
    """The folder of the data, and the organisation's time zone."""

    data_dir: Path
    timezone: ZoneInfo


def read_places(path: Path) -> Places:
    """Read both from a main file and the files that it includes, even where other keys are wrong or closed to us.

    The time zone is UTC where its name is missing or wrong: whoever reads the whole configuration is told.
    """
    main = Path(os.path.abspath(path))
    found: dict[str, tuple[Path, Any]] = {}
    _gather(FileSearch(main.parent), main, (), {"data_dir", "organisation"}, found)
    file, named = found.get("data_dir", (main, None))
    data_dir = file.parent / named if isinstance(named, str) and named else main.parent / DATA_DIR
    _, organisation = found.get("organisation", (main, None))
    zone = organisation.get("timezone") if isinstance(organisation, dict) else None
    return Places(Path(os.path.abspath(data_dir)), _zone(zone))


def _gather(
    search: FileSearch, file: Path, above: tuple[Path, ...], keys: Collection[str], found: dict[str, tuple[Path, Any]]
) -> None:
    """Add the values of top-level keys, with the file that names each; the first file counts."""
    try:
        values = read_top_level(file, {*keys, "include"})
    except ConfigurationError:  # whoever reads the whole configuration is told
        return
    included = values.pop("include", None)
    for key, value in values.items():
        found.setdefault(key, (file, value))
    for name in included if isinstance(included, list) else ():
        target = search.find(name, file.parent, "include") if isinstance(name, str) and name else file
        if target not in (*above, file):
            _gather(search, target, (*above, file), keys, found)


def _zone(name: Any) -> ZoneInfo:
    try:
        return ZoneInfo(name if isinstance(name, str) else "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
