"""The language model as rules see it."""

from __future__ import annotations

import pytest

from gateway.language_model.process_model import ProcessModel
from gateway.matching.language_model import LanguageModel, Reading
from gateway.services.no_model import NoModel


def test_what_stands_behind_the_face() -> None:
    """The process's model and the one that has no opinion."""
    models: list[LanguageModel] = [ProcessModel("confined", on=False), NoModel()]
    assert len(models) == 2


def test_a_reading_is_a_value() -> None:
    """Two of the same weight and sentences are one, and nobody changes it."""
    reading = Reading(3.5, (("You idiot.", 3.0),))
    assert reading == Reading(3.5, (("You idiot.", 3.0),))
    assert Reading(3.5).sentences == ()
    with pytest.raises(AttributeError):
        reading.weight = 1  # type: ignore[misc]
