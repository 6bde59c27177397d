"""The ledger begins anew: an account's hash is made with its counterparty's, and the old ones can't be made into it.

What stayed would make every known account another one, and hold its mail. What is blocked stays.
"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM ledger")
    op.execute("DELETE FROM ledger_names")


def downgrade() -> None:
    upgrade()
