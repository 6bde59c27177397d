"""One YAML file as plain values, with the line and column of each value.

Scalars follow the core schema of YAML 1.2 (`off`, `no` and `17:30` are text). Anchors, aliases and `<<` work; custom
tags, keys that occur twice, aliases that contain themselves and alias bombs are problems. No objects are built.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined]  # the stubs import it without handing it on
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.resolver import Resolver

from gateway.settings.yaml.problems import ConfigurationError, Location, Mark, Problem, shown, shown_location

#: The most octets of a file. A directory of some 50,000 people fits; a log file that was named by mistake does not.
MAX_FILE_BYTES = 16 * 1024 * 1024
#: The most values in one file, aliases expanded (50,000 people have 400,000): bounds the growth by nested aliases.
MAX_VALUES = 500_000
#: The most levels. The configuration needs 8; the walk below is recursive.
MAX_DEPTH = 50

_TAG = "tag:yaml.org,2002:"
_KNOWN_TAGS = frozenset(_TAG + name for name in ("null", "bool", "int", "float", "str", "seq", "map", "merge"))


#: The usual causes of libyaml's messages.
_HINTS = {
    "did not find expected alphabetic or numeric character": "a value that begins with * or & needs quotes",
    "found character that cannot start any token": "a value that begins with @, ` or % needs quotes",
    "found undefined alias": "a value that begins with * needs quotes",
    "mapping values are not allowed in this context": "wrong indentation, or does a value with a colon need quotes?",
    "did not find expected key": "is the indentation wrong? The keys of one level begin in the same column",
}


class _Composer(CParser, Resolver):
    """libyaml's parser with the scalars of YAML 1.2 (10.3.2, core schema) and `<<`. It bounds nesting at 1,000."""

    def __init__(self, text: str) -> None:
        CParser.__init__(self, text)
        Resolver.__init__(self)


_Composer.yaml_implicit_resolvers = {}
for _name, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", [*"~nN", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", [*"tTfF"]),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", [*"-+0123456789"]),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", [*"-+.0123456789"]),
    ("float", r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", [*"-+."]),
    ("merge", r"<<", ["<"]),
):
    _Composer.add_implicit_resolver(_TAG + _name, re.compile(rf"(?:{_pattern})\Z"), _first)


@dataclass(frozen=True, slots=True)
class Document:
    """A file's content: `data`, and for each location the mark of the value and, in mappings, of its key."""

    file: Path
    data: Any
    values: dict[Location, Mark]
    keys: dict[Location, Mark]


def read_document(file: Path, at: Location = ()) -> Document:
    """Read a YAML file whose content belongs at `at`. Raises ConfigurationError with all problems in the file."""
    node = _compose(file, read_text(file))
    walk = _Walk(file)
    data = walk.value(node, at) if node is not None else None
    if walk.problems:
        raise ConfigurationError(walk.problems)
    return Document(file, data, walk.values, walk.keys)


def read_top_level(file: Path, keys: Collection[str]) -> dict[str, Any]:
    """Return the values of those of the top-level keys that a YAML file has; the others are not looked at.

    Mistakes in the values are passed over. Raises ConfigurationError where the file can't be read or is no YAML.
    """
    node = _compose(file, read_text(file))
    walk = _Walk(file)
    pairs = walk.pairs(node) if isinstance(node, MappingNode) else {}
    return {key: walk.value(pairs[key][1], (key,)) for key in keys if key in pairs}


def read_text(file: Path) -> str:
    """Return the text of a UTF-8 file of at most MAX_FILE_BYTES. Raises ConfigurationError."""
    if not file.exists():
        raise _whole(file, "no such file")
    if not file.is_file():
        raise _whole(file, "a file is expected, not a directory" if file.is_dir() else "a plain file is expected")
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise _whole(file, f"can't be read: {error.strerror}") from error
    if len(content) > MAX_FILE_BYTES:
        raise _whole(file, f"is larger than {MAX_FILE_BYTES} bytes")
    return _decoded(file, content)


def _whole(file: Path, sentence: str) -> ConfigurationError:
    return ConfigurationError([Problem(Mark(file), "", sentence)])


def _decoded(file: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode("utf-8", "replace")
        raise ConfigurationError([Problem(_position(file, before), "", "the file is not UTF-8")]) from error


def _position(file: Path, before: str) -> Mark:
    return Mark(file, before.count("\n") + 1, len(before) - before.rfind("\n"))


def _compose(file: Path, text: str) -> Node | None:
    composer = _Composer(text)
    try:
        node: Node | None = composer.get_single_node()
    except yaml.MarkedYAMLError as error:
        raise ConfigurationError([_syntax_problem(file, text, error)]) from error
    except yaml.reader.ReaderError as error:
        before = text.encode()[: error.position].decode("utf-8", "ignore")
        raise ConfigurationError([Problem(_position(file, before), "", "a control character stands here")]) from error
    return node


def _syntax_problem(file: Path, text: str, error: yaml.MarkedYAMLError) -> Problem:
    place = error.problem_mark or error.context_mark
    mark = Mark(file, place.line + 1, place.column + 1) if place else Mark(file)
    if place and _character_at(text, place.line, place.column) == "\t":
        return Problem(mark, "", "a tab can't indent YAML: use spaces")
    hint = _HINTS.get(str(error.problem))
    sentence = f"not YAML: {error.problem}" + (f" ({hint})" if hint else "")
    if error.context and error.context_mark and error.context_mark.line + 1 != mark.line:
        sentence += f" ({error.context} that begins on line {error.context_mark.line + 1})"
    return Problem(mark, "", sentence)


def _character_at(text: str, line: int, column: int) -> str:
    """Return the character; "" past the end, where the parser marks what is missing."""
    return "".join(text.split("\n")[line : line + 1])[column : column + 1]


class _Stop(Exception):
    """The file has too many values: nothing after this is worth a report."""


@dataclass(slots=True)
class _Walk:
    """The walk from nodes to plain values, which gathers marks and problems."""

    file: Path
    values: dict[Location, Mark] = field(default_factory=dict)
    keys: dict[Location, Mark] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    inside: set[int] = field(default_factory=set)  # ids of the nodes being walked: an alias to one would never end
    count: int = 0

    def value(self, node: Node, at: Location) -> Any:
        try:
            return self._value(node, at)
        except _Stop:
            return None

    def pairs(self, node: MappingNode) -> dict[str, tuple[Node, Node]]:
        """Return the top-level keys with their nodes."""
        return self._pairs(node, ())

    def _value(self, node: Node, at: Location) -> Any:
        self._count(node, at)
        self.values[at] = self._mark(node)
        if node.tag not in _KNOWN_TAGS:
            return self._problem(node, at, f"the tag {shown(node.tag)} is not allowed")
        if isinstance(node, ScalarNode):
            return self._scalar(node, at)
        with self._entered(node, at) as entered:
            if not entered:
                return None
            return self._mapping(node, at) if isinstance(node, MappingNode) else self._sequence(node, at)

    def _count(self, node: Node, at: Location) -> None:
        self.count += 1
        if self.count > MAX_VALUES:
            self._problem(node, at, f"more than {MAX_VALUES} values, aliases expanded")
            raise _Stop

    @contextmanager
    def _entered(self, node: Node, at: Location) -> Iterator[bool]:
        if id(node) in self.inside:
            self._problem(node, at, "an alias stands inside what it repeats")
            yield False
        elif len(self.inside) >= MAX_DEPTH:
            self._problem(node, at, f"nested more than {MAX_DEPTH} levels deep")
            yield False
        else:
            self.inside.add(id(node))
            yield True
            self.inside.remove(id(node))

    def _scalar(self, node: ScalarNode, at: Location) -> Any:
        text, kind = node.value, node.tag.removeprefix(_TAG)
        try:
            match kind:
                case "null":
                    return None
                case "bool":
                    return {"true": True, "false": False}[text.lower()]
                case "int":
                    return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
                case "float":
                    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
        except (ValueError, KeyError):
            return self._problem(node, at, f"{shown(text)} is not of the type {kind}")
        return text

    def _sequence(self, node: Node, at: Location) -> list[Any]:
        return [self._value(item, (*at, index)) for index, item in enumerate(node.value)]

    def _mapping(self, node: MappingNode, at: Location) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, (key_node, value) in self._pairs(node, at).items():
            self.keys[(*at, key)] = self._mark(key_node)
            found[key] = self._value(value, (*at, key))
        return found

    def _pairs(self, node: MappingNode, at: Location) -> dict[str, tuple[Node, Node]]:
        """Return keys with their nodes: the mapping's own first, then those that `<<` adds without overriding."""
        own: dict[str, tuple[Node, Node]] = {}
        merged: list[Node] = []
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                self._problem(key, at, "a key must be a word")
            elif key.tag == _TAG + "merge":
                merged += value.value if isinstance(value, SequenceNode) else [value]
            elif key.value in own:
                first = own[key.value][0].start_mark.line + 1
                self._problem(key, (*at, key.value), f"stands twice; the first is on line {first}")
            else:
                own[key.value] = (key, value)
        for source in merged:
            for name, pair in self._merge(source, at).items():
                own.setdefault(name, pair)
        return own

    def _merge(self, source: Node, at: Location) -> dict[str, tuple[Node, Node]]:
        self._count(source, at)
        if not isinstance(source, MappingNode):
            self._problem(source, at, "<< merges mappings only")
            return {}
        with self._entered(source, at) as entered:
            return self._pairs(source, at) if entered else {}

    def _mark(self, node: Node) -> Mark:
        return Mark(self.file, node.start_mark.line + 1, node.start_mark.column + 1)

    def _problem(self, node: Node, at: Location, sentence: str) -> None:
        self.problems.append(Problem(self._mark(node), shown_location(at), sentence))
