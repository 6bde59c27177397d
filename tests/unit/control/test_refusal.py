"""Refusals."""

from __future__ import annotations

from gateway.control.refusal import Refused


def test_a_refusal_has_a_sentence_and_codes() -> None:
    """The codes say to a program what was refused; most refusals have none."""
    refused = Refused("not now", ["personal"])
    assert (str(refused), refused.codes, Refused("no").codes) == ("not now", ("personal",), ())
