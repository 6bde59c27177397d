"""The quarantine: held messages, their recipients, the reasons, and what became of them.

Nothing is written by halves: an entry, its retry keys, its notices and its outbox rows are one transaction. The
quarantine doesn't decide who may do what.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.contract import Action, HistoryRow
from gateway.remember.database.database import Database, to_the_end
from gateway.remember.database.errors import NotHeld, StoreFull
from gateway.remember.database.schema import held, held_copies
from gateway.remember.database.sqlite import KeyReader
from gateway.remember.records import (
    AuditRow,
    HeldMessage,
    OutboxItem,
    PendingNotice,
    Reading,
    RelayOutcome,
    ReleaseRequest,
    Signature,
)
from gateway.remember.rows.aftermath import write_outcomes
from gateway.remember.rows.approvals import (
    SecondApproval,
    check_signatures,
    count_signed,
    drop_signatures,
    signed_before,
    write_signatures,
)
from gateway.remember.rows.audit import write_audit
from gateway.remember.rows.bin import empty_bin, would_fit
from gateway.remember.rows.contents import Packed, pack, read_content
from gateway.remember.rows.held import Choice, chosen, read_entries, selection
from gateway.remember.rows.history import was_done, write_history
from gateway.remember.rows.hold import has_room, new_copies, remember_keys, stored_keys, write_held
from gateway.remember.rows.ledger import Row, write_acted
from gateway.remember.rows.notices import write_notices
from gateway.remember.rows.outbox import PackedItem, pack_items, write_items
from gateway.remember.rows.requests import answer_requests, write_request
from gateway.remember.rows.usage import lock_usage
from gateway.remember.used_tokens import write_used

__all__ = ["Quarantine"]


class Quarantine:
    """The entries and their changes.

    `refused_by` keeps the reason of a refusal, until this process writes an entry again.
    """

    def __init__(self, database: Database, *, max_bytes: int | None = None, keys: KeyReader | None = None) -> None:
        self._database = database
        self.max_bytes = max_bytes
        self._keys = keys
        self.refused_by: Literal["", "limit", "disk"] = ""

    async def known(self, keys: Sequence[bytes]) -> set[bytes]:
        """Return the retry keys among these that were held before, those of released and deleted copies too.

        A key is known for 5 days and until the daily purge after that. This is on the path of every message: with
        SQLite one index walk without a change of thread. Raises StoreUnavailable.
        """
        if self._keys is not None and (found := self._keys.known(keys)) is not None:
            return found
        return await self._known(keys)

    @to_the_end
    async def _known(self, keys: Sequence[bytes]) -> set[bytes]:
        async with self._database.reading() as connection:
            return await stored_keys(connection, keys)

    @to_the_end
    async def hold(
        self,
        message: HeldMessage,
        raw: bytes,
        *,
        notices: Sequence[PendingNotice] = (),
        outbox: Sequence[tuple[OutboxItem, bytes]] = (),
        outcomes: Sequence[RelayOutcome] = (),
        audit: AuditRow | None = None,
    ) -> bool:
        """Commit the entry with its notices, outbox rows, outcomes and audit row; on the disk when this returns.

        Copies whose retry key is stored already are dropped. When that is every copy, no entry, notice or audit row is
        made and the result is False; the outbox rows are committed all the same. Raises StoreFull (past the size limit,
        which counts stored, compressed octets, or on a full disk) or StoreUnavailable; then nothing was written.
        """
        packed = await pack(raw)
        queued = await pack_items(outbox)
        try:
            outcome = await self._hold(message, packed, queued, notices, outcomes, audit)
        except StoreFull:
            self.refused_by = "disk"
            raise
        if outcome is None:
            self.refused_by = "limit"
            raise StoreFull(f"the quarantine has reached its limit of {self.max_bytes} octets")
        self.refused_by = "" if outcome else self.refused_by
        return outcome

    async def _hold(
        self,
        message: HeldMessage,
        packed: Packed,
        queued: Sequence[PackedItem],
        notices: Sequence[PendingNotice],
        outcomes: Sequence[RelayOutcome],
        audit: AuditRow | None,
    ) -> bool | None:
        """Write the entry; return None when there is no room: the transaction then writes only that fact."""
        async with self._database.writing() as connection:
            await lock_usage(connection)
            copies = await new_copies(connection, message.copies)
            while copies and not await has_room(connection, len(packed.stored), self.max_bytes):
                # The bin gives way to mail that must be held, but not in vain.
                if not await would_fit(connection, len(packed.stored), self.max_bytes):
                    return None
                if not await empty_bin(connection):
                    return None
            await write_items(connection, queued)
            if not copies:
                return False
            await remember_keys(connection, copies, message.received_at)
            await write_held(connection, message, copies, packed)
            await write_notices(connection, notices, message.received_at)
            await write_outcomes(connection, outcomes)
            await write_audit(connection, [audit] if audit else [])
        return True

    @to_the_end
    async def list(
        self,
        *,
        limit: int = 100,
        offset: int = 0,
        order: str = "newest",
        behind: tuple[datetime, str] | None = None,
        **choice: Any,
    ) -> list[HeldMessage]:
        """Return the entries of a choice (the fields of `Choice`), in one of `ORDERS`.

        `behind`, an entry's time and id, begins behind that entry: a page far down costs as much as the first.
        """
        query = selection(Choice(**choice), order, behind).limit(limit).offset(offset)
        async with self._database.reading() as connection:
            return await read_entries(connection, query)

    @to_the_end
    async def count(self, **choice: Any) -> int:
        """Return the number of entries of a choice (the fields of `Choice`)."""
        query = chosen(select(func.count()).select_from(held), Choice(**choice))
        async with self._database.reading() as connection:
            return int((await connection.execute(query)).scalar_one())

    @to_the_end
    async def ids(self, start: str, *, limit: int = 3) -> Sequence[str]:
        """Return ids that begin with this text, newest first; of released and deleted entries too."""
        query = select(held.c.id).where(held.c.id >= start, held.c.id < start + chr(0x10FFFF))
        async with self._database.reading() as connection:
            return (await connection.execute(query.order_by(held.c.id.desc()).limit(limit))).scalars().all()

    @to_the_end
    async def get(self, id: str) -> HeldMessage | None:
        """Return the entry, also a deleted or released one until it is purged; None when there is none."""
        async with self._database.reading() as connection:
            found = await read_entries(connection, select(held).where(held.c.id == id))
        return found[0] if found else None

    @to_the_end
    async def content(self, id: str) -> bytes:
        """Return the raw message as it came. Raises NotHeld. Writes no history: `accessed` does."""
        async with self._database.reading() as connection:
            query = select(held.c.content).where(held.c.id == id)
            digest = (await connection.execute(query)).scalar_one_or_none()
            if digest is None:
                raise NotHeld(f"no content is held under {id}")
            return await read_content(connection, digest)

    @to_the_end
    async def release(
        self,
        id: str,
        addresses: Sequence[str],
        items: Sequence[tuple[OutboxItem, bytes]],
        *,
        actor: str,
        reason: str,
        at: datetime,
        second: SecondApproval | None = None,
        verified: Sequence[Row] = (),
        by_reply: bool = False,
        reply_key: bytes | None = None,
        notices: Sequence[PendingNotice] = (),
    ) -> None:
        """Mark these copies released and commit their outbox rows and the history row in one transaction.

        Raises NotHeld, and changes nothing, unless every address has a copy that is held: of two reviewers at the same
        time one releases. `second`: somebody else must have signed. `verified` goes into the ledger in the same
        transaction, and so do the answers to requests for these copies, and `notices`. `by_reply`: a sender's or a
        recipient's reply released them; `reply_key` is then known as used (`Tokens.is_used`). The content stays until
        it is purged.
        """
        packed = await pack_items(items)
        async with self._database.writing() as connection:
            still_held = await _check_held(connection, id, addresses)
            if second is not None:
                await check_signatures(connection, id, addresses, second)
            await drop_signatures(connection, id, addresses)
            operation: Action = "confirm" if by_reply else "approve" if second else "release"
            await write_items(connection, packed)
            await answer_requests(connection, [id], "released", actor=actor, at=at, still_held=still_held)
            await write_notices(connection, notices, at)
            if reply_key is not None:
                await write_used(connection, reply_key, at)
            by = HistoryRow(id, at, actor, operation, reason)
            await write_acted(connection, id, verified=verified, by=by)
            await _change(connection, id, tuple(addresses), operation, actor=actor, reason=reason, at=at)

    @to_the_end
    async def sign(
        self,
        id: str,
        signed: Sequence[Signature],
        *,
        reason: str,
        since: datetime,
        notices: Sequence[PendingNotice] = (),
    ) -> None:
        """Put on record that one of two people releases these copies; nothing goes out.

        `reason` is the record's; a signature older than `since` is replaced. `notices` tell the approvers, in the same
        transaction. Raises NotHeld as `release` does, and where a copy is signed already: of two reviewers at the same
        time one is the first.
        """
        first, addresses = signed[0], tuple(one.address for one in signed)
        async with self._database.writing() as connection:
            await _check_held(connection, id, addresses)
            await write_signatures(connection, id, signed, since)
            await write_notices(connection, notices, first.at)
            await write_history(connection, [HistoryRow(id, first.at, first.actor, "sign", reason, addresses)])

    @to_the_end
    async def waiting(self, since: datetime) -> int:
        """Return how many entries wait for the second of two people; signatures older than `since` don't count."""
        async with self._database.reading() as connection:
            return await count_signed(connection, since)

    @to_the_end
    async def lapsed(self, since: datetime) -> Sequence[str]:
        """Return the ids of entries with a signature from before `since`, to which no second one has come."""
        async with self._database.reading() as connection:
            return await signed_before(connection, since)

    @to_the_end
    async def lapse(
        self, id: str, addresses: Sequence[str], *, since: datetime, at: datetime, notices: Sequence[PendingNotice]
    ) -> bool:
        """Drop signatures from before `since`, with the notices and a history row. Return False where none is left."""
        async with self._database.writing() as connection:
            await connection.execute(select(held.c.id).where(held.c.id == id).with_for_update())
            if not await drop_signatures(connection, id, addresses, before=since):
                return False
            await write_notices(connection, notices, at)
            row = HistoryRow(id, at, "mailwarden", "lapse", "nobody approved the release in time", tuple(addresses))
            await write_history(connection, [row])
        return True

    @to_the_end
    async def delete(
        self,
        id: str,
        *,
        actor: str,
        reason: str,
        at: datetime,
        blocks: Sequence[Row] | None = None,
        notices: Sequence[PendingNotice] = (),
    ) -> None:
        """Put the entry into the bin: mark copies still held as deleted. `restore` takes it out; `purge` empties it.

        `blocks`: the message is reported as fraud, and these rows are blocked from now on, also by a message that lies
        in the bin already, once. `notices` are committed with it. Whoever asked for its release is told. Raises NotHeld
        when there is no such entry, and, unless it is reported, when it is in the bin already or no copy of it is held
        any more.
        """
        async with self._database.writing() as connection:
            query = select(held.c.deleted_at).where(held.c.id == id, held.c.content.is_not(None))
            found = (await connection.execute(query.with_for_update())).one_or_none()
            if found is None:
                raise NotHeld(f"nothing is held under {id}")
            if found.deleted_at is not None and blocks is None:
                raise NotHeld(f"{id} is in the bin already")
            if found.deleted_at is not None and await was_done(connection, id, "fraud", found.deleted_at):
                raise NotHeld(f"{id} is in the bin, and was reported already")
            still_held = tuple(sorted(await _held_addresses(connection, id)))
            if not still_held and blocks is None:
                raise NotHeld(f"{id} was released: nothing of it is held, and what was sent can't be called back")
            operation: Action = "delete" if blocks is None else "fraud"
            await drop_signatures(connection, id, still_held)
            await connection.execute(update(held).where(held.c.id == id).values(deleted_at=found.deleted_at or at))
            await answer_requests(connection, [id], "deleted", actor=actor, at=at)
            await write_notices(connection, notices, at)
            by = HistoryRow(id, at, actor, operation, reason)
            await write_acted(connection, id, blocks=blocks or (), by=by)
            await _change(connection, id, still_held, operation, actor=actor, reason=reason, at=at)

    @to_the_end
    async def restore(self, id: str, *, actor: str, reason: str, at: datetime) -> tuple[str, ...]:
        """Take an entry out of the bin; return the addresses whose copies are held again. Raises NotHeld.

        Copies that were deleted before the entry came into the bin, and released ones, stay as they are. So do the
        blocks of a report as fraud: an administrator lifts them; and so do the answers to requests, which are sent:
        whoever was told of the deletion may ask again.
        """
        async with self._database.writing() as connection:
            query = select(held.c.deleted_at).where(held.c.id == id, held.c.content.is_not(None))
            deleted_at = (await connection.execute(query.with_for_update())).scalar_one_or_none()
            if deleted_at is None:
                raise NotHeld(f"{id} is not in the bin")
            state, changed_at = held_copies.c.state == "deleted", held_copies.c.changed_at == deleted_at
            which = (held_copies.c.held_id == id, state, changed_at)
            addresses = tuple((await connection.execute(select(held_copies.c.address).where(*which))).scalars())
            changed = {"state": "held", "changed_at": at, "changed_by": actor, "reason": reason}
            await connection.execute(update(held_copies).where(*which).values(changed))
            await connection.execute(update(held).where(held.c.id == id).values(deleted_at=None))
            await write_history(connection, [HistoryRow(id, at, actor, "restore", reason, addresses)])
        return addresses

    @to_the_end
    async def ask(self, id: str, request: ReleaseRequest, *, reason: str) -> bool:
        """Put on record that somebody asks for the release of copies; a reviewer answers.

        `reason` is the record's. Return False, and change nothing, where this person has asked for the message before,
        unless it was restored since. Raises NotHeld unless every copy is held.
        """
        async with self._database.writing() as connection:
            await _check_held(connection, id, request.addresses)
            if not await write_request(connection, id, request):
                return False
            row = HistoryRow(id, request.asked_at, request.person, "ask", reason, request.addresses)
            await write_history(connection, [row])
        return True

    @to_the_end
    async def refuse(
        self, id: str, *, actor: str, answer: str, at: datetime, persons: Sequence[str] = ()
    ) -> tuple[str, ...]:
        """Refuse the open requests for a message, or those of `persons` alone; return whose. The message stays held.

        Each of them gets the answer. Raises NotHeld where nobody waits for one.
        """
        async with self._database.writing() as connection:
            await connection.execute(select(held.c.id).where(held.c.id == id).with_for_update())
            told = await answer_requests(
                connection, [id], "refused", actor=actor, at=at, answer=answer, persons=persons
            )
            missing = {one.lower() for one in persons} - set(told)
            if missing or not told:
                raise NotHeld(f"{', '.join(sorted(missing)) or 'nobody'} has asked for {id} and waits for an answer")
            await write_history(connection, [HistoryRow(id, at, actor, "refuse", answer, tuple(told))])
        return tuple(told)

    @to_the_end
    async def assign(self, id: str, to: str, *, actor: str, note: str, at: datetime) -> None:
        """Give an entry into somebody's hands; "" takes it out of all. The note goes on record. Raises NotHeld."""
        await self._set(id, {"assigned_to": to}, HistoryRow(id, at, actor, "assign", f"{to or 'nobody'}: {note}"))

    @to_the_end
    async def extend(
        self, id: str, until: datetime, *, actor: str, reason: str, at: datetime, retention_days: int = 0
    ) -> datetime | None:
        """Keep an entry until a later time; where it is kept as long already, return until when, and change nothing.

        `retention_days`: entries are kept so long all the same. Raises NotHeld, also for an entry in the bin, which is
        emptied all the same.
        """
        async with self._database.writing() as connection:
            columns = (held.c.received_at, held.c.keep_until, held.c.deleted_at)
            query = select(*columns).where(held.c.id == id, held.c.content.is_not(None))
            found = (await connection.execute(query.with_for_update())).one_or_none()
            if found is None:
                raise NotHeld(f"nothing is held under {id}")
            if found.deleted_at is not None:
                raise NotHeld(f"{id} is in the bin: restore it, and then keep it longer")
            by_retention = found.received_at + timedelta(days=retention_days)
            kept_until: datetime = max(by_retention, found.keep_until or by_retention)
            if kept_until >= until:
                return kept_until
            await connection.execute(update(held).where(held.c.id == id).values(keep_until=until))
            row = HistoryRow(id, at, actor, "extend", f"until {until:%Y-%m-%d}: {reason}")
            await write_history(connection, [row])
        return None

    @to_the_end
    async def note(self, id: str, text: str, *, actor: str, at: datetime) -> None:
        """Put a note about an entry on record. Raises NotHeld."""
        await self._set(id, {}, HistoryRow(id, at, actor, "note", text))

    async def _set(self, id: str, values: dict[str, Any], row: HistoryRow) -> None:
        async with self._database.writing() as connection:
            query = select(held.c.id).where(held.c.id == id, held.c.content.is_not(None))
            if (await connection.execute(query.with_for_update())).one_or_none() is None:
                raise NotHeld(f"nothing is held under {id}")
            if values:
                await connection.execute(update(held).where(held.c.id == id).values(values))
            await write_history(connection, [row])

    @to_the_end
    async def accessed(self, id: str, *, actor: str, operation: Reading, reason: str, at: datetime) -> None:
        """Put on record that someone reads the content (law 7). Call this before the content is handed out."""
        async with self._database.writing() as connection:
            if (await connection.execute(select(held.c.id).where(held.c.id == id))).first() is None:
                raise NotHeld(f"nothing is held under {id}")
            await write_history(connection, [HistoryRow(id, at, actor, operation, reason)])


async def _held_addresses(connection: AsyncConnection, id: str) -> set[str]:
    query = select(held_copies.c.address).where(held_copies.c.held_id == id, held_copies.c.state == "held")
    return set((await connection.execute(query)).scalars())


async def _check_held(connection: AsyncConnection, id: str, addresses: Sequence[str]) -> set[str]:
    """Return the other addresses that are held. Raises NotHeld unless every address is.

    This locks the entry until the end of the transaction: of two reviewers at the same time the other finds it changed.
    """
    await connection.execute(select(held.c.id).where(held.c.id == id).with_for_update())
    still_held = await _held_addresses(connection, id)
    missing = set(addresses) - still_held
    if missing:
        raise NotHeld(f"{id} is not held for {', '.join(sorted(missing))}")
    return still_held - set(addresses)


async def _change(
    connection: AsyncConnection,
    id: str,
    addresses: tuple[str, ...],
    operation: Action,
    *,
    actor: str,
    reason: str,
    at: datetime,
) -> None:
    which = (held_copies.c.held_id == id, held_copies.c.state == "held", held_copies.c.address.in_(addresses))
    state = "released" if operation in ("release", "approve", "confirm") else "deleted"
    changed: dict[str, Any] = {"state": state, "changed_at": at, "changed_by": actor, "reason": reason}
    await connection.execute(update(held_copies).where(*which).values(changed))
    await write_history(connection, [HistoryRow(id, at, actor, operation, reason, addresses)])
