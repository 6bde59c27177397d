"""The first schema: quarantine, audit trail, outbox, counters, deferrals and notices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    create_quarantine()
    create_trail()
    create_outbox()
    create_rest()


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)


def create_quarantine() -> None:
    op.create_table(
        "contents",
        sa.Column("sha256", sa.LargeBinary(), primary_key=True),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("packing", sa.Text(), nullable=False),
        sa.Column("stored_bytes", sa.BigInteger(), nullable=False),
        sa.Column("stored", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "held",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("listener", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("mail_from", sa.Text(), nullable=False),
        sa.Column("sender_folded", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("codes", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("stored_bytes", sa.BigInteger(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("envelope", sa.Text(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("edits", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), sa.ForeignKey("contents.sha256")),
    )
    op.create_index("ix_held_content", "held", ["content"])
    op.create_index("ix_held_received_at", "held", ["received_at"])
    op.create_index("ix_held_sender_folded", "held", ["sender_folded"])
    op.create_table(
        "held_copies",
        sa.Column("held_id", sa.Text(), sa.ForeignKey("held.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("address_folded", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("notify", sa.Text()),
        sa.Column("orcpt", sa.Text()),
        sa.Column("codes", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger()),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
    )
    op.create_index("ix_held_copies_address_folded", "held_copies", ["address_folded"])
    op.create_index("ix_held_copies_state", "held_copies", ["state", "held_id"])
    op.create_table(
        "held_codes",
        sa.Column("held_id", sa.Text(), sa.ForeignKey("held.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("code", sa.Text(), primary_key=True),
    )
    op.create_index("ix_held_codes_code", "held_codes", ["code", "held_id"])
    op.create_table(
        "retry_keys",
        sa.Column("key", sa.LargeBinary(), primary_key=True),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_retry_keys_seen_at", "retry_keys", ["seen_at"])
    op.create_table(
        "stock",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
    )


def create_trail() -> None:
    op.create_table(
        "history",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("mail_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("addresses", sa.Text(), nullable=False),
    )
    op.create_index("ix_history_at", "history", ["at"])
    op.create_index("ix_history_mail_id", "history", ["mail_id"])
    op.create_table(
        "audit",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("at", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("listener", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("mail_from", sa.Text(), nullable=False),
        sa.Column("sender_folded", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("codes", sa.Text(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("ms", sa.Text(), nullable=False),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index("ix_audit_message_id", "audit", ["message_id", "at"])
    op.create_index("ix_audit_sender", "audit", ["sender_folded", "at"])
    op.create_table(
        "audit_recipients",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("at", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("position", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("address_folded", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
    )
    op.create_index("ix_audit_recipients_address", "audit_recipients", ["address_folded", "at"])
    op.create_index("ix_audit_recipients_direction", "audit_recipients", ["direction", "at"])


def create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("mail_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mail_from", sa.Text(), nullable=False),
        sa.Column("recipients", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("queued_at", sa.BigInteger(), nullable=False),
        sa.Column("next_attempt_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text()),
        sa.Column("smtputf8", sa.Boolean(), nullable=False),
        sa.Column("ret", sa.Text()),
        sa.Column("envid", sa.Text()),
        sa.Column("auth", sa.Text()),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_reply", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), sa.ForeignKey("contents.sha256"), nullable=False),
        sa.Column("claimed_by", sa.Text()),
        sa.Column("claimed_until", sa.BigInteger()),
    )
    op.create_index("ix_outbox_content", "outbox", ["content"])
    op.create_index("ix_outbox_next_attempt_at", "outbox", ["next_attempt_at"])


def create_rest() -> None:
    op.create_table(
        "counters",
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("hour", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_counters_hour", "counters", ["hour"])
    op.create_table(
        "counted",
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("once", sa.Text(), primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_counted_at", "counted", ["at"])
    op.create_table(
        "deferrals",
        sa.Column("key", sa.LargeBinary(), primary_key=True),
        sa.Column("filter", sa.Text(), primary_key=True),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_deferrals_first_at", "deferrals", ["first_at"])
    op.create_table(
        "pending_notices",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("filter", sa.Text(), nullable=False),
        sa.Column("quarantine_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("queued_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger()),
    )
    op.create_index("ix_pending_notices_queued_at", "pending_notices", ["queued_at"])
    op.create_index("ix_pending_notices_unsent", "pending_notices", ["sent_at", "person", "filter"])
    op.create_table(
        "notice_times",
        sa.Column("person", sa.Text(), primary_key=True),
        sa.Column("filter", sa.Text(), primary_key=True),
        sa.Column("last_sent_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_notice_times_last_sent_at", "notice_times", ["last_sent_at"])


TABLES = (  # tables with references to others first
    "notice_times",
    "pending_notices",
    "deferrals",
    "counted",
    "counters",
    "outbox",
    "audit_recipients",
    "audit",
    "history",
    "stock",
    "retry_keys",
    "held_codes",
    "held_copies",
    "held",
    "contents",
)
