"""CSV files of people and lists. This module checks that they exist; `csv_entries` reads them."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from gateway.settings.files import NamedFile
from gateway.settings.yaml.yaml_model import YamlModel


class CsvSettings(YamlModel):
    """CSV files with a header line (docs/directory.md); they are read at the start and at `reload`."""

    people: NamedFile | None = Field(default=None, description="Our people, one line for each.")
    lists: NamedFile | None = Field(
        default=None, description="Distribution lists, one line for each list, or one for each of its members."
    )

    @model_validator(mode="after")
    def _names_a_file(self) -> Self:
        if self.people is None and self.lists is None:
            raise ValueError("a file is expected: `people`, `lists` or both")
        return self
