"""Used tokens: each token works a single time, whichever worker sees it. So are replies known that released something.

Another module signs the tokens and decides when they expire.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.remember.database.database import Database, insert_one, to_the_end
from gateway.remember.database.schema import tokens_used


class Tokens:
    def __init__(self, database: Database) -> None:
        self._database = database

    @to_the_end
    async def use(self, id: bytes, at: datetime) -> bool:
        """Use up a token. Return True the first time only, to one of several at once; it is remembered for 400 days.

        Raises StoreUnavailable; then the token was not used.
        """
        async with self._database.writing() as connection:
            return await write_used(connection, id, at)

    @to_the_end
    async def is_used(self, id: bytes) -> bool:
        """Return whether a token, or a reply, was used. Raises StoreUnavailable."""
        async with self._database.reading() as connection:
            return (
                await connection.execute(select(tokens_used.c.id).where(tokens_used.c.id == id))
            ).first() is not None


async def write_used(connection: AsyncConnection, id: bytes, at: datetime) -> bool:
    """Write a token, or a reply, as used; return False where it is already."""
    return await insert_one(connection, tokens_used, id=id, at=at)
