"""Whatever stands at a key, a configuration is loaded or refused with lines; nothing else comes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.registry import FILTERS
from gateway.settings.loading import load
from gateway.settings.yaml.problems import ConfigurationError

WHOLE: dict[str, Any] = {
    "organisation": {"name": "X", "domains": ["example.com"], "timezone": "UTC", "holidays": "GB", "contact": "x"},
    "hostname": "gw.example.com",
    "notices_from": "it@example.com",
    "listeners": [
        {"name": "a", "address": "127.0.0.1:25", "direction": "auto", "next_hop": [{"url": "smtp://a", "tls": "off"}],
         "trusted_networks": ["10.0.0.0/8"], "proxies": ["::1"], "after_queue": False}
    ],
    "routes": {"example.org": "lmtp://b"},
    "store": "sqlite:///a.db",
    "reviewers": {"alice": ["reviewer"]},
    "limits": {"message_bytes": "1 MiB", "judge_seconds": 5},
    "defer_limit": "4h",
    "retention": {"audit_days": 3},
    "clauses": {"a.b": "Text."},
    "directory": {"people": [{"name": "A", "addresses": ["a@example.com"]}], "groups": {"it": ["*@example.org"]}},
    "filters": [
        {"virus": {"clamd": "127.0.0.1:3310", "timeout_seconds": "5s", "action": {"inbound": "tag"},
                   "notify": ["sender"]}},
        {"attachments": {"block": ["scripts"], "actions": {"attachment.macro": {"do": "tag", "label": "x"}},
                         "exempt": [{"groups": ["it"], "codes": ["attachment.*"], "networks": ["10.0.0.0/8"]}]}},
    ],
    "include": [],
}  # fmt: skip


def places(data: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from places(value, (*at, key))


def replaced(data: Any, at: tuple[Any, ...], value: Any) -> Any:
    if not at:
        return value
    copy = dict(data) if isinstance(data, dict) else list(data)
    copy[at[0]] = replaced(data[at[0]], at[1:], value)
    return copy


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
WORDS = st.sampled_from(
    ["", ".", "..", "off", "virus", "smtp://", "maildir:", "@", "*", "::", "1 MiB", "99999999999 TiB"]
)
VALUES = st.recursive(
    SCALARS | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def test_the_whole_configuration_loads(tmp_path: Path) -> None:
    """The property below starts from something right."""
    (tmp_path / "gateway.yaml").write_text(json.dumps(WHOLE))
    assert load(tmp_path / "gateway.yaml", FILTERS)


@settings(deadline=None)
@given(st.sampled_from(list(places(WHOLE))), VALUES)
def test_any_value_anywhere_is_taken_or_told(
    tmp_path_factory: pytest.TempPathFactory, at: tuple[Any, ...], value: Any
) -> None:
    """JSON is YAML: any value at any key."""
    file = tmp_path_factory.getbasetemp() / "values.yaml"
    file.write_text(json.dumps(replaced(WHOLE, at, value)))
    try:
        load(file, FILTERS)
    except ConfigurationError as error:
        lines = [str(problem) for problem in error.problems]
        assert lines
        assert all(line.isprintable() for line in lines)
