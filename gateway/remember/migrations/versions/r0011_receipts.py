"""Messages of our people that wait for an answer: keyed hashes of Message-IDs, domains, whom to remind, and when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011_0010"
down_revision = "0010_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "awaited_receipts",
        sa.Column("key", sa.LargeBinary(), primary_key=True),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("mail_id", sa.Text(), nullable=False),
        sa.Column("domains", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_awaited_receipts_person", "awaited_receipts", ["person"])
    op.create_index("ix_awaited_receipts_due_at", "awaited_receipts", ["due_at"])


def downgrade() -> None:
    op.drop_table("awaited_receipts")
