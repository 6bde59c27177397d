"""Files beside the main file that look as if they were used, and aren't: each is a mistake with the line to write.

A file with a shipped name is meant to be used by whoever has changed it. Unchanged copies make no difference.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePath

from gateway.contract import Filter, TextFile, YamlFile
from gateway.settings.yaml.problems import Location, Mark, Problem, shown_path
from gateway.settings.yaml.yaml_reading import Reading

#: The folder of the notices' templates, and the template of the notice about any held message.
NOTICES = PurePath("notices")
HELD_NOTICE = "held"


def check_unused(reading: Reading, filters: Mapping[str, type[Filter]], notices: Collection[str]) -> None:
    """Note each file beside the main file that has a shipped name, other content, and no use.

    `notices` are the names of the templates in `held_notices`.
    """
    for name, file in reading.search.unused():
        line = _line(reading, filters, notices, name)
        sentence = f"isn't used: {line}; or move the file away"
        reading.problems.append(Problem(Mark(file), "", sentence))


def _line(reading: Reading, filters: Mapping[str, type[Filter]], notices: Collection[str], name: str) -> str:
    """Return the line to write for a file, and where to write it."""
    path = PurePath(name)
    for kind, key in _settings_of(filters, name):
        return _setting(reading, kind, key, name)
    if path.parent == NOTICES and path.stem == HELD_NOTICE:
        return _key(reading, ("held_notice",), f"held_notice: {name}")
    if path.parent == NOTICES and path.stem in notices:
        return _key(reading, ("held_notices", path.stem), f"held_notices: {{{path.stem}: {name}}}")
    included = ", ".join([*reading.included, name])
    return f"write `include: [{included}]` in {shown_path(reading.main)}"


def _settings_of(filters: Mapping[str, type[Filter]], name: str) -> Iterator[tuple[str, str]]:
    """Yield the filter and its key that a shipped file is for."""
    for kind, cls in filters.items():
        for key, info in cls.Settings.model_fields.items():
            for marker in info.metadata:
                if isinstance(marker, YamlFile | TextFile) and name == marker.default:
                    yield kind, key


def _setting(reading: Reading, kind: str, key: str, name: str) -> str:
    """Return the line for a key of a filter: at the key, else below the filter, else in a new entry of the chain."""
    for index, item in enumerate(reading.data.get("filters") or ()):
        if item == kind or (isinstance(item, dict) and kind in item):
            at = ("filters", index, kind, key)
            if at in reading.values:
                return _key(reading, at, f"{key}: {name}")
            place = reading.key_mark(at[:-1]).at_line
            return f"write `{key}: {name}` below `{kind}` at {place}"
    return f"no filter `{kind}` is in the chain; write `- {kind}: {{{key}: {name}}}` below `filters`"


def _key(reading: Reading, at: Location, line: str) -> str:
    """Return the line for a key, which names another file or doesn't stand anywhere."""
    if at in reading.values:
        return f"another file is named at {reading.key_mark(at).at_line}; write `{line}` there"
    return f"write `{line}` in {shown_path(reading.main)}"
