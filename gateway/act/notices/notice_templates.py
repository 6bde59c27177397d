"""Templates of notices (Jinja2): plain text whose first line is the subject, filled in with the facts of a notice.

A template may be the organisation's own, and is filled in with words from outside. So it runs in Jinja2's sandbox,
nothing is escaped, and a placeholder that the notice doesn't have is an error. Backticks of a template stand around a
command; they become a mark that no word from outside can have.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import FunctionLoader, StrictUndefined, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

#: The mark at both ends of a command in a filled-in template. Words from outside have no control characters.
COMMAND_MARK = "\x02"


class UnknownPlaceholder(ValueError):
    """A placeholder of a template that its notice doesn't have; the text has the file, the line and the placeholder."""


class NoticeTemplates:
    """Templates by name, each read at once from its file, and compiled when it is first filled in."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = files
        texts = {name: file.read_text("utf-8").replace("`", COMMAND_MARK) for name, file in files.items()}
        self._environment = ImmutableSandboxedEnvironment(
            undefined=StrictUndefined,
            autoescape=False,
            trim_blocks=True,
            loader=FunctionLoader(lambda name: (texts[name], str(files[name]), None)),
        )

    def __contains__(self, name: str) -> bool:
        return name in self._files

    def fill(self, name: str, facts: Mapping[str, Any]) -> str:
        """Return the text with its placeholders filled in. Raises UnknownPlaceholder."""
        try:
            return self._environment.get_template(name).render(facts)
        except UndefinedError as error:
            file = str(self._files[name])
            lines = [at.lineno for at in traceback.extract_tb(error.__traceback__) if at.filename == file]
            raise UnknownPlaceholder(f"{file}:{lines[-1]}: {error}" if lines else f"{file}: {error}") from error
