"""The ledger begins anew: an account's hash is now made with its counterparty's, and old hashes can't be converted.

Old rows would make every known account a different one, and hold its mail. Blocks stay.
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
