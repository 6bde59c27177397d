"""One reading of the configuration: the merged data, the place of each value, and all problems.

The reading follows `include`, passes parts of the data to types and turns their complaints into problems. It knows no
key but `include`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from gateway.settings.yaml.document import Document, read_document
from gateway.settings.yaml.file_search import FileSearch, Folder
from gateway.settings.yaml.problems import (
    ConfigurationError,
    Location,
    Mark,
    Problem,
    nearest,
    shown_location,
    shown_path,
)
from gateway.settings.yaml.sentences import Complaint, complaints, listed
from gateway.settings.yaml.unset_keys import unknown_unset_keys


@dataclass(slots=True)
class Reading:
    """A reading in progress; `problems` is empty when nothing is wrong."""

    main: Path
    data: dict[str, Any] = field(default_factory=dict)
    values: dict[Location, Mark] = field(default_factory=dict)
    keys: dict[Location, Mark] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    texts: dict[Location, Path] = field(default_factory=dict)  # files whose text takes the place of their name
    included: list[str] = field(default_factory=list)  # names in `include` of the main file
    search: FileSearch = field(init=False)

    def __post_init__(self) -> None:
        self.search = FileSearch(self.main.parent)

    def read(self) -> None:
        """Read the main file and all that it includes."""
        self._read(self.main, ())

    def _read(self, file: Path, above: tuple[Path, ...]) -> None:
        try:
            document = read_document(file)
        except ConfigurationError as error:
            self.problems += error.problems
            return
        if document.data is None:
            if above:  # a file that was cut short by mistake must not switch the filters off
                sentence = "the file is empty: take it out of `include`, or write its keys"
                self.problems.append(Problem(Mark(file), "", sentence))
            return
        if not isinstance(document.data, dict):
            self.problems.append(Problem(document.values[()], "", "keys and values are expected"))
            return
        included = document.data.pop("include", None)
        self._merge(document)
        for mark, name in self._included(document, included):
            if not above:
                self.included.append(name)
            self._include(file, mark, name, (*above, file))

    def read_too(self, file: Path, keys: frozenset[str]) -> None:
        """Read a file besides those that are included, in which only these top-level keys may stand."""
        try:
            document = read_document(file)
        except ConfigurationError as error:
            self.problems += error.problems
            return
        if not isinstance(document.data, dict) or not document.data.keys() <= keys:
            sentence = f"{' and '.join(sorted(keys))} is expected here, and nothing else: the gateway writes this file"
            self.problems.append(Problem(Mark(file), "", sentence))
            return
        self._merge(document)

    def _merge(self, document: Document) -> None:
        for key, value in document.data.items():
            mark = document.keys[(key,)]
            if key in self.data:
                self.problems.append(Problem(mark, key, f"stands in {self.keys[(key,)].at_line} already"))
            else:
                self.data[key] = value
                self.adopt_below(document, key)

    def _included(self, document: Document, names: Any) -> Iterable[tuple[Mark, str]]:
        if names is None:
            return
        if not isinstance(names, list):
            self.problems.append(Problem(document.values[("include",)], "include", "a list of files is expected"))
            return
        for index, name in enumerate(names):
            mark = document.values[("include", index)]
            if isinstance(name, str) and name:
                yield mark, name
            else:
                self.problems.append(Problem(mark, f"include[{index}]", "the name of a file is expected"))

    def _include(self, file: Path, mark: Mark, name: str, above: tuple[Path, ...]) -> None:
        target = self.search.find(name, file.parent, "include")
        if target in above:
            self.problems.append(Problem(mark, "include", f"{shown_path(target)} includes itself in the end"))
        elif not target.exists():
            self.problems.append(Problem(mark, "include", self._no_such(target, name, file.parent)))
        elif target.is_dir():
            self.problems.append(Problem(mark, "include", f"{shown_path(target)} is a directory, not a file"))
        else:
            self._read(target, above)

    def _no_such(self, file: Path, name: str, beside: Path) -> str:
        return f"no such file: {shown_path(file)}{self.search.elsewhere(name, beside)}"

    def file_of(self, name: str, at: Location) -> Path | None:
        """Return the file that a value at a location names; note a problem and return None where there is none."""
        beside = self.mark(at).file.parent
        file = self.search.find(name, beside, shown_location(at))
        if file.is_file():
            return file
        self.complain(at, self._no_such(file, name, beside))
        return None

    def mark(self, at: Location) -> Mark:
        """Return the place of a value, or else of the nearest value around it."""
        while at and at not in self.values:
            at = at[:-1]
        return self.values.get(at, Mark(self.main))

    def key_mark(self, at: Location) -> Mark:
        """Return the place of a key, or else of its value."""
        return self.keys.get(at) or self.mark(at)

    def complain(self, at: Location, sentence: str, suggestion: str = "", *, key: bool = False) -> None:
        """Note a problem at a location: with its key, or with its value."""
        mark = self.key_mark(at) if key else self.mark(at)
        problem = Problem(mark, shown_location(at), sentence, suggestion)
        if problem not in self.problems:
            self.problems.append(problem)

    def adopt_below(self, document: Document, key: str) -> None:
        """Take over the marks of one top-level key, where there are none yet."""
        self.values = {at: mark for at, mark in document.values.items() if at[:1] == (key,)} | self.values
        self.keys = {at: mark for at, mark in document.keys.items() if at[:1] == (key,)} | self.keys

    def adopt(self, document: Document) -> None:
        """Take over the marks of a file whose content stands at some location of the data."""
        self.values |= document.values
        self.keys |= document.keys

    def validate(self, annotation: Any, data: Any, at: Location, but: frozenset[str] = frozenset()) -> Any:
        """Return the data in the type's form; note problems and return None when the data doesn't fit.

        Nothing is noted about the keys in `but`: their problems are known already. The data goes through JSON, where
        pydantic's strict mode takes a list for a tuple, and converts no other types.
        """
        set_alone = without_nulls(data)
        unset = unknown_unset_keys(annotation, data) if set_alone != data else ()
        misspelt = [one for one in unset if one[0][0] not in but]
        for location, known in misspelt:
            meant = nearest(location[-1], known)
            self.complain((*at, *location), "unknown key" + ("" if meant else listed(known)), meant, key=True)
        content = json.dumps(set_alone)
        try:
            return _adapter(annotation).validate_json(content, strict=True, context=self._context(at))
        except ValidationError as error:
            for complaint in complaints(error, annotation):
                if complaint.location[:1] and complaint.location[0] in but:
                    continue
                self._note(at, complaint)
            return None

    def _context(self, at: Location) -> Folder:
        """Return the search for files that the values at a location name: beside the YAML that they stand in."""
        return self.search.beside(self.mark(at).file.parent, shown_location(at))

    def _note(self, base: Location, complaint: Complaint) -> None:
        """Note a complaint without steps that aren't in the YAML: types add some (a list of one, all directions)."""
        file = self.texts.get((*base, *complaint.location))
        of_file = f"{shown_path(file)}: " if file else ""
        at = base
        for key in complaint.location[:-1]:
            at = (*at, key) if (*at, key) in self.values else at
        last = complaint.location[-1:]
        if (*at, *last) in self.values or complaint.about_key:
            at = (*at, *last)
        self.complain(at, of_file + complaint.sentence, complaint.suggestion, key=complaint.about_key)


@lru_cache(maxsize=256)
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    """Return the type's validator; making one takes longer than a section's validation."""
    return TypeAdapter(annotation)


def without_nulls(data: Any) -> Any:
    """Return the data without keys set to null, which count as unset; false and 0 are values."""
    if isinstance(data, Mapping):
        return {key: without_nulls(value) for key, value in data.items() if value is not None}
    if isinstance(data, list):
        return [without_nulls(item) for item in data]
    return data
