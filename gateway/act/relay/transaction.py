"""A mail transaction over one connection (RFC 5321 3.3, RFC 2033): envelope, content, a reply for each recipient.

Until the final dot all trouble is `NextHopTrouble`, and the next hop has nothing. After it trouble is a temporary
reply: the next hop may have the message (RFC 1047), so it must not be sent a second time from here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.act.relay.commands import Plan
from gateway.act.relay.connection import Connection, Unanswered
from gateway.act.relay.content import BLOCK_BYTES, Content
from gateway.smtp.reply import Reply

IN_DOUBT = Reply(451, "4.4.2", "The next mail server did not confirm the message; please try again later")

_RSET = b"RSET\r\n"
_DATA = b"DATA\r\n"


@dataclass(frozen=True, slots=True)
class _Answers:
    """Replies to an envelope; `data` is None where DATA was not sent, or not answered."""

    rcpts: Sequence[Reply]  # where MAIL was refused: its reply, for each recipient
    data: Reply | None


async def send(connection: Connection, plan: Plan, content: Content) -> list[Reply]:
    """Send one message; return a reply for each of the plan's recipients, in order. Raises NextHopTrouble."""
    connection.messages += 1
    answers = await _envelope(connection, plan)
    replies = [reply if reply.ok else _negative(connection, reply) for reply in answers.rcpts]
    accepted = sum(reply.ok for reply in replies)
    if answers.data is None or answers.data.code != 354:
        if accepted == 0:
            return replies
        refused = _negative(connection, answers.data)
        return [refused if reply.ok else reply for reply in replies]
    if accepted == 0:
        await _end_empty(connection)
        return replies
    results = iter(await _deliver(connection, content, accepted))
    return [next(results) if reply.ok else reply for reply in replies]


async def ask(connection: Connection, mail: bytes, rcpt: bytes) -> tuple[Reply, Reply | None]:
    """Send MAIL and RCPT, then reset; return both replies, RCPT's None where MAIL was refused.

    Raises NextHopTrouble.
    """
    before = _reset(connection)
    connection.in_transaction = True
    if connection.capabilities.pipelining:
        lines = [*before, mail, rcpt, _RSET]
        first, second, reset = (await connection.group(lines, len(lines)))[-3:]
        connection.in_transaction = not reset.ok
        return first, second if first.ok else None
    await _prepare(connection, before)
    first = await connection.command(mail)
    return first, await connection.command(rcpt) if first.ok else None


async def _envelope(connection: Connection, plan: Plan) -> _Answers:
    before = [*_reset(connection), *plan.xforward]
    connection.in_transaction = True
    if connection.capabilities.pipelining:
        return await _pipelined(connection, before, plan)
    await _prepare(connection, before)
    mail = await connection.command(plan.mail)
    if not mail.ok:
        return _Answers([mail] * len(plan.rcpts), None)
    rcpts = [await connection.command(line) for line in plan.rcpts]
    if not any(reply.ok for reply in rcpts):
        return _Answers(rcpts, None)
    return _Answers(rcpts, await connection.command(_DATA, connection.timeouts.data_seconds))


async def _pipelined(connection: Connection, before: Sequence[bytes], plan: Plan) -> _Answers:
    """Send MAIL, every RCPT and DATA in one write (RFC 2920 3.1)."""
    lines = [*before, plan.mail, *plan.rcpts, _DATA]
    try:
        replies = await connection.group(lines, len(lines))
    except Unanswered as trouble:
        # A server that refuses the sender and hangs up has given its reply for the whole message.
        said = trouble.replies[len(before) : len(before) + 1]
        if not said or said[0].code == 421 or said[0].code // 100 not in (4, 5):
            raise
        return _Answers([said[0]] * len(plan.rcpts), None)
    _check_reset(connection, before, replies)
    mail, *rcpts, data = replies[len(before) :]
    return _Answers(rcpts if mail.ok else [mail] * len(rcpts), data)


def _reset(connection: Connection) -> list[bytes]:
    return [_RSET] if connection.in_transaction else []


async def _prepare(connection: Connection, lines: Sequence[bytes]) -> None:
    _check_reset(connection, lines, [await connection.command(line) for line in lines])


def _check_reset(connection: Connection, lines: Sequence[bytes], replies: Sequence[Reply]) -> None:
    """Raise unless RSET was accepted: else the next MAIL would be refused. A reply to XFORWARD changes nothing."""
    if lines and lines[0] == _RSET and not replies[0].ok:
        raise connection.stop(f"it answered {replies[0]} to RSET")


async def _deliver(connection: Connection, content: Content, accepted: int) -> list[Reply]:
    """Send content and final dot; return a reply for each accepted recipient."""
    early = await _write(connection, content)
    if early is not None:
        connection.abort()
        return [_negative(connection, early)] * accepted
    # From here on the next hop may have the message, whatever happens: no deadline of ours cuts it short.
    connection.limit(math.inf)
    replies = await connection.collect(accepted if connection.lmtp else 1, connection.timeouts.final_seconds)
    connection.in_transaction = False
    if replies and not connection.lmtp:
        replies *= accepted
    replies += [IN_DOUBT] * (accepted - len(replies))
    return [reply if reply.code // 100 in (2, 4, 5) else IN_DOUBT for reply in replies]


async def _write(connection: Connection, content: Content) -> Reply | None:
    """Write the content to its end; return None, or the reply that came before the final dot was written."""
    early = connection.early()
    if early is not None:
        return early
    if content.size <= BLOCK_BYTES:
        connection.write(b"".join((*content.stuffed(), content.end)))
        return None
    for block in content.stuffed():
        connection.write(block)
        early = await connection.drained(connection.timeouts.block_seconds)
        if early is not None:
            return early
    connection.write(content.end)
    return None


async def _end_empty(connection: Connection) -> None:
    """End DATA, which was accepted without a recipient, by a lone dot (RFC 2920 3.1).

    LMTP answers nothing to such a dot (RFC 2033 4.2).
    """
    connection.write(b".\r\n")
    if not connection.lmtp:
        await connection.collect(1, connection.timeouts.data_seconds)
    connection.quit()


def _negative(connection: Connection, reply: Reply | None) -> Reply:
    """Return a 4xx or 5xx reply unchanged. Raises NextHopTrouble for any other, or 421, which is out of place here."""
    if reply is None or reply.code == 421 or reply.code // 100 not in (4, 5):
        raise connection.stop(f"it answered {reply} out of turn")
    return reply
