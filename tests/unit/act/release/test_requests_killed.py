"""A process that dies at any commit of a notice, a digest, a request or its answer: nothing is lost or said twice.

The death is an exception in place of a commit, or behind it; what was in memory goes on, as another process would begin
anew. A mail may reach the next hop twice (the outbox's promise), but always with the same octets.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.remember.database.database import Database
from gateway.remember.database.errors import NotHeld
from tests.support.builders.confirmations import CONTROL, ONE
from tests.support.builders.judgement import finding
from tests.support.builders.requests import BOB, told, writes
from tests.support.servers.embedded_gateway import EmbeddedGateway

#: Commits of the story, and the deaths that are tried each time, chosen by a seed: one costs half a second.
COMMITS, TRIED = 16, 8
DEATHS = [(commit, behind) for commit in range(1, COMMITS + 1) for behind in (False, True)]


class Killed(RuntimeError):
    """The process has died."""


class Deaths:
    """A database whose commit of this number kills, before it or behind it."""

    def __init__(self, at: int, *, behind: bool) -> None:
        self.commits = 0
        self._at, self._behind = at, behind
        self._writing = Database.writing

    def replaced(self) -> Callable[[Database], AbstractAsyncContextManager[Any]]:
        """Return the method to put in place of `Database.writing`."""

        @asynccontextmanager
        async def writing(database: Database) -> AsyncIterator[Any]:
            self.commits += 1
            dies = self.commits == self._at
            async with self._writing(database) as connection:
                yield connection
                if dies and not self._behind:
                    raise Killed
            if dies:
                raise Killed

        return writing


async def until_done(gateway: EmbeddedGateway, step: Callable[[], Awaitable[object]]) -> None:
    """Carry out a step, and once more if the process dies in it; its leases have ended by then."""
    died = False
    try:
        await step()
    except* Killed:
        died = True
    if died:
        gateway.clock.move(minutes=2)
        await step()


async def story(gateway: EmbeddedGateway) -> None:
    """Hold a message, tell Bob, send his digest, take his request, and release it."""
    gateway.probe.finds = [finding("probe.hold")]
    until = gateway.clock.now().replace(day=30)

    async def release() -> None:
        try:
            await gateway.release.release(ONE, asked=True, actor="alice", reason="expected")
        except NotHeld:
            assert (await gateway.held())[0].copies[0].state == "released"  # the first attempt was committed

    await until_done(gateway, lambda: gateway.accept(f"in:{BOB}", id=ONE))
    await until_done(gateway, gateway.tidy)
    gateway.clock.at = gateway.clock.now().replace(hour=10, minute=0)
    await until_done(gateway, gateway.tidy)
    await until_done(gateway, lambda: writes(gateway, gateway.asking.reply_to(BOB, {ONE: until})))
    await until_done(gateway, release)
    for _ in range(3):
        await until_done(gateway, gateway.tidy)
        gateway.clock.move(minutes=6)


@pytest.mark.parametrize(("commit", "behind"), random.Random(15).sample(DEATHS, TRIED))
async def test_nothing_is_lost_or_said_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, commit: int, behind: bool
) -> None:
    """One notice, one digest, one request, one answer, one mail; and the record's chain is whole."""
    deaths = Deaths(commit, behind=behind)
    async with EmbeddedGateway(tmp_path, more=f"{CONTROL}digest: {{recipients: [10]}}\n") as gateway:
        await gateway.keeper.purge()  # its many small commits are no part of the story
        with monkeypatch.context() as patch:
            patch.setattr(Database, "writing", deaths.replaced())
            await story(gateway)
        assert deaths.commits > commit  # it has died, and gone on
        subjects = [
            got.content.split(b"\r\nSubject: ")[1].split(b"\r\n")[0]
            for got in {g.content: g for g in told(gateway)}.values()
        ]
        assert sorted(subjects) == [b"1 message to you is held", b"A message to you was held", b"Released: Hello"]
        assert len({got.content for got in gateway.home.got if got.mail_from}) == 1
        (entry,) = await gateway.held()
        assert [(one.person, one.state) for one in entry.requests] == [(BOB, "granted")]
        operations = [one.operation for one in await gateway.store.trail.acts(id=ONE)]
        assert operations == ["release", "ask"]
        assert [chain.faults for chain in await gateway.store.trail.check()] == [[], []]
