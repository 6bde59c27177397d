"""A policy and a judge from the YAML of a list of filters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.directory.lookup import ConfiguredDirectory
from tests.support.builders.judgement import Bench, Policy, settings

MakePolicy = Callable[..., Policy]
MakeBench = Callable[..., Bench]


@pytest.fixture
def policy(tmp_path: Path) -> MakePolicy:
    def make(filters: str = "- probe") -> Policy:
        loaded = settings(tmp_path, filters)
        directory = ConfiguredDirectory(loaded.directory.persons, loaded.directory.groups, loaded.organisation.domains)
        return Policy(loaded.filters, directory.groups)

    return make


@pytest.fixture
def bench(tmp_path: Path) -> MakeBench:
    def make(filters: str = "- probe") -> Bench:
        return Bench(settings(tmp_path, filters).filters)

    return make
