"""Which tokens have been used: each does what it is for a single time, whoever of the workers sees it.

Signing them, and when they expire, is another's business.
"""

from __future__ import annotations

from datetime import datetime

from gateway.remember.database.database import Database, insert_one, to_the_end
from gateway.remember.database.schema import tokens_used


class Tokens:
    def __init__(self, database: Database) -> None:
        self._database = database

    @to_the_end
    async def use(self, id: bytes, at: datetime) -> bool:
        """True the first time only, of several at once for one; it is remembered for 400 days.

        Raises StoreUnavailable; then it was not used.
        """
        async with self._database.writing() as connection:
            return await insert_one(connection, tokens_used, id=id, at=at)
