"""Keys without a value: those that a model knows are unset, others are mistakes wherever a model stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from gateway.settings.yaml.unset_keys import unknown_unset_keys


class Entry(BaseModel):
    group: str
    up_to: Annotated[tuple[str, ...], Field(max_length=9)] = ()


class Outer(BaseModel):
    entries: tuple[Entry, ...] = ()
    by_name: Mapping[str, Entry] = {}
    either: Entry | Mapping[Literal["inbound", "outbound"], Entry] | str | None = None
    free: Any = None


@pytest.mark.parametrize(
    ("data", "unknown"),
    [
        ({"entries": [{"group": "buyers", "upto": None}]}, [("entries", 0, "upto")]),
        ({"entries": [{"group": "buyers", "up_to": "10000 GBP", "12000 EUR": None}]}, [("entries", 0, "12000 EUR")]),
        ({"entries": [{"group": "buyers", "up_to": None}], "by_name": None}, []),
        ({"by_name": {"one": None, "two": {"gruop": None}}}, [("by_name", "two", "gruop")]),
        ({"either": {"inbound": None, "outbound": {"gruop": None}}}, [("either", "outbound", "gruop")]),
        ({"either": "inbound", "free": {"anything": None}, "entrys": None}, [("entrys",)]),
        ([None], []),
    ],
)
def test_unknown_keys_without_a_value(data: Any, unknown: list[tuple[str | int, ...]]) -> None:
    assert [at for at, _ in unknown_unset_keys(Outer, data)] == unknown


def test_the_known_keys_are_told() -> None:
    assert list(unknown_unset_keys(Entry, {"upto": None})) == [(("upto",), ("group", "up_to"))]
