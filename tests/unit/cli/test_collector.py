"""The garbage collector rests while much is loaded."""

from __future__ import annotations

import gc

import pytest

from gateway.cli.collector import collector_off


def test_it_is_off_inside_and_on_afterwards() -> None:
    """After a mistake in the configuration too."""

    def fail() -> None:
        assert not gc.isenabled()
        raise ValueError("a mistake")

    with pytest.raises(ValueError, match="a mistake"), collector_off():
        fail()
    assert gc.isenabled()
