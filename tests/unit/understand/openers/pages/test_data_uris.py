"""Values that are a data: URI."""

from __future__ import annotations

from gateway.understand.openers.pages.data_uris import data_uri


def test_a_whole_value() -> None:
    """The value is one data URI, as in a vCard."""
    found = data_uri(b"data:image/png;base64,TVo=")
    assert found is not None
    assert (found.content, found.media_type) == (b"MZ", "image/png")
    assert data_uri(b"https://x.test/") is None
