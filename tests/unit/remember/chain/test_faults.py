"""The sentences for the faults of a chain, and their notes."""

from __future__ import annotations

import pytest

from gateway.remember.chain.faults import Fault, as_note, from_note


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (Fault("changed", 5, "m5"), "number 5 is changed, or a row from elsewhere (id m5)"),
        (Fault("moved", 5, "m5", 9), "number 5 is out of order: it was written behind number 9 (id m5)"),
        (Fault("missing", 5, other=5), "number 5 is missing"),
        (Fault("missing", 5, other=9), "numbers 5 to 9 are missing"),
        (Fault("inserted", 5), "a row with number 5 is inserted: it has no place in the chain"),
        (Fault("inserted"), "a row without a number is inserted: it has no place in the chain"),
        (Fault("recipient", id="m5"), "a recipient is inserted, or its message's row was removed (id m5)"),
        (Fault("broken", 5), "before number 5 was written, the head of the chain was changed or removed"),
        (Fault("start"), "the start of the chain is changed, removed, or sealed with another secret.key"),
        (Fault("head"), "the head of the chain is changed, removed, or sealed with another secret.key"),
        (
            Fault("missing", 5, other=9, purged="2025-08-28T12:30:15+00:00"),
            "numbers 5 to 9 are missing, as the purge of 2025-08-28 found",
        ),
    ],
)
def test_each_kind_has_its_sentence(fault, sentence):
    """It says where."""
    assert fault.sentence == sentence
    assert from_note(as_note(fault)) == fault
