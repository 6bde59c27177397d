"""Tallies from the audit trail: codes of an area by sender, each message once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.remember.records import AuditRow
from gateway.remember.store import Store

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def row(id: str, *codes: str, sender: str = "ann@example.co.uk", message_id: str = "", days: float = 0) -> AuditRow:
    to = (("joe@outside.example", "outbound", "relay"),)
    at = NOW - timedelta(days=days)
    return AuditRow(id, at, "outbound", "192.0.2.1", message_id or f"<{id}@x>", sender, to, 10, codes, "250 ok", {})


async def test_codes_of_the_area_by_sender(tmp_path: Path) -> None:
    """Senders are in lower case, in the time; an area whose name only begins so or contains it doesn't count."""
    store = await Store.open(f"sqlite:///{tmp_path}/store.db", create=True, key=bytes(32))
    for one in (
        row("1", "area.x", "area.y", "other.z"),
        row("2", "area.x", sender="ANN@example.co.uk"),
        row("3", "area.x", sender="bob@example.co.uk"),
        row("4", "areas.x", "an.area.x", "area"),
        row("5", "area.x", days=8),
        row("6", "area.x", message_id="<1@x>"),
        row("7"),
        row("8", "area.x", days=-1),
    ):
        store.audit.append(one)
    await store.audit.flush()
    assert dict(await store.tallies.by_sender("area", NOW - timedelta(days=7), NOW + timedelta(days=1))) == {
        ("ann@example.co.uk", "area.x"): 2,
        ("ann@example.co.uk", "area.y"): 1,
        ("bob@example.co.uk", "area.x"): 1,
    }
    assert await store.tallies.has_mail(NOW - timedelta(days=9), NOW - timedelta(days=8, hours=-1))
    assert not await store.tallies.has_mail(NOW - timedelta(days=7), NOW)
    await store.close()
