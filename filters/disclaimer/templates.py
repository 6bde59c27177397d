"""Templates of disclaimers: what may stand in one, and a template filled in for one sender.

Jinja2 in its sandbox; in HTML every value is escaped. A line that shows nothing but fields that are empty is left out.
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
    """The fields `sender.…`, as the directory has them; "" where it has none."""

    name: str = ""
    address: str = ""
    title: str = ""
    department: str = ""
    phone: str = ""


def sender_of(person: Person | None, address: str) -> Sender:
    if person is None:
        return Sender(address=address)
    return Sender(person.name, address, person.title, person.department, person.phone)


#: Stands for what differs from sender to sender: a character for private use, which is no letter.
DIFFERS = "\ue002"
NOBODY, ANYBODY = Sender(), Sender(*[DIFFERS] * len(fields(Sender)))

#: The names that a template may use, and their fields.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "sender": tuple(field.name for field in fields(Sender)),
    "organisation": tuple(field.name for field in fields(Organisation) if field.name not in ("timezone", "holidays")),
}

# What a field printed, while lines are judged: characters for private use, which no value keeps.
_EMPTY, _FILLED = "\ue000", "\ue001"
_PRIVATE = re.compile(f"[{_EMPTY}{_FILLED}]")
_SEPARATOR = "[,;|\u00b7]"
_BRACKETS = re.compile(rf"\([ \t]*{_EMPTY}[ \t]*\)")
_BEFORE = re.compile(rf"{_EMPTY}[ \t]*{_SEPARATOR}[ \t]*")
_BEHIND = re.compile(rf"[ \t]*{_SEPARATOR}?[ \t]*{_EMPTY}")
_BLANK_LINES = re.compile(r"\n{3,}")

Filled = Callable[[Sender, Organisation], str]


def template(source: str, *, html: bool) -> Filled:
    """The template, ready to be filled in. Raises ValueError, with its line, for one that can't be used."""
    try:
        filled = _compiled(source, html=html)
        filled(Sender(), Organisation())
        filled(Sender(*FIELDS["sender"]), Organisation(*FIELDS["organisation"]))
    except (TemplateError, TypeError, ArithmeticError) as error:
        line = getattr(error, "lineno", None)
        raise ValueError(f"the template can't be used: {f'line {line}: ' if line else ''}{error}") from error
    return filled


def _compiled(source: str, *, html: bool) -> Filled:
    # A template is made once and used for every message: nothing is looked up by name, so there is nothing to cache.
    environment = SandboxedEnvironment(undefined=StrictUndefined, autoescape=html, finalize=_marked, cache_size=0)
    _check_names(environment, source)
    compiled = environment.from_string(source)

    def filled(sender: Sender, organisation: Organisation) -> str:
        values = {"sender": _values(asdict(sender)), "organisation": _values(asdict(organisation))}
        return _settled(compiled.render(values))

    return filled


def _check_names(environment: SandboxedEnvironment, source: str) -> None:
    """Every name and field, those in branches that aren't taken too."""
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
    """Jinja2 calls it for everything that a template prints."""
    if value == "":
        return _EMPTY
    if isinstance(value, Markup):
        return escape(_FILLED) + value
    return f"{_FILLED}{value}"


def _settled(text: str) -> str:
    lines = (_settled_line(line) for line in text.replace("\r\n", "\n").split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(line for line in lines if line is not None)).strip("\n")


def _settled_line(line: str) -> str | None:
    """Without the line, if all that it shows is empty; else without the separators around what is."""
    if _EMPTY not in line:
        return line.replace(_FILLED, "")
    if _FILLED not in line:
        return None
    for pattern in (_BRACKETS, _BEFORE, _BEHIND):
        line = pattern.sub(_EMPTY if pattern is _BRACKETS else "", line)
    return line.replace(_EMPTY, "").replace(_FILLED, "").rstrip()


def as_html(text: str) -> str:
    """Plain text as HTML: a paragraph for each that blank lines divide."""
    paragraphs = re.split(r"\n[ \t]*\n", text.strip("\n"))
    return "\n".join(
        f'<p style="margin:0 0 1em">{str(escape(one)).replace(chr(10), "<br>" + chr(10))}</p>' for one in paragraphs
    )
