"""Indexes for `mailwarden trace`, what filters in monitor would have done, and the outcomes of the outbox.

No row is rewritten: the new column has a constant default, and domains are indexed by an expression.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _domain(column: str) -> sa.TextClause:
    return sa.text(f"substr({column}, length(rtrim({column}, replace({column}, '@', ''))) + 1)")


_REFUSED = sa.text("substr(reply, 1, 1) <> '2' AND length(reply) <= 512")


def upgrade() -> None:
    op.add_column("audit", sa.Column("monitored", sa.Text(), nullable=False, server_default="{}"))
    op.create_index("ix_audit_client", "audit", ["client", "at"])
    op.create_index("ix_audit_sender_domain", "audit", [_domain("sender_folded"), "at"])
    op.create_index("ix_audit_recipients_domain", "audit_recipients", [_domain("address_folded"), "at"])
    op.create_index(
        "ix_audit_refused", "audit", ["at", "reply", "id"], sqlite_where=_REFUSED, postgresql_where=_REFUSED
    )
    op.create_index("ix_pending_notices_quarantine_id", "pending_notices", ["quarantine_id"])
    op.create_table(
        "relay_outcomes",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("mail_id", sa.Text(), nullable=False, index=True),
        sa.Column("at", sa.BigInteger(), nullable=False, index=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("addresses", sa.Text(), nullable=False),
        sa.Column("held_as", sa.Text(), nullable=False, index=True),
    )


def downgrade() -> None:
    op.drop_table("relay_outcomes")
    op.drop_index("ix_pending_notices_quarantine_id", "pending_notices")
    op.drop_index("ix_audit_recipients_domain", "audit_recipients")
    for name in ("ix_audit_refused", "ix_audit_sender_domain", "ix_audit_client"):
        op.drop_index(name, "audit")
    op.drop_column("audit", "monitored")
