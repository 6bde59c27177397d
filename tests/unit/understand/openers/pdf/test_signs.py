"""The quick look for signs of files and actions in a PDF."""

from __future__ import annotations

from gateway.understand.openers.pdf import signs
from tests.corpus.wrapping import object_stream, pdf
from tests.support.probes.opener import budget


def test_the_cheap_look_inflates_an_object_stream_once() -> None:
    """Its name and its first offset are one sign each."""
    counted = budget(entries=1)
    assert signs.has_signs(pdf(object_stream((9, b"<< >>"))), counted) is False
