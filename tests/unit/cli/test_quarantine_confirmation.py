"""Output of the commands about senders who confirm, with no gateway running."""

from __future__ import annotations

import asyncio
from zoneinfo import ZoneInfo

import pytest

from gateway import app
from gateway.act.local_time import local_time
from gateway.assemble.store import open_store
from gateway.contract import Client, Envelope, Recipient
from gateway.receive.transaction import Received
from gateway.remember.in_flight import InFlight
from gateway.remember.message_log import MessageLog
from gateway.services.message_ids import new_id
from tests.unit.cli.conftest import Site, with_program

CONTROL = "control_address: mailwarden@gw.example.co.uk\n"
FILTERS = """filters:
  - attachments: {directions: [inbound, outbound], actions: {attachment.executable: {do: quarantine, release: sender}}}
"""


@pytest.fixture
def asking(site: Site) -> Site:
    """Return a site with a control address."""
    site.gateway.more, site.gateway.filters = CONTROL, FILTERS
    site.gateway.write()
    return site


def take(site: Site, direction: str, others: int = 0) -> str:
    """Held mail, to so many others besides; its id."""
    return asyncio.run(_take(site, direction, others))


async def _take(site: Site, direction: str, others: int) -> str:
    settings = app.read_settings(site.config)
    store = await open_store(settings, create=True)
    parts = app.build(settings, store)
    try:
        journey = app.build_journey(parts, MessageLog(store.audit), lambda work: work.close(), InFlight())
        id, ours = new_id(), direction == "outbound"
        sender, to = ("carol@example.co.uk", "joe@outside.example")[:: 1 if ours else -1]
        everybody = (to, *(f"p{number}@outside.example" for number in range(others)))
        envelope = Envelope(sender, tuple(Recipient(one, direction) for one in everybody))  # type: ignore[arg-type]
        client = Client("127.0.0.1", trusted=ours)
        received = Received(id, parts.clock.now(), direction, client, "ESMTP", envelope, with_program())
        assert (await journey.accept(received)).ok
        return id
    finally:
        await parts.relay.close()
        await parts.pool.close()
        await store.close()


def words(text: str) -> str:
    return " ".join(text.split())


def test_a_message_that_waits_for_its_sender(asking: Site) -> None:
    """`list` and `show` say so, and until when; programs have it in a key of its own."""
    id = take(asking, "outbound")
    (row,) = asking.rows("quarantine", "list")
    assert row["waits_for_sender"]["addresses"] == ["joe@outside.example"]
    said = f"waits for its sender until {local_time(row['waits_for_sender']['until'], ZoneInfo('Europe/London'))}"
    assert said in words(asking.run("quarantine", "list", "--long").stdout)
    assert "waits for its sender" in words(asking.run("quarantine", "show", id).stdout)
    (shown,) = asking.rows("quarantine", "show", id)
    assert shown["waits_for_sender"] == row["waits_for_sender"]


def test_what_all_copies_wait_for_is_said_once(asking: Site) -> None:
    """And of a list of recipients the first; `show` has all, and doesn't say that a finding is for everybody."""
    id = take(asking, "outbound", others=11)
    listed = words(asking.run("quarantine", "list", "--long").stdout)
    assert listed.count("waits for its sender") == 1
    assert "each of 12 held copies waits for its sender until" in listed
    assert "p8@outside.example, 2 more" in listed
    shown = words(asking.run("quarantine", "show", id).stdout)
    assert shown.count("waits for its sender") == 1
    assert "p10@outside.example" in shown
    assert "only for" not in shown


def test_a_reviewer_can_release_it_still(asking: Site) -> None:
    """Then it waits for nobody."""
    id = take(asking, "outbound")
    asking.run("quarantine", "release", id, "--reason", "asked by telephone")
    (shown,) = asking.rows("quarantine", "show", id)
    assert "waits_for_sender" not in shown
    assert shown["copies"][0]["state"] == "released"


def test_when_the_time_is_over_it_waits_no_more(asking: Site) -> None:
    """It is for the reviewers alone."""
    asking.gateway.more = f"{CONTROL}confirm_limit: 1ms\n"
    asking.gateway.write()
    take(asking, "outbound")
    (row,) = asking.rows("quarantine", "list")
    assert "waits_for_sender" not in row


def test_inbound_mail_waits_for_no_sender(asking: Site) -> None:
    """A stranger releases nothing."""
    take(asking, "inbound")
    (row,) = asking.rows("quarantine", "list")
    assert "waits_for_sender" not in row


def test_check_says_who_confirms_what(asking: Site) -> None:
    """The address, the time, and the codes; for programs in the actions."""
    said = words(asking.run("check").stdout)
    assert "senders confirm at mailwarden@gw.example.co.uk, within 3 days" in said
    assert "one person or its sender releases: attachment.executable" in said
    filters = [row for row in asking.rows("check") if "filter" in row]
    found = {row["direction"]: row["actions"]["attachment.executable"]["release"] for row in filters}
    assert found == {"inbound": "one", "outbound": "sender"}


def test_check_says_nothing_without_a_control_address(site: Site) -> None:
    """The shipped configuration has no control address."""
    assert "senders confirm" not in site.run("check").stdout
