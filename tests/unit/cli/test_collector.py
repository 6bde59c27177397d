"""The garbage collector rests while much is loaded."""

from __future__ import annotations

import gc

import pytest

from gateway.cli.collector import collector_off


def read(*, mistake: bool) -> bool:
    """Return whether the collector is on while a configuration is read."""
    with collector_off():
        if mistake:
            raise ValueError("a mistake")
        return gc.isenabled()


def test_it_is_off_inside_and_on_afterwards() -> None:
    """After a mistake in the configuration too."""
    assert not read(mistake=False)
    assert gc.isenabled()
    with pytest.raises(ValueError, match="a mistake"):
        read(mistake=True)
    assert gc.isenabled()
