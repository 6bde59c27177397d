"""The base of every mapping in the configuration: unknown keys are errors, values are frozen."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

#: Marks a key whose change a running gateway can't take over: `check` and `reload` name such a key.
RESTART: dict[str, Any] = {"restart": True}


class YamlModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def tupled(value: Any) -> Any:
    """Turn lists into tuples at every level: a validator's result is validated strictly as Python values."""
    if isinstance(value, list | tuple):
        return tuple(map(tupled, value))
    if isinstance(value, dict):
        return {key: tupled(item) for key, item in value.items()}
    return value
