"""Counters by minutes, and the tables of pauses, confirmations and used tokens."""

from __future__ import annotations

import time

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

HOUR_SECONDS = 3600
MINUTE_SECONDS = 60


def upgrade() -> None:
    count_by_minutes()
    create_rest()


def downgrade() -> None:
    for table in ("tokens_used", "confirmed", "pauses"):
        op.drop_table(table)
    count_by_hours()


def count_by_minutes() -> None:
    """Move the count of an hour to its last minute, but never to a minute that is still to come.

    A window up to now then counts no less than before.
    """
    now = int(time.time())
    op.drop_index("ix_counters_hour", "counters")
    op.execute("ALTER TABLE counters RENAME COLUMN hour TO minute")
    change = sa.text("UPDATE counters SET minute = CASE WHEN minute = :hour THEN :minute ELSE minute * 60 + 59 END")
    op.execute(change.bindparams(hour=now // HOUR_SECONDS, minute=now // MINUTE_SECONDS))
    op.create_index("ix_counters_minute", "counters", ["minute"])


def count_by_hours() -> None:
    op.rename_table("counters", "counters_by_minutes")
    op.create_table(
        "counters",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("hour", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", "hour"),
    )
    op.execute(
        "INSERT INTO counters (key, hour, amount) "
        "SELECT key, minute / 60, SUM(amount) FROM counters_by_minutes GROUP BY key, minute / 60"
    )
    op.drop_table("counters_by_minutes")
    op.create_index("ix_counters_hour", "counters", ["hour"])


def create_rest() -> None:
    op.create_table(
        "pauses",
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
    )
    op.create_index("ix_pauses_until", "pauses", ["until"])
    op.create_table(
        "confirmed",
        sa.Column("key", sa.LargeBinary(), primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_confirmed_at", "confirmed", ["at"])
    op.create_table(
        "tokens_used",
        sa.Column("id", sa.LargeBinary(), primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_tokens_used_at", "tokens_used", ["at"])
