"""Operator commands on the journal of relayed mail: find a message, send it again, hand it out.

Each is put on record before anything is shown. The subject of mail that is labelled personal is never shown.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from gateway.act.keeper import Keeper
from gateway.act.resend import UnknownRecipient, chosen_recipients, resent_fields, resent_item
from gateway.app import Components
from gateway.assemble.journal import FOLDER, build_journal_plan, build_journal_reader
from gateway.contract import Action, Actor, HistoryRow, Refused, operation, says_something
from gateway.control.vocabulary import JOURNAL
from gateway.message.labels import PERSONAL_SUBJECT
from gateway.remember.mail_journal.entries import JournalEntry
from gateway.remember.mail_journal.journal_keys import UnreadableMessage
from gateway.remember.mail_journal.journal_reader import JournalReader
from gateway.remember.mail_journal.journal_search import FoundMessage, JournalSearch, Search
from gateway.remember.mail_journal.journal_space import used_bytes
from gateway.remember.mail_journal.segments import days_of
from gateway.services.message_ids import new_id

#: Most entries of one answer: each of them is decrypted.
MOST_FOUND = 1_000
#: The fewest characters of an id's beginning: in a UUIDv7 they stand for a minute.
LEAST_ID_CHARACTERS = 8
#: Most recipients of an entry in an answer; the rest is counted.
MOST_RECIPIENTS = 100

#: Years of times in a question: a time of the first or the last year can't be compared in every time zone.
FIRST_YEAR, LAST_YEAR = 1970, 9999

OFF = "the journal is off: `journal:` in the configuration switches it on (docs/journal.md)"


class JournalOperations:
    """Answers to `journal.*`; the roles are in `dispatch.ROLES`."""

    def __init__(self, parts: Components, keeper: Keeper) -> None:
        self._parts = parts
        self._keeper = keeper

    @operation("journal.find", "investigator")
    async def _find(
        self,
        actor: Actor,
        text: str = "",
        sender: str = "",
        recipient: str = "",
        subject: str = "",
        since: str | None = None,
        until: str | None = None,
        limit: int = 50,
        behind: Sequence[str] | None = None,
        reason: str = "",
    ) -> dict[str, Any]:
        """Return a page of entries, newest first, what is damaged, and the place of the next page."""
        if limit > MOST_FOUND:
            raise Refused(f"--limit: at most {MOST_FOUND} messages of the journal are shown at a time; --page goes on")
        if not all(isinstance(one, str) for one in (text, sender, recipient, subject)):
            raise Refused("addresses, ids and words of a subject are texts")
        search = Search(text, sender, recipient, subject, _time(since, "--since"), _time(until, "--until"))
        place = _place(behind) if behind else None
        reader = self._reader()
        await self._put_on_record(actor, JOURNAL, "find", _in_words(search, reason))
        try:
            result = await asyncio.to_thread(JournalSearch(reader, search, limit, place).answer)
        except OSError as error:
            raise Refused(f"the journal can't be read: {error}") from error
        return {
            "found": list(map(_found, result.found)),
            "damages": [{"where": one.where, "sentence": one.sentence} for one in result.damages],
            "more_damages": result.more_damages,
            "behind": [result.behind[0].isoformat(), result.behind[1]] if result.behind else None,
        }

    @operation("journal.export", "investigator")
    async def _export(self, actor: Actor, id: str, reason: str) -> dict[str, Any]:
        """Return the octets of a message as it was relayed, base64-coded."""
        entry = await self._entry(id)
        _check_reason(reason, entry)
        await self._put_on_record(actor, entry.mail_id, "export", f"from the journal: {reason}")
        content = await self._content(entry)
        return {"id": entry.id, "mail_id": entry.mail_id, "content": base64.b64encode(content).decode()}

    @operation("journal.resend", "investigator")
    async def _resend(self, actor: Actor, id: str, reason: str, recipients: Sequence[str] = ()) -> dict[str, Any]:
        """Send a message again to its recipients, or to some of them: through the outbox, tried at once."""
        parts, now = self._parts, self._parts.clock.now()
        if not all(isinstance(one, str) for one in recipients):
            raise Refused("recipients are addresses")
        entry = await self._entry(id)
        _check_reason(reason, entry)
        try:
            chosen = chosen_recipients(entry, recipients)
        except UnknownRecipient as error:
            raise Refused(str(error)) from error
        content = await self._content(entry)
        sender = parts.settings.notices_from
        block = resent_fields(chosen, sender=sender, hostname=parts.settings.hostname, now=now)
        item = resent_item(new_id(), entry, chosen, sender=sender, now=now)
        addresses = tuple(one.address for one in chosen)
        row = HistoryRow(entry.mail_id, now, actor.name, "resend", reason, addresses)
        await parts.store.outbox.add([(item, block + content)], history=[row])
        await self._keeper.empty_outbox()
        left = await parts.store.outbox.waiting([item.id])
        about = {"id": entry.id, "mail_id": entry.mail_id}
        return {**about, "recipients": list(addresses), "delivered": not left}

    @operation("journal.try", "investigator")
    async def _try(self, actor: Actor, id: str, reason: str) -> dict[str, Any]:
        """Return the octets of a relayed message and the facts of its arrival, for a trial of another configuration.

        A message that can't be tried has `left_out`, a clause that says why.
        """
        entry = await self._entry(id)
        _check_reason(reason, entry)
        if entry.client is None:
            return {"left_out": "the gateway made it"}
        await self._put_on_record(actor, entry.mail_id, "try", f"from the journal: {reason}")
        try:
            content = await asyncio.to_thread(self._reader().content, entry)
        except (UnreadableMessage, OSError) as error:
            return {"left_out": f"it can't be read: {error}"}
        envelope = asdict(entry.envelope)
        return {
            "received_at": entry.at.isoformat(),
            "listener": entry.listener,
            "client": asdict(entry.client),
            "copies": envelope.pop("recipients"),
            "envelope": envelope,
            "content": base64.b64encode(content).decode(),
        }

    async def figures(self) -> dict[str, Any] | None:
        """Return what `status` shows of the journal; None where it is off."""
        plan = build_journal_plan(self._parts.settings)
        if plan is None:
            return None
        try:
            days = await asyncio.to_thread(days_of, plan.folder)
            used = await asyncio.to_thread(used_bytes, plan.folder)
        except OSError as error:
            return {"away": str(error)}
        return {"used_bytes": used, "max_bytes": plan.max_bytes, "since": str(days[0]) if days else None}

    def notes(self) -> list[str]:
        """Return a sentence where the journal is off and its folder still holds mail, which nothing removes."""
        folder = self._parts.settings.data_dir / FOLDER
        if self._parts.settings.journal is None and days_of(folder):
            return [f"The journal is off, and {folder} still holds mail: remove that folder, or switch the journal on."]
        return []

    def _reader(self) -> JournalReader:
        reader = build_journal_reader(self._parts.settings)
        if reader is None:
            raise Refused(OFF)
        return reader

    async def _entry(self, id: str) -> JournalEntry:
        """Return the one entry with this id, or with this beginning of it; copies that were sent again count last.

        Raises Refused.
        """
        if len(id) < LEAST_ID_CHARACTERS:
            raise Refused(f"{id!r} is too short: an id needs at least {LEAST_ID_CHARACTERS} of its characters")
        try:
            found = await asyncio.to_thread(self._reader().named, id)
        except OSError as error:
            raise Refused(f"the journal can't be read: {error}") from error
        if not found:
            raise Refused(f"the journal has no message {id}: `mailwarden journal find` lists those that it has")
        found = [one for one in found if one.client is not None] or found
        if len(found) > 1:
            ids = ", ".join(one.id for one in found[:5])
            raise Refused(f"{id} stands for several messages of the journal: give one of {ids}")
        return found[0]

    async def _content(self, entry: JournalEntry) -> bytes:
        try:
            return await asyncio.to_thread(self._reader().content, entry)
        except (UnreadableMessage, OSError) as error:
            raise Refused(f"{entry.id} can't be read: {error}") from error

    async def _put_on_record(self, actor: Actor, id: str, what: Action, reason: str) -> None:
        row = HistoryRow(id, self._parts.clock.now(), actor.name, what, reason)
        await self._parts.store.trail.put_on_record(row)


def _check_reason(reason: str, entry: JournalEntry) -> None:
    """Refuse to hand out a message without a reason. Raises Refused."""
    if not says_something(reason):
        labelled = "this message is labelled personal: " if entry.personal else ""
        raise Refused(f"{labelled}--reason must say why")


def _in_words(search: Search, reason: str) -> str:
    """Return what was searched, as the record has it."""
    said = (
        search.text,
        search.sender and f"from {search.sender}",
        search.recipient and f"to {search.recipient}",
        search.subject and f"subject {search.subject}",
        f"since {search.since.isoformat()}" if search.since else "",
        f"until {search.until.isoformat()}" if search.until else "",
    )
    words = ", ".join(filter(None, said)) or "everything"
    return f"{words}: {reason}" if says_something(reason) else words


def _found(one: FoundMessage) -> dict[str, Any]:
    entry = one.entry
    recipients = entry.envelope.recipients
    return {
        "id": entry.id,
        "mail_id": entry.mail_id,
        "at": entry.at.isoformat(),
        "from": entry.envelope.mail_from,
        "to": [recipient.address for recipient in recipients[:MOST_RECIPIENTS]],
        "more_recipients": max(0, len(recipients) - MOST_RECIPIENTS),
        "directions": sorted({recipient.direction for recipient in recipients}),
        "message_id": entry.message_id,
        "subject": PERSONAL_SUBJECT if entry.personal else one.subject,
        "bytes": entry.size_bytes,
        "unreadable": one.unreadable,
    }


def _time(text: str | None, option: str) -> datetime | None:
    """Return a time in ISO 8601. Raises Refused."""
    try:
        when = None if text is None else datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise Refused(f"{option} is no time: {error}") from error
    if when and when.tzinfo is None:
        raise Refused(f"{option} needs a time zone")
    if when and not FIRST_YEAR <= when.year < LAST_YEAR:
        raise Refused(f"{option} is no time of a message")
    return when


def _place(behind: Sequence[str]) -> tuple[datetime, str]:
    """Return the place of an entry. Raises Refused for anything else."""
    try:
        at, id = behind
    except (TypeError, ValueError):
        raise Refused("--page is no place in the journal: take it from the end of the page before") from None
    when = _time(at, "--page")
    if when is None or not isinstance(id, str):
        raise Refused("--page is no place in the journal: take it from the end of the page before")
    return when, id
