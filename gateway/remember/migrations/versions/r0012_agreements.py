"""Addresses outside that were asked whether they agree to something: by whom and when, and their answers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012_0010"
down_revision = "0011_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agreements",
        sa.Column("address", sa.Text(), primary_key=True),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("answered_at", sa.BigInteger()),
        sa.Column("reply_id", sa.Text(), nullable=False),
        sa.Column("lapses_at", sa.BigInteger()),
    )
    op.create_index("ix_agreements_lapses_at", "agreements", ["lapses_at"])


def downgrade() -> None:
    op.drop_table("agreements")
