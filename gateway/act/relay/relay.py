"""Relaying: next hops in turn, their pooled connections, their capabilities, and the recipients they accept.

Every outcome is a reply for each recipient, also for network trouble. `Relay` decides nothing about a message, and
never sends one a second time once a next hop may have it (RFC 1047).
"""

from __future__ import annotations

import asyncio
import math
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

import structlog

from gateway.act.relay import commands, maildir
from gateway.act.relay.commands import Transaction
from gateway.act.relay.connection import UNREACHABLE, Connection, NextHopTrouble, Timeouts
from gateway.act.relay.connection_pool import NoFreeConnection, Pool
from gateway.act.relay.content import Content
from gateway.act.relay.handshake import ConnectionOpener
from gateway.act.relay.next_hop import MAILDIR, Capabilities, NextHop, parse_next_hop, what_all_offer
from gateway.act.relay.recipient_cache import RecipientCache
from gateway.act.relay.transaction import ask, send
from gateway.measures.measures import MEASURES
from gateway.smtp.reply import Reply

__all__ = ["Capabilities", "NextHop", "Relay", "Timeouts", "Transaction", "parse_next_hop"]

#: Connections to one next hop for each process. Postfix opens 20 to a destination, and takes 50 from one client.
POOL_SIZE = 20

#: Seconds that a message waits for a connection; the client is still there then.
POOL_WAIT_SECONDS = 30.0

#: Seconds for a probe at RCPT: the client waits for the answer, and a temporary one costs it little.
VERIFY_SECONDS = 30.0

#: Seconds that a failed next hop is tried after the others, so that a dead first one doesn't cost each message a
#: connect time-out.
REST_SECONDS = 60.0

#: Seconds between log lines while a next hop's trouble stays the same: each next hop is asked every few seconds.
SAY_AGAIN_SECONDS = 60.0

TAKEN = Reply(250, "2.1.5", "The recipient is fine")
CANNOT_ASK = Reply(451, "4.4.0", "The next mail server can't be asked about recipients")

Result = TypeVar("Result")

_log = structlog.get_logger("relay")


class Relay:
    """The outgoing side of one process. `hostname` goes into EHLO; `tls_context` verifies next hops."""

    def __init__(
        self,
        hostname: str,
        *,
        tls_context: ssl.SSLContext | None = None,
        pool_size: int = POOL_SIZE,
        pool_wait_seconds: float = POOL_WAIT_SECONDS,
        verify_seconds: float = VERIFY_SECONDS,
        timeouts: Timeouts | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._opener = ConnectionOpener(hostname, timeouts or Timeouts(), tls_context)
        self._pool_size = pool_size
        self._pool_wait_seconds = pool_wait_seconds
        self._verify_seconds = verify_seconds
        self._monotonic = monotonic
        self._verdicts = RecipientCache(monotonic)
        self._pools: dict[NextHop, Pool] = {}
        self._offers: dict[NextHop, Capabilities] = {}
        self._resting: dict[NextHop, float] = {}
        self._said: dict[NextHop, tuple[str, float]] = {}  # next hop in trouble -> the detail logged, and when

    async def send(
        self,
        hops: Sequence[NextHop],
        transaction: Transaction,
        content: Sequence[bytes],
        *,
        crlf_only: bool = False,
        begin_by_seconds: float | None = None,
    ) -> dict[str, Reply]:
        """Send one message; return address -> reply, for every recipient.

        The chunks of `content` go out unchanged; CRLF is added only where the last one lacks it. `begin_by_seconds` is
        the time until the final dot; a message that isn't out by then is a temporary failure. `crlf_only`: the caller
        knows that no CR or LF stands alone.
        """
        whole = Content(content, crlf_only=crlf_only)
        deadline = _deadline(begin_by_seconds)
        replies = dict.fromkeys((recipient.address for recipient in transaction.recipients), UNREACHABLE)
        for hop in self._in_turn(hops):
            try:
                if hop.scheme == "maildir":
                    return dict.fromkeys(replies, await _store(hop, content))
                refused = commands.refusal(transaction, whole)
                return (
                    dict.fromkeys(replies, refused) if refused else await self._send(hop, transaction, whole, deadline)
                )
            except NoFreeConnection as trouble:
                # The next hop is well, only busy. The other hops are for a next hop that fails.
                return dict.fromkeys(replies, trouble.reply)
            except NextHopTrouble as trouble:
                self._note(hop, trouble)
                replies = dict.fromkeys(replies, trouble.reply)
        return replies

    async def verify(self, hops: Sequence[NextHop], mail_from: str, recipient: str) -> Reply:
        """Return the next hop's reply for a recipient: ask (MAIL, RCPT, RSET), or use the remembered reply.

        Replies are kept for each reverse-path apart: with "" one reply serves all senders. A refused MAIL says nothing
        about the recipient: the result is a temporary reply, and isn't kept.
        """
        key = (tuple(hops), mail_from, recipient)
        reply = self._verdicts.get(key)
        if reply is None:
            reply, about_recipient = await self._probe(hops, mail_from, recipient)
            if not about_recipient:
                return CANNOT_ASK if reply.permanent else reply
            self._verdicts.put(key, reply)
        return reply

    def offers(self, hops: Sequence[NextHop]) -> Capabilities | None:
        """Return what all of these hops offer, as last learned; None until the capabilities of each are known."""
        known = [MAILDIR if hop.scheme == "maildir" else self._offers.get(hop) for hop in hops]
        return what_all_offer(one for one in known if one is not None) if known and None not in known else None

    async def learn(self, hops: Sequence[NextHop]) -> None:
        """Ask these hops for their capabilities. One that can't be reached keeps the known ones, and is logged."""
        for hop in hops:
            if hop.scheme == "maildir":
                continue
            try:
                async with self._pool(hop).place(math.inf):
                    (await self._open(hop, math.inf)).quit()
            except NoFreeConnection:
                continue  # the messages that use its connections learn the same
            except NextHopTrouble as trouble:
                self._note(hop, trouble)

    @property
    def troubles(self) -> dict[NextHop, str]:
        """The next hops that failed when they were last tried, each with what was wrong."""
        return {hop: detail for hop, (detail, _) in self._said.items()}

    async def close(self) -> None:
        """Close the idle connections. Call this when no message is under way."""
        for pool in self._pools.values():
            await pool.close()

    # --- one next hop ---

    async def _send(self, hop: NextHop, envelope: Transaction, content: Content, deadline: float) -> dict[str, Reply]:
        async def talk(connection: Connection) -> dict[str, Reply]:
            plan = commands.plan(envelope, content, connection.capabilities)
            if not plan.recipients:
                return plan.refused
            began = self._monotonic()
            replies = await send(connection, plan, content)
            MEASURES.observe("relay_seconds", str(hop), seconds=self._monotonic() - began)
            sent = zip(plan.recipients, replies, strict=True)
            return plan.refused | {recipient.address: _handed_on(reply) for recipient, reply in sent}

        return await self._over_connection(hop, deadline, talk)

    async def _probe(self, hops: Sequence[NextHop], mail_from: str, recipient: str) -> tuple[Reply, bool]:
        """Return the reply, and whether it may be kept."""

        async def talk(connection: Connection) -> tuple[Reply, bool]:
            lines = commands.probe(mail_from, recipient, connection.capabilities)
            if isinstance(lines, Reply):
                return lines, True
            mail, rcpt = await ask(connection, *lines)
            return _handed_on(rcpt or mail), rcpt is not None

        reply = UNREACHABLE
        deadline = _deadline(self._verify_seconds)
        for hop in self._in_turn(hops):
            if hop.scheme == "maildir":
                return TAKEN, True
            try:
                return await self._over_connection(hop, deadline, talk)
            except NoFreeConnection as trouble:
                return trouble.reply, False
            except NextHopTrouble as trouble:
                self._note(hop, trouble)
                reply = trouble.reply
        return reply, True

    async def _over_connection(
        self, hop: NextHop, deadline: float, talk: Callable[[Connection], Awaitable[Result]]
    ) -> Result:
        """Talk over a pooled connection; if it fails before the final dot, talk once more over a fresh one."""
        pool = self._pool(hop)
        async with pool.place(deadline):
            connection = pool.idle()
            if connection is not None:
                try:
                    return await _talk(pool, connection, deadline, talk)
                except NextHopTrouble as trouble:
                    _log.debug("next_hop.stale", hop=str(hop), detail=trouble.detail)
            return await _talk(pool, await self._open(hop, deadline), deadline, talk)

    async def _open(self, hop: NextHop, deadline: float) -> Connection:
        began = self._monotonic()
        connection = await self._opener.connect(hop, deadline)
        MEASURES.observe("next_hop_connect_seconds", str(hop), seconds=self._monotonic() - began)
        MEASURES.state("next_hop_up", str(hop), value=1)
        self._offers[hop] = connection.capabilities
        self._resting.pop(hop, None)
        self._said.pop(hop, None)
        return connection

    def _pool(self, hop: NextHop) -> Pool:
        pool = self._pools.get(hop)
        if pool is None:
            pool = self._pools[hop] = Pool(self._pool_size, self._pool_wait_seconds)
        return pool

    def _in_turn(self, hops: Sequence[NextHop]) -> Sequence[NextHop]:
        """Return the hops as configured, those that failed just now last."""
        if not self._resting or len(hops) == 1:
            return hops
        now = self._monotonic()
        return sorted(hops, key=lambda hop: self._resting.get(hop, 0.0) > now)

    def _note(self, hop: NextHop, trouble: NextHopTrouble) -> None:
        now = self._monotonic()
        MEASURES.state("next_hop_up", str(hop), value=0)
        self._resting[hop] = now + REST_SECONDS
        detail, since = self._said.get(hop, ("", now))
        if trouble.detail != detail or now >= since + SAY_AGAIN_SECONDS:
            self._said[hop] = trouble.detail, now
            _log.warning("next_hop.trouble", hop=str(hop), detail=trouble.detail)


async def _talk(
    pool: Pool, connection: Connection, deadline: float, talk: Callable[[Connection], Awaitable[Result]]
) -> Result:
    """Talk, then put the connection back. An early end, also a cancellation, drops the connection."""
    connection.limit(deadline)
    try:
        result = await talk(connection)
    except BaseException:
        connection.abort()
        raise
    pool.put_back(connection)
    return result


async def _store(hop: NextHop, content: Sequence[bytes]) -> Reply:
    try:
        await asyncio.to_thread(maildir.store, Path(hop.path), content)
    except OSError as error:
        _log.warning("next_hop.trouble", hop=str(hop), detail=str(error))
        return maildir.refusal(error)
    return maildir.STORED


def _handed_on(reply: Reply) -> Reply:
    """Return the reply as our own session may send it: with a status, and no 421, which says that *we* hang up."""
    return (Reply(451, reply.status, reply.text) if reply.code == 421 else reply).with_status()


def _deadline(seconds: float | None) -> float:
    return math.inf if seconds is None else asyncio.get_running_loop().time() + seconds
