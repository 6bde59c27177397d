"""`mailwarden audience …`: a real store, and no gateway running."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from gateway import app
from gateway.assemble.store import open_store
from tests.unit.cli.conftest import Site

KEY = "audience:0123456789abcdef0123"
WHY = ("--reason", "the meeting is today")


@pytest.fixture(autouse=True)
def _store(site: Site) -> None:
    """Make the store, by a message."""
    site.take(b"From: x@y.example\r\nSubject: Hello\r\n\r\nHello\r\n")


def paused(site: Site, **span: float) -> None:
    asyncio.run(_pause(site, timedelta(**span)))


async def _pause(site: Site, span: timedelta) -> None:
    store = await open_store(app.read_settings(site.config), create=False)
    now = datetime.now(UTC)
    await store.pauses.pause(KEY, now + span, now, "10 replies to 25 people or more within 30 minutes")
    await store.close()


def test_pauses_are_listed(site: Site) -> None:
    """The list has start, end and reason of each pause; ended pauses are left out."""
    assert "No thread is paused." in site.run("audience", "pauses").stdout
    paused(site, hours=-1)
    assert site.rows("audience", "pauses") == []
    paused(site, hours=4)
    (row,) = site.rows("audience", "pauses")
    assert (row["key"], row["reason"][:10]) == (KEY, "10 replies")
    assert datetime.fromisoformat(row["until"]) - datetime.fromisoformat(row["at"]) == timedelta(hours=4)
    assert KEY in site.run("audience", "pauses").stdout


def test_a_pause_is_lifted_on_record(site: Site) -> None:
    """The record says who lifted the pause and why; a second time there is no pause to lift."""
    paused(site, hours=4)
    assert site.run("audience", "lift", KEY, *WHY).stdout == f"{KEY} is not paused any more.\n"
    assert site.rows("audience", "pauses") == []
    (row,) = site.rows("audience", "history")
    assert (row["operation"], row["key"], row["reason"]) == ("lift", KEY, WHY[1])
    assert row["actor"].endswith("(no gateway running)")
    assert "the meeting is today" in site.run("audience", "history").stdout
    assert "nothing is paused under" in site.run("audience", "lift", KEY, *WHY, code=1).stderr


def test_a_reason_is_needed(site: Site) -> None:
    """An empty one is none."""
    paused(site, hours=4)
    assert "--reason must say why" in site.run("audience", "lift", KEY, "--reason", " ", code=1).stderr
    assert len(site.rows("audience", "pauses")) == 1
    assert "Nothing is on record." in site.run("audience", "history").stdout
