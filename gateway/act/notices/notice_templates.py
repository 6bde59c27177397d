"""Templates of notices (Jinja2): plain text whose first line is the subject, filled in with the facts of a notice.

A template may be the organisation's own, and is filled in with words from outside. So it runs in Jinja2's sandbox,
nothing is escaped, and a placeholder that the notice doesn't have is an error. Backticks of a template stand around a
command; they become a mark that no word from outside can have.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from jinja2 import FunctionLoader, StrictUndefined, Template, TemplateError, TemplateSyntaxError, UndefinedError
from jinja2.meta import find_undeclared_variables
from jinja2.nodes import Const, Getattr, Getitem, Name
from jinja2.sandbox import ImmutableSandboxedEnvironment

from gateway.settings.yaml.problems import Mark, Problem, harmless, nearest, shown

#: Errors of an expression in a template, besides Jinja2's own.
_FAULTS = (TemplateError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
#: The mark at both ends of a command in a filled-in template. Words from outside have no control characters.
COMMAND_MARK = "\x02"


class UnknownPlaceholder(ValueError):
    """A placeholder of a template that its notice doesn't have; the text has the file, the line and the placeholder."""


class _StandIn(str):
    """The empty value of an unknown placeholder, while a template is searched for other mistakes."""


class _Unknown(str):
    """The sentence about an unknown placeholder, with its name and the value that it was asked of."""

    name: str
    beside: Any

    def __new__(cls, name: str, beside: Any) -> _Unknown:
        """Make the sentence of the placeholders that are known beside it."""
        known = beside.items() if isinstance(beside, Mapping) else ()
        self = super().__new__(cls, _unknown(name, (key for key, value in known if not isinstance(value, _StandIn))))
        self.name, self.beside = name, beside
        return self


class _Placeholder(StrictUndefined):
    """A placeholder without a value; to use it is an error that names the placeholders beside it."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        if self._undefined_hint:
            return self._undefined_hint
        return _Unknown(str(self._undefined_name), self._undefined_obj)


class NoticeTemplates:
    """Templates by name, each read at once from its file, and compiled when it is first filled in."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = files
        self._texts = {name: file.read_text("utf-8").replace("`", COMMAND_MARK) for name, file in files.items()}
        self._environment = ImmutableSandboxedEnvironment(
            undefined=_Placeholder,
            autoescape=False,
            trim_blocks=True,
            loader=FunctionLoader(lambda name: (self._texts[name], str(files[name]), None)),
        )

    def __contains__(self, name: str) -> bool:
        return name in self._files

    def fill(self, name: str, facts: Mapping[str, Any]) -> str:
        """Return the text with its placeholders filled in. Raises UnknownPlaceholder."""
        try:
            return self._environment.get_template(name).render(facts)
        except UndefinedError as error:
            mark = Mark(self._files[name], self._line(name, error))
            raise UnknownPlaceholder(f"{mark}: {error}") from error

    def mistakes(self, name: str, key: str, samples: Sequence[Mapping[str, Any]]) -> list[Problem]:
        """Return what is wrong with a template that may be filled in with facts such as the samples.

        `key` is the place in the configuration that names its file.
        """
        found = dict.fromkeys(self._found(name, samples))
        return [Problem(Mark(self._files[name], line), key, sentence) for line, sentence in found]

    def names(self, name: str, fact: str) -> bool:
        """Return whether a template names this fact of something anywhere: `id` for `{{ n.id }}`."""
        tree = self._environment.parse(self._texts[name])
        named = [node.attr for node in tree.find_all(Getattr)]
        named += [node.arg.value for node in tree.find_all(Getitem) if isinstance(node.arg, Const)]
        return fact in named

    def _found(self, name: str, samples: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, str]]:
        """Yield line and sentence of each mistake: first what no sample is needed for, in whatever branch it stands."""
        try:
            template = self._environment.get_template(name)
            tree = self._environment.parse(self._texts[name])
        except TemplateSyntaxError as error:
            yield error.lineno, harmless(error.message or "a mistake in Jinja2's syntax")
            return
        made = {node.name for node in tree.find_all(Name) if node.ctx == "store"}  # by `set`, perhaps in one branch
        known = samples[0].keys() | self._environment.globals.keys() | made
        undeclared = find_undeclared_variables(tree) - known
        names = [(node.lineno, node.name) for node in tree.find_all(Name) if node.name in undeclared]
        yield from ((line, _unknown(placeholder, samples[0])) for line, placeholder in names)
        told = {line for line, _ in names}
        for facts in samples:
            filled = deepcopy({**facts, **dict.fromkeys(undeclared, _StandIn())})
            for line, sentence, is_unknown in self._failures(name, template, filled):
                # Behind an unknown placeholder the line may fail for the want of it.
                if is_unknown or line not in told:
                    yield line, sentence
                told.add(line)

    def _failures(self, name: str, template: Template, facts: dict[str, Any]) -> Iterator[tuple[int, str, bool]]:
        """Yield the line and sentence of each failure, and whether it is an unknown placeholder's.

        Each unknown placeholder is given a value, so that the next mistake is found; the facts are changed.
        """
        while True:
            try:
                template.render(facts)
            except _FAULTS as error:
                unknown = error.args[0] if error.args and isinstance(error.args[0], _Unknown) else None
                yield self._line(name, error), harmless(str(error) or type(error).__name__), unknown is not None
                if unknown is None or not isinstance(unknown.beside, dict) or unknown.name in unknown.beside:
                    return
                unknown.beside[unknown.name] = _StandIn()
            else:
                return

    def _line(self, name: str, error: BaseException) -> int:
        """Return the line of a template at which it failed; 0 where that isn't known."""
        file = str(self._files[name])
        lines = [at.lineno or 0 for at in traceback.extract_tb(error.__traceback__) if at.filename == file]
        return lines[-1] if lines else 0


def _unknown(name: str, known: Iterable[str]) -> str:
    """Return the sentence about a placeholder that isn't one of the known ones."""
    words = sorted(known)
    meant = f" (did you mean {near}?)" if (near := nearest(name, words)) else ""
    return f"unknown placeholder {shown(name)}{meant}" + (f"; known are {', '.join(words)}" if words else "")
