"""Ids of messages: UUIDs of version 7."""

from __future__ import annotations

from uuid import UUID

from gateway.services.message_ids import new_id


def test_ids_sort_by_time() -> None:
    """Each is new."""
    ids = [new_id() for _ in range(1000)]
    assert ids == sorted(set(ids))
    assert {UUID(id).version for id in ids} == {7}
