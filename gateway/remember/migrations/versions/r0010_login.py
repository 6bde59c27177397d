"""The login of a message's client in the audit trail, with an index for `mailwarden trace`.

No row is rewritten: the column has a constant default, and the index has no row without a login.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010_0009"
down_revision = "0009"
branch_labels = None
depends_on = None

_LOGGED_IN = sa.text("login <> ''")


def upgrade() -> None:
    op.add_column("audit", sa.Column("login", sa.Text(), nullable=False, server_default=""))
    op.create_index("ix_audit_login", "audit", ["login", "at"], sqlite_where=_LOGGED_IN, postgresql_where=_LOGGED_IN)


def downgrade() -> None:
    op.drop_index("ix_audit_login", "audit")
    op.drop_column("audit", "login")
