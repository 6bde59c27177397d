"""kill -9 of a reviewer's act before each of its commits, and after the last, on both databases.

Whoever repeats the act finds it done or not done, never by halves: nothing is lost, nothing is sent twice, and the
chains of hashes are whole. Each act has a message of its own in one store, so that the store is checked once.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

import pytest

from gateway import app
from gateway.assemble.store import open_store
from gateway.contract import Actor, Client, Envelope, Recipient, Refused
from gateway.operations.dispatch import Operations
from gateway.receive.transaction import Received
from gateway.remember.in_flight import InFlight
from gateway.remember.message_log import MessageLog
from gateway.remember.store import Store
from gateway.services.message_ids import new_id
from gateway.settings.models import Settings
from tests.support.builders.judgement import FakeClock
from tests.support.servers.gateway import Gateway
from tests.support.servers.killed_desk import ALICE, CAROL, Desk, When
from tests.support.servers.postgresql import BARE, Postgresql

#: The seed of the commits of a purge that are tried: it has one for each kind of record.
SEED = int(os.environ.get("MAILWARDEN_SEED", "15"))
PURGE_COMMITS = 5

#: All mail of this sender is held; what is malformed besides is released by two people. None of it needs the sandbox.
FILTERS = """\
filters:
  - structure: {actions: {structure.malformed: {do: quarantine, release: two_people}}}
"""
MORE = """\
reviewers: {alice: [reviewer, approver], carol: [reviewer, approver]}
senders: [{block: "@outside.example"}]
"""
MALFORMED = "To: bob@example.co.uk\r\nTo: ann@example.co.uk\r\n"
WHY = {"reason": "asked"}


@dataclass(frozen=True)
class Act:
    """One act of a reviewer on a held message: what comes before it, and whether the message goes out by it."""

    name: str
    do: str
    actor: Actor = ALICE
    before: str = ""  # an act of Alice's on the message, which nothing kills
    header: str = ""
    sends: bool = False


ACTS = (
    Act("release", "quarantine.release", sends=True),
    Act("sign", "quarantine.release", header=MALFORMED),
    Act("approve", "quarantine.approve", CAROL, "quarantine.release", MALFORMED, sends=True),
    Act("delete", "quarantine.delete"),
    Act("restore", "quarantine.restore", before="quarantine.delete"),
)
#: The commit before which a message is at the next hop, and not noted as delivered: the next attempt sends it again.
DELIVERED = 3


@dataclass
class Site:
    """A store with held messages, and no gateway running."""

    gateway: Gateway
    clock: FakeClock = field(default_factory=lambda: FakeClock(datetime.now(UTC)))

    @cached_property
    def settings(self) -> Settings:
        return app.read_settings(self.gateway.config)

    async def hold(self, acts: Mapping[str, Act | None]) -> dict[str, str]:
        """Hold a message for each subject, and do what comes before its act. Return subject -> id."""
        store = await open_store(self.settings, create=True)
        parts = app.build(self.settings, store, clock=self.clock)
        journey = app.build_journey(parts, MessageLog(store.audit), lambda later: later.close(), InFlight())
        ids: dict[str, str] = {}
        keeper = app.build_keeper(parts)
        operations = Operations(parts, app.build_release(parts, keeper), keeper)
        for subject, act in acts.items():
            header = act.header if act else ""
            envelope = Envelope("eve@outside.example", (Recipient("bob@example.co.uk", "inbound"),))
            fields = f"From: eve@outside.example\r\nSubject: {subject}\r\nMessage-ID: <{subject}>\r\n{header}"
            raw = f"{fields}\r\nx\r\n".encode()
            ids[subject] = new_id()
            received = Received(
                ids[subject], self.clock.now(), "inbound", Client("192.0.2.7", "mx"), "ESMTP", envelope, raw
            )
            assert (await journey.accept(received)).ok
            if act and act.before:
                await operations.do(act.before, ALICE, {"id": ids[subject], **WHY})
        await parts.pool.close()
        await store.close()
        return ids

    async def put_aside(self) -> None:
        """Claim the rows of the outbox that are due: else the next act would send them too."""
        store = await open_store(self.settings, create=False)
        await store.outbox.claim(datetime.now(UTC), 100, 1800)
        await store.close()

    async def after(self, acts: Mapping[str, tuple[Act, str]]) -> dict[str, str]:
        """Repeat each act, empty the outbox as later rounds of the keeper do, and return subject -> state.

        `acts`: subject -> act, id.
        """
        store = await open_store(self.settings, create=False)
        self.clock.move(hours=1)  # the leases of the killed processes have run out
        parts = app.build(self.settings, store, clock=self.clock, quiet=True)
        keeper = app.build_keeper(parts)
        operations = Operations(parts, app.build_release(parts, keeper), keeper)
        await keeper.empty_outbox()
        states: dict[str, str] = {}
        for subject, (act, id) in acts.items():
            with suppress(Refused):  # it was done already
                await operations.do(act.do, act.actor, {"id": id, **WHY})
            entry = await store.quarantine.get(id)
            assert entry is not None
            states[subject] = entry.copies[0].state
            assert await store.quarantine.content(id)
        assert (await store.figures())["outbox_rows"] == 0
        await self._check_chains(store)
        await parts.pool.close()
        await store.close()
        return states

    async def purged(self, ids: Mapping[str, str]) -> None:
        """Purge to the end, and check that each message left once, with its content, and the chains are whole."""
        store = await open_store(self.settings, create=False)
        await store.purge(self.clock.now() + timedelta(days=40), 30, 180)
        assert await store.quarantine.list(state=None) == []
        gone = [act.mail_id for act in await store.trail.acts(action="purge")]
        assert sorted(gone) == sorted(ids.values())
        figures = await store.figures()
        assert (figures["held_bytes"], figures["bin_bytes"]) == (0, 0)
        await self._check_chains(store)
        await store.close()

    async def _check_chains(self, store: Store) -> None:
        assert [chain.faults for chain in await store.trail.check()] == [[], []]

    @property
    def delivered(self) -> Counter[str]:
        """The number of times that each subject came to the next hop."""
        files = (self.gateway.data_dir / "delivered" / "new").glob("*")
        subjects = (line for file in files for line in file.read_bytes().splitlines() if line.startswith(b"Subject: "))
        return Counter(line.removeprefix(b"Subject: ").decode() for line in subjects)


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Site:
    more = MORE
    if request.param == "postgresql":
        server: Postgresql = request.getfixturevalue("postgresql")
        more += f"store: {server.database(BARE)}\n"
    return Site(Gateway(tmp_path, filters=FILTERS, more=more))


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with Desk() as started:
        yield started


def test_an_act_is_done_or_not_done(site: Site, desk: Desk) -> None:
    """Killed before every commit of every act, and after the last."""
    counted = asyncio.run(site.hold({act.name: act for act in ACTS}))
    commits = {act: do(site, desk, act, counted[act.name]) for act in ACTS}
    points: dict[str, tuple[Act, int, When]] = {}
    for act, last in commits.items():
        points |= {f"{act.name} before {number}": (act, number, "before") for number in range(1, last + 1)}
        points[f"{act.name} after {last}"] = act, last, "after"
    ids = asyncio.run(site.hold({subject: act for subject, (act, _, _) in points.items()}))
    for subject, (act, number, when) in points.items():
        assert do(site, desk, act, ids[subject], number, when) == -signal.SIGKILL, subject
        asyncio.run(site.put_aside())
    states = asyncio.run(site.after({subject: (act, ids[subject]) for subject, (act, _, _) in points.items()}))
    sent = site.delivered
    for subject, (act, number, when) in points.items():
        again = act.sends and (number, when) == (DELIVERED, "before")
        assert sent[subject] == (2 if again else 1 if act.sends else 0), subject
        expected = {"delete": "deleted", "restore": "held", "sign": "held"}.get(act.name, "released")
        assert states[subject] == expected, subject


def do(site: Site, desk: Desk, act: Act, id: str, at: int = 0, when: When = "before") -> int:
    return desk.do(site.gateway.config, act.actor, act.do, {"id": id, **WHY}, at, when)


def test_a_purge_goes_on_where_it_was_killed(site: Site, desk: Desk) -> None:
    """At commits that a seed chooses: each message goes once, with one row of the history, and its octets with it."""
    site.clock.move(days=-40)
    ids = asyncio.run(site.hold({f"old {number}": None for number in range(25)}))
    site.clock.move(days=40)
    config, choose = site.gateway.config, random.Random(SEED)
    killed = 0
    for at in sorted(choose.sample(range(1, 20), PURGE_COMMITS)):
        killed += desk.do(config, ALICE, "purge", {}, at, choose.choice(("before", "after"))) == -signal.SIGKILL
    assert killed
    asyncio.run(site.purged(ids))
