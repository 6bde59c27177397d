"""The login of a session: AUTH (RFC 4954), and the addresses that a client with a login may send from."""

from __future__ import annotations

from dataclasses import replace

from gateway.logins.trouble import LoginBlocked, LoginsUnavailable
from gateway.measures.measures import MEASURES
from gateway.receive.auth_exchange import Credentials, ExchangeEnded, exchange
from gateway.receive.connection import Connection
from gateway.receive.listener import Logins
from gateway.smtp import replies
from gateway.smtp.reply import Reply


class LoginSession(Connection):
    """A connection whose client may log in."""

    @property
    def _offers_auth(self) -> bool:
        """Return whether the client may log in. A proxy may not: it is no client, and speaks for many."""
        logins = self._listener.logins
        return logins is not None and logins.offered != "off" and not self._names_clients

    async def _auth(self, argument: str) -> None:
        refusal = self._refuse_auth()
        if refusal is not None:
            await self._refuse(refusal)
            return
        try:
            credentials = await self._credentials(argument)
        except ExchangeEnded as end:
            await self._refuse(end.reply)
            return
        if credentials is None:
            return
        self._suspend_timeout()  # from here on the time is ours, not the client's
        reply = await self._log_in(credentials)
        if self._closing:
            return
        self._reset_timeout()
        await (self.push(reply) if reply.ok else self._refuse(reply))

    def _refuse_auth(self) -> Reply | None:
        if not self._offers_auth:
            return replies.NOT_IMPLEMENTED
        if not self._extended:
            return replies.HELO_FIRST
        if not self._encrypted:
            return replies.AUTH_NEEDS_TLS
        return replies.NOT_AUTH_NOW if self._client.login or self._transaction.begun else None

    async def _credentials(self, argument: str) -> Credentials | None:
        """Return login and password; None where a line was answered. Raises ExchangeEnded."""
        steps = exchange(argument)
        try:
            challenge = next(steps)
            while True:
                await self.push(Reply(334, "", challenge))
                line = await self._read_line(replies.AUTH_LINE_TOO_LONG)
                if line is None or self._overdue():
                    return None
                challenge = steps.send(line.decode("ascii", "replace"))
        except StopIteration as end:
            credentials: Credentials = end.value
            return credentials

    async def _log_in(self, credentials: Credentials) -> Reply:
        """Check the login, and return the reply to the client."""
        assert self._listener.logins is not None
        check = self._listener.logins.check
        assert check is not None  # a listener that offers AUTH has one
        try:
            login = await check.log_in(credentials.login, credentials.password, self._client.address)
        except LoginBlocked:
            MEASURES.count("logins", self._listener.name, "blocked")
            return replies.TOO_MANY_LOGINS
        except LoginsUnavailable:
            MEASURES.count("logins", self._listener.name, "unavailable")
            return replies.LOGINS_AWAY
        MEASURES.count("logins", self._listener.name, "accepted" if login else "refused")
        if not login:
            return replies.LOGIN_REFUSED
        self._logged_in = True
        self._client = self._own_client = replace(self._own_client, login=login, trusted=True)
        return replies.LOGGED_IN

    def _refuse_sender(self, address: str) -> Reply | None:
        """Return why this client may not send with this reverse-path: it needs a login, or others own the address."""
        logins, client, access = self._listener.logins, self._client, self._listener.access
        if logins is not None:
            if self._needs_login(logins):
                return replies.LOGIN_NEEDED
            if client.login and address and not logins.may_send_as(client.login, address):
                return replies.not_your_address(address, client.login)
        reason = access.may_send(client, address)
        return None if reason is None else Reply(550, "5.7.1", reason)

    def _vouched(self, auth: str | None) -> str | None:
        """Return the author of MAIL's AUTH for the next hop, which takes it for proven by us (RFC 4954 5).

        Only a relay of our own network vouches for others.
        """
        return auth if auth is None or (self._client.trusted and not self._client.login) else "<>"

    def _needs_login(self, logins: Logins) -> bool:
        """Return whether the client has yet to log in, which is offered here; a proxy's word may not be enough."""
        if self._logged_in or (self._client.login and self._listener.access.trusts_logins):
            return False
        if logins.offered == "required":
            return True
        return self._offers_auth and self._listener.access.direction == "outbound" and not self._client.trusted
