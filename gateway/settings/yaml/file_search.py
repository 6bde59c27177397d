"""Files that settings name: looked for beside the YAML that names them, beside the main file, and in our own data.

The module looks for files and reads none. It remembers where each was found, for `mailwarden check`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import gateway
from gateway.settings.yaml.problems import shown_file

#: The shipped configuration, templates and rules: data of the package; in a checkout a link to `config/`.
SHIPPED = (Path(str(gateway.__file__)).parent / "shipped").resolve()

#: Whole configurations among the shipped files: no setting names them.
MAIN_FILES = frozenset({"gateway.yaml", "gateway-docker.yaml"})


@dataclass(slots=True)
class FileSearch:
    """The search for files of one configuration, and the files that it has found."""

    main_folder: Path
    found: dict[tuple[str, Path], None] = field(default_factory=dict)  # the setting's place, the file

    def find(self, name: str, beside: Path, at: str) -> Path:
        """Return the file for a setting at the place `at`; where there is none, the path beside its YAML."""
        places = self.places(name, beside)
        for place in places:
            if place.exists():
                self.found[at, place] = None
                return place
        return places[0]

    def places(self, name: str, beside: Path) -> tuple[Path, ...]:
        """Return the paths at which a file is looked for, in order; an absolute name has one."""
        return tuple(dict.fromkeys(absolute(folder / name) for folder in (beside, self.main_folder, SHIPPED)))

    def shipped(self, name: str, at: str) -> Path:
        """Return a shipped file that the setting at the place `at` builds upon."""
        file = SHIPPED / name
        self.found[at, file] = None
        return file

    def own(self, name: str, at: str) -> Path | None:
        """Return the file beside the main file that takes the place of a shipped one; None where there is none."""
        file = self.find(name, self.main_folder, at)
        return file if file != SHIPPED / name and file.exists() else None

    def elsewhere(self, name: str, beside: Path) -> str:
        """Return the end of a sentence about a missing file: the other place of the administrator's own, if any."""
        own = dict.fromkeys(absolute(folder / name) for folder in (beside, self.main_folder))
        return "".join(f", nor {shown_file(place)}" for place in list(own)[1:])

    def beside(self, folder: Path, at: str) -> Folder:
        """Return the search for the values of one YAML file."""
        return Folder(self, folder, at)

    def unused(self) -> Iterator[tuple[str, Path]]:
        """Yield the files beside the main file that have a shipped name and other content, and that nothing uses."""
        if self.main_folder == SHIPPED:
            return
        used = {os.path.realpath(file) for _, file in self.found}
        for name in shipped_names(SHIPPED):
            file = self.main_folder / name
            if file.is_file() and os.path.realpath(file) not in used and _differs(file, SHIPPED / name):
                yield name, file


@dataclass(frozen=True, slots=True)
class Folder:
    """The search for files that the values of one YAML file name, as its types are given it (validation context)."""

    search: FileSearch
    folder: Path
    at: str  # the place of the values in the configuration

    def find(self, name: str, field_name: str | None) -> Path:
        """Return the file that a field names."""
        return self.search.find(name, self.folder, ".".join(filter(None, (self.at, field_name))))

    def elsewhere(self, name: str) -> str:
        return self.search.elsewhere(name, self.folder)


@cache
def shipped_names(folder: Path) -> tuple[str, ...]:
    """Return the names of the files in the shipped folder, those deeper with their folder, but for configurations."""
    files = (file for file in folder.rglob("*") if file.is_file() and file.suffix != ".py")
    return tuple(sorted({str(file.relative_to(folder)) for file in files} - MAIN_FILES))


def absolute(path: Path) -> Path:
    """Return the path absolute and without `..`; symbolic links keep their names."""
    return Path(os.path.abspath(path))


def _differs(file: Path, other: Path) -> bool:
    try:
        return file.read_bytes() != other.read_bytes()
    except OSError:  # what can't be read can't be known to be the same
        return True
