"""Base of filters' settings, the files that settings name, and remarks that `check` shows."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Base of a filter's own settings: unknown keys are errors, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class YamlFile:
    """Marks a settings field whose YAML value names a YAML file; the field gets that file's content.

    `Annotated[dict[str, Category], YamlFile("attachments.yaml")]`. The file is looked for beside the YAML that names
    it, beside gateway.yaml, and among the shipped files. Where the key is absent, so is the file `default` ("": none).
    Errors carry that file's own lines.
    """

    default: str


@dataclass(frozen=True, slots=True)
class TextFile:
    """Like `YamlFile`, for a UTF-8 text file such as a template: the field gets its text."""

    default: str


@dataclass(frozen=True, slots=True)
class Remark:
    """A remark on settings of a filter that are no mistake and still can't do what they say."""

    at: tuple[str | int, ...]  # place, from the settings down: ("rules", 2, "valid_until")
    sentence: str
