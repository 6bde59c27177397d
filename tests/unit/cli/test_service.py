"""The troubles of `mailwarden status`."""

from __future__ import annotations

from gateway.cli.service import _trouble


def test_no_gateway_is_the_first_trouble() -> None:
    """The others are the gateway's own sentences."""
    conditions = [{"kind": "outbox", "subject": "", "sentence": "The outbox is stuck."}]
    assert _trouble({"running": {}, "conditions": conditions}) == ["The outbox is stuck."]
    assert _trouble({"running": None, "conditions": conditions}) == [
        "No gateway is running on this configuration.",
        "The outbox is stuck.",
    ]
