"""Chains of the records: a place and a keyed hash for each row of `audit` and `history`, and the chains' sealed ends.

Rows that are stored already are chained in the order of time: a change made before the upgrade can't be found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import context, op

from gateway.remember.chain.hashes import COLUMNS, NOTHING, RECIPIENT_COLUMNS, row_hash, seal

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

#: Rows that are read and chained at a time.
BATCH_ROWS = 1_000

_AUDIT = sa.table("audit", *(sa.column(name) for name in (*COLUMNS["audit"], "number", "hash")))
_RECIPIENTS = sa.table("audit_recipients", *(sa.column(name) for name in ("id", "at", *RECIPIENT_COLUMNS)))
_HISTORY = sa.table("history", *(sa.column(name) for name in (*COLUMNS["history"], "number", "hash")))
_ENDS = sa.table("chain_ends", *(sa.column(name) for name in ("chain", "end", "number", "hash", "at", "note", "seal")))


def upgrade() -> None:
    op.create_table(
        "chain_ends",
        sa.Column("chain", sa.Text(), primary_key=True),
        sa.Column("end", sa.Text(), primary_key=True),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=False),
    )
    op.add_column("audit", sa.Column("number", sa.BigInteger()))
    op.add_column("audit", sa.Column("hash", sa.LargeBinary()))
    op.add_column("history", sa.Column("hash", sa.LargeBinary()))
    key = context.config.attributes["key"]()
    _end(key, "audit", *_chain_audit(key))
    _end(key, "history", *_chain_history(key))
    op.create_index("ix_audit_number", "audit", ["number"], unique=True)


def downgrade() -> None:
    op.drop_index("ix_audit_number", "audit")
    for table, column in (("audit", "number"), ("audit", "hash"), ("history", "hash")):
        op.drop_column(table, column)
    op.drop_table("chain_ends")


def _end(key: bytes, chain: str, number: int, hash: bytes, at: int) -> None:
    """Write both ends of a chain that holds so many rows."""
    for end, n, h, t in (("start", 0, NOTHING, 0), ("head", number, hash, at)):
        values = {"chain": chain, "end": end, "number": n, "hash": h, "at": t, "note": ""}
        op.get_bind().execute(_ENDS.insert(), values | {"seal": seal(key, chain, end, n, h, t, "")})


def _chain_audit(key: bytes) -> tuple[int, bytes, int]:
    """Chain the rows in the order of time; return number, hash and time of the last one."""
    at_row = sa.and_(_AUDIT.c.id == sa.bindparam("of_id"), _AUDIT.c.at == sa.bindparam("of_at"))
    change = _AUDIT.update().where(at_row).values(number=sa.bindparam("place"), hash=sa.bindparam("chained"))
    number, hash, at = 0, NOTHING, 0
    for rows in _batches(_AUDIT, (_AUDIT.c.at, _AUDIT.c.id)):
        recipients = _recipients([row.id for row in rows])
        changes = []
        for row in rows:
            values = [getattr(row, name) for name in COLUMNS["audit"]]
            hash = row_hash(key, hash, "audit", values, recipients.get((row.id, row.at), ()))
            number, at = number + 1, row.at
            changes.append({"of_id": row.id, "of_at": row.at, "place": number, "chained": hash})
        op.get_bind().execute(change, changes)
    return number, hash, at


def _recipients(ids: Sequence[str]) -> dict[tuple[str, int], list[list[Any]]]:
    query = sa.select(_RECIPIENTS).where(_RECIPIENTS.c.id.in_(ids)).order_by(_RECIPIENTS.c.position)
    found: dict[tuple[str, int], list[list[Any]]] = {}
    for row in op.get_bind().execute(query):
        found.setdefault((row.id, row.at), []).append([getattr(row, name) for name in RECIPIENT_COLUMNS])
    return found


def _chain_history(key: bytes) -> tuple[int, bytes, int]:
    """Chain the rows in their order, and number them without gaps; return number, hash and time of the last one."""
    change = _HISTORY.update().where(_HISTORY.c.number == sa.bindparam("old"))
    change = change.values(number=sa.bindparam("place"), hash=sa.bindparam("chained"))
    number, hash, at = 0, NOTHING, 0
    for rows in _batches(_HISTORY, (_HISTORY.c.number,)):
        changes = []
        for row in rows:
            hash = row_hash(key, hash, "history", [getattr(row, name) for name in COLUMNS["history"]])
            number, at = number + 1, row.at
            changes.append({"old": row.number, "place": number, "chained": hash})
        op.get_bind().execute(change, changes)
    return number, hash, at


def _batches(table: sa.TableClause, order: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Yield all rows of a table, BATCH_ROWS at a time, in this order, which is a key."""
    query = sa.select(table).order_by(*order).limit(BATCH_ROWS)
    rows = op.get_bind().execute(query).all()
    while rows:
        last = [getattr(rows[-1], column.name) for column in order]
        yield rows
        rows = op.get_bind().execute(query.where(sa.tuple_(*order) > sa.tuple_(*last))).all()
