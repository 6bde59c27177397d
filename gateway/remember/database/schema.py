"""The tables (`held`, a held message; `held_copies`, one for each recipient; …) and their column types; no queries.

Times are integers, microseconds since 1970 in UTC: exact, compared and indexed as numbers, the same on every database,
and free of any server's time zone. `migrations/` builds these tables; a test compares both.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    text,
)

from gateway.remember.records import REPLY_CHARACTERS, written_out

#: The newest revision under `migrations/versions`; named here so that a worker starts without loading Alembic.
HEAD = "0012_0010"

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

#: The most octets of a `Name`; a key of two names fits into PostgreSQL's index.
NAME_BYTES = 1_000

_encode = json.JSONEncoder(separators=(",", ":")).encode  # `json.dumps` would make an encoder for each value


class Moment(TypeDecorator[datetime]):
    """An aware datetime as integer microseconds. A naive one is a programmer's error: ValueError."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a time zone can't be stored: {value!r}")
        return (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else EPOCH + timedelta(microseconds=value)


class Json(TypeDecorator[Any]):
    """JSON as ASCII text: takes lone surrogates and NUL, which a database's own JSON or text type refuses."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        return _encode(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


class Words(TypeDecorator[str]):
    """Text from outside, in the form of `written_out`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else _written_out(value)


class Name(Words):
    """Words by which a row is looked up. A hash replaces long ones: PostgreSQL indexes 2,704 octets at most."""

    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else as_name(value)


def as_name(text: str) -> str:
    """Return text as a column of `Name` has it."""
    octets = (words := _written_out(text)).encode()
    return words if len(octets) <= NAME_BYTES else f"sha256:{hashlib.sha256(octets).hexdigest()}"


def _written_out(text: str) -> str:
    return text if text.isascii() and "\0" not in text else written_out(text)


def oldest_head(revision: str) -> str:
    """Return the oldest HEAD whose program runs on this schema: `0009` for `0010_0009`; "" where the id names none."""
    return revision.partition("_")[2]


def folded(text: str) -> str:
    """Return the text in lower case, to compare addresses; RFC 5321 2.4 asks this only for the domain."""
    return text.lower()


def domain_sql(column: str) -> str:
    """Return the SQL of an address's domain: what stands behind the last @, or all of it. Both databases know it.

    An index is on this expression, so that no column repeats what the address says, and nobody can make them differ.
    """
    return f"substr({column}, length(rtrim({column}, replace({column}, '@', ''))) + 1)"


def refused_sql(column: str) -> str:
    """Return the SQL of whether a reply took no message; longer ones than we write would burst PostgreSQL's index."""
    return f"substr({column}, 1, 1) <> '2' AND length({column}) <= {REPLY_CHARACTERS}"


metadata = MetaData()
_number = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up an INTEGER key only

contents = Table(
    "contents",
    metadata,
    Column("sha256", LargeBinary, primary_key=True),  # of the raw octets: the same content is stored once
    Column("bytes", BigInteger, nullable=False),
    Column("packing", Text, nullable=False),  # "zlib" or "none"
    Column("stored_bytes", BigInteger, nullable=False),
    Column("stored", LargeBinary, nullable=False),
)

held = Table(
    "held",
    metadata,
    Column("id", Words, primary_key=True),
    Column("received_at", Moment, nullable=False, index=True),
    Column("listener", Words, nullable=False),
    Column("direction", Text, nullable=False),
    Column("mail_from", Words, nullable=False),
    Column("sender_folded", Words, nullable=False, index=True),
    Column("subject", Words, nullable=False),
    Column("message_id", Words, nullable=False),
    Column("codes", Json, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("stored_bytes", BigInteger, nullable=False),  # the octets it adds to `stock`; 0 when the content is gone
    Column("client", Json, nullable=False),
    Column("envelope", Json, nullable=False),
    Column("findings", Json, nullable=False),
    Column("edits", Json, nullable=False),
    Column("content", LargeBinary, ForeignKey("contents.sha256"), index=True),  # NULL when deleted for good
    Column("author", Words, nullable=False, server_default=""),
    Column("author_folded", Words, nullable=False, server_default=""),
    Column("subject_folded", Words, nullable=False, server_default=""),  # "" where the subject is labelled personal
    Column("authentication", Words, nullable=False, server_default=""),
    Column("labels", Json, nullable=False, server_default="[]"),
    Column("assigned_to", Words, nullable=False, server_default="", index=True),
    Column("keep_until", Moment),
    Column("deleted_at", Moment, index=True),  # in the bin since then; NULL = not in the bin
)

held_copies = Table(
    "held_copies",
    metadata,
    Column("held_id", Words, ForeignKey("held.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("address", Words, nullable=False),
    Column("address_folded", Words, nullable=False, index=True),
    Column("direction", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("notify", Words),
    Column("orcpt", Words),
    Column("codes", Json, nullable=False),
    Column("changed_at", Moment),
    Column("changed_by", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Index("ix_held_copies_state", "state", "held_id"),
)

held_codes = Table(
    "held_codes",
    metadata,
    Column("held_id", Words, ForeignKey("held.id", ondelete="CASCADE"), primary_key=True),
    Column("code", Words, primary_key=True),
    Index("ix_held_codes_code", "code", "held_id"),
)

retry_keys = Table(
    "retry_keys",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("seen_at", Moment, nullable=False, index=True),
    sqlite_with_rowid=False,  # one tree to walk for `known`, not an index and then the table
)

#: Running totals: "quarantine" (stored octets of all entries), "refused" (octets of the last entry without room).
stock = Table(
    "stock",
    metadata,
    Column("name", Text, primary_key=True),
    Column("amount", BigInteger, nullable=False),
)

#: The ends of the chains `audit` and `history`: at "start" the row that was purged last, at "head" the newest row.
chain_ends = Table(
    "chain_ends",
    metadata,
    Column("chain", Text, primary_key=True),
    Column("end", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False),
    Column("note", Text, nullable=False),  # JSON of a fault that the purge found, or ""
    Column("seal", LargeBinary, nullable=False),
)

history = Table(
    "history",
    metadata,
    Column("number", _number, primary_key=True, autoincrement=False),  # the place in the chain
    Column("hash", LargeBinary),
    Column("mail_id", Words, nullable=False, index=True),
    Column("at", Moment, nullable=False, index=True),
    Column("actor", Words, nullable=False),
    Column("operation", Text, nullable=False),
    Column("reason", Words, nullable=False),
    Column("addresses", Json, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Words, primary_key=True),
    Column("at", Moment, primary_key=True, autoincrement=False, index=True),
    Column("listener", Words, nullable=False),
    Column("client", Words, nullable=False),
    Column("message_id", Words, nullable=False),
    Column("mail_from", Words, nullable=False),
    Column("sender_folded", Words, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("codes", Json, nullable=False),
    Column("reply", Words, nullable=False),
    Column("ms", Json, nullable=False),
    Column("number", BigInteger),  # the place in the chain
    Column("hash", LargeBinary),
    Column("monitored", Json, nullable=False, server_default="{}"),
    Column("login", Words, nullable=False, server_default=""),
    Index("ix_audit_number", "number", unique=True),
    Index("ix_audit_sender", "sender_folded", "at"),
    Index("ix_audit_sender_domain", text(domain_sql("sender_folded")), "at"),
    Index("ix_audit_client", "client", "at"),
    # With all that a search by reply reads: the few replies that took no message are gone through one by one.
    Index(
        "ix_audit_refused",
        *("at", "reply", "id"),
        sqlite_where=text(refused_sql("reply")),
        postgresql_where=text(refused_sql("reply")),
    ),
    Index("ix_audit_message_id", "message_id", "at"),
    # Most rows have no login.
    Index("ix_audit_login", "login", "at", sqlite_where=text("login <> ''"), postgresql_where=text("login <> ''")),
)

audit_recipients = Table(
    "audit_recipients",
    metadata,
    Column("id", Words, primary_key=True),
    Column("at", Moment, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("address", Words, nullable=False),
    Column("address_folded", Words, nullable=False),
    Column("direction", Text, nullable=False),
    Column("action", Text, nullable=False),
    Index("ix_audit_recipients_address", "address_folded", "at"),
    Index("ix_audit_recipients_domain", text(domain_sql("address_folded")), "at"),
    Index("ix_audit_recipients_direction", "direction", "at"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Words, primary_key=True),
    Column("mail_id", Words, nullable=False),
    Column("kind", Text, nullable=False),
    Column("mail_from", Words, nullable=False),
    Column("recipients", Json, nullable=False),
    Column("route", Words, nullable=False),
    Column("queued_at", Moment, nullable=False),
    Column("next_attempt_at", Moment, nullable=False, index=True),
    Column("expires_at", Moment, nullable=False),
    Column("body", Words),
    Column("smtputf8", Boolean, nullable=False),
    Column("ret", Words),
    Column("envid", Words),
    Column("auth", Words),
    Column("client", Json, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_reply", Words, nullable=False),
    Column("content", LargeBinary, ForeignKey("contents.sha256"), nullable=False, index=True),
    Column("claimed_by", Text),
    Column("claimed_until", Moment),
)

#: The ends of the outbox's work on copies of messages: relayed, or given up.
relay_outcomes = Table(
    "relay_outcomes",
    metadata,
    Column("number", _number, primary_key=True, autoincrement=True),
    Column("mail_id", Words, nullable=False, index=True),
    Column("at", Moment, nullable=False, index=True),
    Column("outcome", Text, nullable=False),
    Column("reply", Words, nullable=False),
    Column("addresses", Json, nullable=False),
    Column("held_as", Words, nullable=False, index=True),  # the entry with copies that were given up, or ""
)

counters = Table(
    "counters",
    metadata,
    Column("key", Name, primary_key=True),
    Column("minute", BigInteger, primary_key=True, autoincrement=False, index=True),  # whole minutes since 1970
    Column("amount", BigInteger, nullable=False),
)

counted = Table(
    "counted",
    metadata,
    Column("key", Name, primary_key=True),
    Column("once", Name, primary_key=True),
    Column("at", Moment, nullable=False, index=True),
)

deferrals = Table(
    "deferrals",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("filter", Words, primary_key=True),
    Column("first_at", Moment, nullable=False, index=True),
)

#: Pairs of an address of ours and one outside; `pair` is a keyed hash of both.
correspondents = Table(
    "correspondents",
    metadata,
    Column("pair", LargeBinary, primary_key=True),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False, index=True),
    Column("received", BigInteger, nullable=False),
    Column("sent", BigInteger, nullable=False),
    sqlite_with_rowid=False,  # as retry_keys: read for every inbound message
)

#: Accounts by counterparty; both are keyed hashes, the account's together with its counterparty.
ledger = Table(
    "ledger",
    metadata,
    Column("counterparty", LargeBinary, primary_key=True),
    Column("account", LargeBinary, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False, index=True),
    Column("dates", BigInteger, nullable=False),
    Column("verified", Boolean, nullable=False),
    sqlite_with_rowid=False,  # read by counterparty: the rows of one lie together
)

#: The domains that an administrator has typed in, so that a list can name them; never learned from mail.
ledger_names = Table(
    "ledger_names",
    metadata,
    Column("counterparty", LargeBinary, primary_key=True),
    Column("name", Words, nullable=False),
)

#: Blocked accounts, addresses and domains; `key` is a keyed hash.
blocked = Table(
    "blocked",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("mail_id", Words, nullable=False),
    sqlite_with_rowid=False,  # as retry_keys: read for every message
)

#: The signature of the first of two people who release a copy.
signatures = Table(
    "signatures",
    metadata,
    Column("held_id", Words, ForeignKey("held.id", ondelete="CASCADE"), primary_key=True),
    Column("address", Words, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("uid", BigInteger, nullable=False),
    Column("actor", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("infected", Boolean, nullable=False),
    Column("verification", Json, nullable=False),
)

#: Requests of our people for the release of a held message, one of each person for a message.
requests = Table(
    "requests",
    metadata,
    Column("held_id", Words, ForeignKey("held.id", ondelete="CASCADE"), primary_key=True),
    Column("person", Words, primary_key=True),  # in lower case
    Column("addresses", Json, nullable=False),
    Column("text", Words, nullable=False),
    Column("notice", Json, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("answered_at", Moment),
    Column("answered_by", Words, nullable=False),
    Column("answer", Words, nullable=False),
    Index("ix_requests_state", "state", "held_id"),
)

#: Keys that are blocked for a while: threads that have become a storm.
pauses = Table(
    "pauses",
    metadata,
    Column("key", Name, primary_key=True),
    Column("until", Moment, nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("reason", Words, nullable=False),
)

#: Keys that senders have confirmed for good; each is a keyed hash.
confirmed = Table(
    "confirmed",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("at", Moment, nullable=False, index=True),
    sqlite_with_rowid=False,  # as correspondents: looked up by key
)

#: Messages of our people that wait for an answer; `key` is a keyed hash of the Message-ID.
awaited_receipts = Table(
    "awaited_receipts",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("person", Name, nullable=False, index=True),  # whom to remind
    Column("mail_id", Words, nullable=False),
    Column("domains", Json, nullable=False),  # of the recipients: answers come from there
    Column("sent_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False, index=True),
    sqlite_with_rowid=False,  # as confirmed
)

#: Addresses outside that were asked whether they agree to something, and their answers.
agreements = Table(
    "agreements",
    metadata,
    Column("address", Name, primary_key=True),
    Column("id", Text, nullable=False),  # the request's: a reply names it
    Column("state", Text, nullable=False),  # "asked", "agreed" or "declined"
    Column("asked_at", Moment, nullable=False),
    Column("asked_by", Words, nullable=False),
    Column("until", Moment, nullable=False),  # end of the time to answer
    Column("answered_at", Moment),
    Column("reply_id", Text, nullable=False),  # our id of the reply; "" = none
    Column("lapses_at", Moment, index=True),  # the purge may remove the row from then on; never where it is null
)

#: Tokens that are used up.
tokens_used = Table(
    "tokens_used",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    Column("at", Moment, nullable=False, index=True),
)

pending_notices = Table(
    "pending_notices",
    metadata,
    Column("number", _number, primary_key=True, autoincrement=True),
    Column("person", Words, nullable=False),
    Column("filter", Words, nullable=False),
    Column("quarantine_id", Words, nullable=False, index=True),
    Column("role", Text, nullable=False),
    Column("payload", Json, nullable=False),
    Column("queued_at", Moment, nullable=False, index=True),
    Column("sent_at", Moment),
    Index("ix_pending_notices_unsent", "sent_at", "person", "filter"),
)

notice_times = Table(
    "notice_times",
    metadata,
    Column("person", Words, primary_key=True),
    Column("filter", Words, primary_key=True),
    Column("last_sent_at", Moment, nullable=False, index=True),
)
