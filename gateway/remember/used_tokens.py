"""Used tokens: each token works a single time, whichever worker sees it.

Another module signs the tokens and decides when they expire.
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
        """Use up a token. Return True the first time only, to one of several at once; it is remembered for 400 days.

        Raises StoreUnavailable; then the token was not used.
        """
        async with self._database.writing() as connection:
            return await insert_one(connection, tokens_used, id=id, at=at)
