"""Ordinary mail in odd shapes is not held."""

from __future__ import annotations

import pytest

from tests.corpus.ordinary import rows
from tests.generated.entities.judged import Gateway

ROWS = dict(rows())


@pytest.fixture(scope="module")
def gateway() -> Gateway:
    return Gateway()


@pytest.mark.parametrize("name", ROWS)
def test_ordinary_mail_is_not_held(name: str, gateway: Gateway) -> None:
    """Neither for its form nor for what is attached."""
    assert gateway.codes(gateway.understood(ROWS[name])) == ()


def test_there_are_enough() -> None:
    """There are as many rows as were asked for."""
    assert len(ROWS) >= 95
