"""Columns that reviewers need of an entry: author, labels, authentication, the reviewer who has it, and the bin."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TEXTS = ("author", "author_folded", "subject_folded", "authentication", "assigned_to")
_TIMES = ("keep_until", "deleted_at")


def upgrade() -> None:
    for name in _TEXTS:
        op.add_column("held", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    for name in _TIMES:
        op.add_column("held", sa.Column(name, sa.BigInteger()))
    op.add_column("held", sa.Column("labels", sa.Text(), nullable=False, server_default="[]"))
    op.create_index("ix_held_assigned_to", "held", ["assigned_to"])
    op.create_index("ix_held_deleted_at", "held", ["deleted_at"])


def downgrade() -> None:
    op.drop_index("ix_held_deleted_at", "held")
    op.drop_index("ix_held_assigned_to", "held")
    for name in (*_TEXTS, *_TIMES, "labels"):
        op.drop_column("held", name)
