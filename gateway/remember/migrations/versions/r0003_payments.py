"""Payments: the ledger of accounts and the blocks, as keyed hashes; and the first of two people who release."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_ledger()
    create_signatures()


def downgrade() -> None:
    for table in ("signatures", "blocked", "ledger_names", "ledger"):
        op.drop_table(table)


def create_ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("counterparty", sa.LargeBinary(), primary_key=True),
        sa.Column("account", sa.LargeBinary(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("dates", sa.BigInteger(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_ledger_last_at", "ledger", ["last_at"])
    op.create_table(
        "ledger_names",
        sa.Column("counterparty", sa.LargeBinary(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
    )
    op.create_table(
        "blocked",
        sa.Column("key", sa.LargeBinary(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("mail_id", sa.Text(), nullable=False),
        sqlite_with_rowid=False,
    )


def create_signatures() -> None:
    op.create_table(
        "signatures",
        sa.Column("held_id", sa.Text(), sa.ForeignKey("held.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("address", sa.Text(), primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("infected", sa.Boolean(), nullable=False),
        sa.Column("verification", sa.Text(), nullable=False),
    )
