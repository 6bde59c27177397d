"""Logins that an LDAP server checks, by a bind with the client's password (RFC 4513 5.1.3)."""

from __future__ import annotations

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from gateway.directory.ldap import LdapServer, LdapUnavailable, log_in
from gateway.logins.trouble import LoginsUnavailable

#: Binds of a worker at a time. A server that hangs holds each for the time limit.
BINDS = 8


class LdapLogins:
    """An LDAP server with the template of an entry's name (DN), or of a search for the entry."""

    def __init__(self, server: LdapServer, base: str, user_dn: str, search: str) -> None:
        self.name = server.url
        self.checks = BINDS
        self._log_in = partial(log_in, server, base, user_dn, search)
        self._threads = ThreadPoolExecutor(BINDS, thread_name_prefix="logins")

    async def verify(self, login: str, password: str, client: str) -> str | None:
        """Check the login in one spelling: the server takes any width of letters and any blanks (RFC 4518 2)."""
        name = " ".join(unicodedata.normalize("NFKC", login).split())
        if not name:
            return None
        try:
            known = await asyncio.get_running_loop().run_in_executor(self._threads, self._log_in, name, password)
        except LdapUnavailable as error:
            raise LoginsUnavailable(str(error)) from error
        return name.lower() if known else None
