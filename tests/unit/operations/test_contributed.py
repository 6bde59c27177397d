"""Operations of filters: built with services by name and with the settings of their filter's entries."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from gateway.contract import Actor, operation
from gateway.operations import contributed as module
from gateway.operations.contributed import contributed


class Counting:
    """Operations that ask for a service and for settings."""

    def __init__(self, settings: Any, ledger_administration: Any) -> None:
        self.settings = settings
        self.ledger = ledger_administration

    @operation("counting.count", "reviewer")
    async def _count(self, _: Actor) -> int:
        return len(self.settings)


class Lost:
    """Operations that ask for a service that nobody has."""

    def __init__(self, weather: Any) -> None:
        pass


class Counts:
    """A filter as far as its operations go."""

    operations: ClassVar[type] = Counting


def parts(*entries: tuple[type, str], keys: str | None = "keys") -> Any:
    return SimpleNamespace(
        clock=None,
        ours=None,
        counterparties=None,
        ledger_keys=keys,
        store=SimpleNamespace(payments=lambda keys: f"ledger by {keys}", pauses=None, tallies=None, agreements=None),
        signer=None,
        settings=SimpleNamespace(
            control_address="",
            filters=[
                SimpleNamespace(cls=cls, settings=settings, mode="off" if settings == "off" else "enforce")
                for cls, settings in entries
            ],
            retention=SimpleNamespace(audit_days=180),
        ),
    )


@pytest.fixture(autouse=True)
def _classes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "operation_classes", lambda: (Counting,))


@pytest.mark.parametrize(
    ("entries", "settings"),
    [
        ([], []),
        ([(Counts, "a")], ["a"]),
        ([(Counts, "a"), (object, "b"), (Counts, "c"), (Counts, "off")], ["a", "c"]),
    ],
)
def test_settings_are_those_of_the_filters_own_entries(entries: list[tuple[type, str]], settings: list[str]) -> None:
    """They exist without an entry too. A filter that is off counts as none."""
    (built,) = contributed(parts(*entries))
    assert isinstance(built, Counting)
    assert built.settings == settings


@pytest.mark.parametrize(("keys", "ledger"), [("keys", "ledger by keys"), (None, None)])
def test_services_come_by_name(keys: str | None, ledger: str | None) -> None:
    """Without secret.key there is no ledger."""
    (built,) = contributed(parts(keys=keys))
    assert isinstance(built, Counting)
    assert built.ledger == ledger


def test_a_service_that_nobody_has_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gateway doesn't start with such operations."""
    monkeypatch.setattr(module, "operation_classes", lambda: (Lost,))
    with pytest.raises(AttributeError, match="weather"):
        list(contributed(parts()))
