"""Disclaimer templates: their permitted names, and the text of a template filled in for one sender.

The templates are rendered by Jinja2 in its sandbox; in HTML every value is escaped. A line is left out if it shows
nothing but empty fields.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from difflib import get_close_matches

from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup, escape

from gateway.contract import Organisation, Person

#: Characters of a template. A disclaimer is read by people; a large one would be added to every message.
MAX_CHARACTERS = 20_000


@dataclass(frozen=True, slots=True)
class Sender:
    """The fields `sender.…` from the directory; "" where the directory has none."""

    name: str = ""
    address: str = ""
    title: str = ""
    department: str = ""
    phone: str = ""


def sender_of(person: Person | None, address: str) -> Sender:
    if person is None:
        return Sender(address=address)
    return Sender(person.name, address, person.title, person.department, person.phone)


#: Placeholder for a text that differs from sender to sender: a private-use character, which is not a letter.
DIFFERS = "\ue002"
NOBODY, ANYBODY = Sender(), Sender(*[DIFFERS] * len(fields(Sender)))

#: Names that a template may use, and their fields.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "sender": tuple(field.name for field in fields(Sender)),
    "organisation": tuple(field.name for field in fields(Organisation) if field.name not in ("timezone", "holidays")),
}

# Marks of printed fields while lines are judged: private-use characters, which are removed from every value.
_EMPTY, _FILLED = "\ue000", "\ue001"
_PRIVATE = re.compile(f"[{_EMPTY}{_FILLED}]")
_SEPARATOR = "[,;|\u00b7]"
_BRACKETS = re.compile(rf"\([ \t]*{_EMPTY}[ \t]*\)")
_BEFORE = re.compile(rf"{_EMPTY}[ \t]*{_SEPARATOR}[ \t]*")
_BEHIND = re.compile(rf"[ \t]*{_SEPARATOR}?[ \t]*{_EMPTY}")
_BLANK_LINES = re.compile(r"\n{3,}")

Filled = Callable[[Sender, Organisation], str]


def template(source: str, *, html: bool) -> Filled:
    """Return the template, ready to be filled in. Raise ValueError, with the line, for an unusable template."""
    try:
        filled = _compiled(source, html=html)
        filled(Sender(), Organisation())
        filled(Sender(*FIELDS["sender"]), Organisation(*FIELDS["organisation"]))
    except (TemplateError, TypeError, ArithmeticError) as error:
        line = getattr(error, "lineno", None)
        raise ValueError(f"the template can't be used: {f'line {line}: ' if line else ''}{error}") from error
    return filled


def _compiled(source: str, *, html: bool) -> Filled:
    # A template is compiled once and used for every message. Nothing is looked up by name, so there is nothing to
    # cache.
    environment = SandboxedEnvironment(undefined=StrictUndefined, autoescape=html, finalize=_marked, cache_size=0)
    _check_names(environment, source)
    compiled = environment.from_string(source)

    def filled(sender: Sender, organisation: Organisation) -> str:
        values = {"sender": _values(asdict(sender)), "organisation": _values(asdict(organisation))}
        return _settled(compiled.render(values))

    return filled


def _check_names(environment: SandboxedEnvironment, source: str) -> None:
    """Raise ValueError for an unknown name or field, also in branches that aren't taken."""
    tree = environment.parse(source)
    for name in sorted(find_undeclared_variables(tree) - FIELDS.keys()):
        line = next(node.lineno for node in tree.find_all(nodes.Name) if node.name == name)
        raise ValueError(f"line {line}: {name!r} is undefined{_meant(name, tuple(FIELDS))}")
    for node in tree.find_all(nodes.Getattr):
        if isinstance(node.node, nodes.Name) and node.node.name in FIELDS:
            known = tuple(f"{node.node.name}.{field}" for field in FIELDS[node.node.name])
            name = f"{node.node.name}.{node.attr}"
            if name not in known:
                raise ValueError(f"line {node.lineno}: {name!r} is undefined{_meant(name, known)}")


def _meant(name: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(name, known, n=1)
    return f" (did you mean {close[0]!r}?)" if close else f"; known are {', '.join(known)}"


def _values(told: Mapping[str, str]) -> dict[str, str]:
    return {name: _PRIVATE.sub("", " ".join(value.split())) for name, value in told.items()}


def _marked(value: object) -> object:
    """Return a value with its mark. Jinja2 calls this for everything that a template prints."""
    if value == "":
        return _EMPTY
    if isinstance(value, Markup):
        return escape(_FILLED) + value
    return f"{_FILLED}{value}"


def _settled(text: str) -> str:
    lines = (_settled_line(line) for line in text.replace("\r\n", "\n").split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(line for line in lines if line is not None)).strip("\n")


def _settled_line(line: str) -> str | None:
    """Return None for a line that shows empty fields only, else the line without separators around empty fields."""
    if _EMPTY not in line:
        return line.replace(_FILLED, "")
    if _FILLED not in line:
        return None
    for pattern in (_BRACKETS, _BEFORE, _BEHIND):
        line = pattern.sub(_EMPTY if pattern is _BRACKETS else "", line)
    return line.replace(_EMPTY, "").replace(_FILLED, "").rstrip()


def as_html(text: str) -> str:
    """Return plain text as HTML: one paragraph for each block between blank lines."""
    paragraphs = re.split(r"\n[ \t]*\n", text.strip("\n"))
    return "\n".join(
        f'<p style="margin:0 0 1em">{str(escape(one)).replace(chr(10), "<br>" + chr(10))}</p>' for one in paragraphs
    )
