"""One SMTP session: its commands (RFC 5321).

The session does the order of commands and the DATA dialogue. The decision on a message is made behind
`MessageHandler`; the answer of the store or the next hop comes back as a `Reply`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import ClassVar

from gateway.measures.measures import MEASURES
from gateway.message.mime.newlines import has_bare_newline, normalise_newlines
from gateway.receive.auth_exchange import OFFER as AUTH_OFFER
from gateway.receive.client import XCLIENT_OFFER, XFORWARD_OFFER, read_xclient, read_xforward
from gateway.receive.data import DataReader
from gateway.receive.login_session import LoginSession
from gateway.receive.transaction import Received
from gateway.smtp import replies
from gateway.smtp.path import (
    ParameterError,
    PathError,
    UnknownParameter,
    disguises_route,
    mail_parameters,
    rcpt_parameters,
    read_path,
    routes_onward,
    split_address,
)
from gateway.smtp.reply import Reply

#: The most octets of a HELO name (RFC 5321 4.5.3.1.2 and RFC 1035 2.3.4).
HELO_BYTES = 255
#: The most octets of content read at a time: all that came together, since uvloop reads as many from a socket.
CONTENT_BYTES = 256 * 1024


class Session(LoginSession):
    """A connection with the commands."""

    # --- greeting ----------------------------------------------------------------------------------------------------

    async def _ehlo(self, argument: str) -> None:
        if await self._greeted(argument, extended=True):
            await self.push(
                "\r\n".join(
                    [f"250-{self.hostname}", *(f"250-{o}" for o in self._ehlo_keywords()), "250 ENHANCEDSTATUSCODES"]
                )
            )

    async def _helo_command(self, argument: str) -> None:
        if await self._greeted(argument, extended=False):
            await self.push(f"250 {self.hostname}")

    async def _greeted(self, argument: str, extended: bool) -> bool:
        if not argument or len(argument) > HELO_BYTES or not argument.isprintable() or " " in argument:
            await self._refuse(replies.HELO_SYNTAX)
            return False
        self._set_rset_state()
        self._helo = argument
        self._extended = extended
        self._client = self._own_client = replace(self._own_client, helo=self._named_helo or argument)
        return True

    def _ehlo_keywords(self) -> list[str]:
        """Return the keywords of the reply to EHLO (RFC 5321 4.1.1.1)."""
        behind = self._handler.offers(self._listener.name)
        size = min(self._limits.message_bytes, behind.size or self._limits.message_bytes)
        offers = ["PIPELINING", f"SIZE {size}", "8BITMIME", "DSN"]
        if behind.smtputf8:
            offers.append("SMTPUTF8")
        if self.tls_context and not self._encrypted:
            offers.append("STARTTLS")
        if self._names_clients:
            offers += [XFORWARD_OFFER, XCLIENT_OFFER]
        if self._offers_auth and self._encrypted:
            offers.append(AUTH_OFFER)
        return offers

    async def _starttls(self, argument: str) -> None:
        if self.tls_context is None or self._encrypted:
            await self._refuse(replies.NO_STARTTLS)
        elif argument:
            await self._refuse(replies.NO_ARGUMENT)
        else:
            await self._encrypt()

    async def _xforward(self, argument: str) -> None:
        access = self._listener.access
        if not self._names_clients:
            await self._refuse(replies.XFORWARD_DENIED)
        elif self._transaction.begun:
            await self._refuse(replies.BAD_SEQUENCE)
        else:
            try:
                attributes = read_xforward(argument)
            except ValueError as error:
                await self._refuse(Reply(501, "5.5.4", str(error)))
                return
            self._client = access.named(self._client, attributes, proxy=self._peer)
            refusal = self._occupancy.named(self, self._client.address, self._spared(self._client))
            if refusal is None:
                await self.push(replies.OK)
            else:
                self._say_and_close(refusal)

    async def _xclient(self, argument: str) -> None:
        """Take the client of the whole session from a proxy, and begin anew (XCLIENT_README).

        Once it has named an address the session is that client's: a proxy may pass the client's own commands on.
        """
        if not self._names_clients:
            await self._refuse(replies.XCLIENT_DENIED)
        elif self._transaction.begun:
            await self._refuse(replies.BAD_SEQUENCE)
        else:
            try:
                attributes = read_xclient(argument)
            except ValueError as error:
                await self._refuse(Reply(501, "5.5.4", str(error)))
                return
            self._set_rset_state()
            self._helo, self._extended = "", False
            self._named_helo = attributes.get("HELO", self._named_helo)
            self._client = self._own_client = self._listener.access.named(self._own_client, attributes, self._peer)
            self._names_clients = "ADDR" not in attributes
            refusal = self._count_own()
            if refusal is None:
                await self._greet()
            else:
                self._say_and_close(refusal)

    # --- the transaction ---------------------------------------------------------------------------------------------

    async def _mail(self, argument: str) -> None:
        if not self._helo:
            await self._refuse(replies.HELO_FIRST)
            return
        if self._transaction.begun:
            await self._refuse(replies.NESTED_MAIL)
            return
        try:
            address, rest = read_path(argument, "FROM:")
            parameters = mail_parameters(rest)
        except (PathError, ParameterError, UnknownParameter) as error:
            await self._refuse(_syntax(error, "5.1.7"))
            return
        refusal = self._refuse_mail(address, rest, parameters.smtputf8, parameters.size)
        if refusal is not None:
            await self._refuse(refusal)
            return
        self._transaction.mail_from = address
        self._transaction.parameters = replace(parameters, auth=self._vouched(parameters.auth))
        await self.push(replies.SENDER_OK)

    def _refuse_mail(self, address: str, parameters: str, smtputf8: bool, size: int | None) -> Reply | None:
        offers = self._handler.offers(self._listener.name)
        if parameters and not self._extended:
            return replies.NO_PARAMETERS
        if smtputf8 and not offers.smtputf8:
            return replies.NO_SMTPUTF8
        if not address.isascii() and not smtputf8:
            return replies.NEEDS_SMTPUTF8
        if size is not None and size > min(self._limits.message_bytes, offers.size or self._limits.message_bytes):
            return replies.TOO_BIG
        if not self._client.trusted and disguises_route(address):
            return replies.SENDER_DENIED
        return self._refuse_sender(address)

    async def _rcpt(self, argument: str) -> None:
        if not self._transaction.begun:
            await self._refuse(replies.MAIL_FIRST)
            return
        try:
            address, rest = read_path(argument, "TO:")
            parameters = rcpt_parameters(rest)
        except (PathError, ParameterError, UnknownParameter) as error:
            await self._refuse(_syntax(error, "5.1.3"))
            return
        if address.lower() == "postmaster":  # RFC 5321 4.5.1: `postmaster` without a domain is ours
            address = f"postmaster@{self._listener.access.home_domain}"
        refusal = self._refuse_rcpt(address, rest)
        if refusal is not None:
            await self._refuse(refusal)
        elif len(self._transaction.recipients) >= self._limits.recipients or not self._may_join(address):
            await self.push(replies.TOO_MANY_RECIPIENTS)
        else:
            await self._add_recipient(address, parameters.notify, parameters.orcpt)

    def _refuse_rcpt(self, address: str, parameters: str) -> Reply | None:
        if parameters and not self._extended:
            return replies.NO_PARAMETERS
        if not split_address(address)[1]:
            return replies.NO_DOMAIN
        if not address.isascii() and not self._transaction.parameters.smtputf8:
            return replies.NEEDS_SMTPUTF8
        if not self._client.trusted and routes_onward(address):
            return replies.RELAY_DENIED
        if self._listener.access.direction_of(self._client, address, self._transaction.mail_from or "") is None:
            return replies.RELAY_DENIED
        return None

    def _may_join(self, address: str) -> bool:
        """Return whether the recipient may join the others: the control address must be the only one of a transaction.

        We read mail to the control address ourselves; other mail is judged.
        """
        access, others = self._listener.access, [r for r in self._transaction.recipients if r.address != address]
        return not others or not any(map(access.is_control, (address, others[0].address)))

    async def _add_recipient(self, address: str, notify: str | None, orcpt: str | None) -> None:
        direction = self._listener.access.direction_of(self._client, address, self._transaction.mail_from or "")
        assert direction is not None  # such a recipient was refused before
        if direction == "inbound" and self._listener.verify_recipients:
            refusal = await self._handler.verify(self._listener.name, address)
            if refusal is not None:
                await self._refuse(refusal)
                return
        self._transaction.add(address, direction, notify, orcpt)
        await self.push(replies.RECIPIENT_OK)

    async def _data(self, argument: str) -> None:
        refusal = self._refuse_data(argument)
        if refusal is not None:
            # DATA is the last command of a pipelined group (RFC 2920 3.1). A client that has already sent more takes
            # its content for accepted: none of the content may be read as commands.
            if self._input_waits():
                self._say_and_close(refusal)
            else:
                await self._refuse(refusal)
            return
        reader = DataReader(self._limits.message_bytes)
        try:
            self._in_content = True
            await self.push(replies.START_DATA)
            began = self._clock.monotonic()
            await self._read_content(reader)
            self._in_content = False
            ended = self._clock.monotonic()
            reply = await self._settle(reader)
            self._measure(reply, ended - began, self._clock.monotonic() - ended)
        finally:
            self._occupancy.let_go(self)
        self._set_rset_state()
        if not self._closing:
            self._reset_timeout()
            await self.push(reply)

    def _measure(self, reply: Reply, receiving_seconds: float, replying_seconds: float) -> None:
        listener = self._listener.name
        MEASURES.observe("receive_seconds", listener, seconds=receiving_seconds)
        MEASURES.observe("reply_seconds", listener, seconds=replying_seconds)
        MEASURES.count("replies", listener, f"{reply.code // 100}xx")

    def _refuse_data(self, argument: str) -> Reply | None:
        if not self._transaction.begun:
            return replies.MAIL_FIRST
        if not self._transaction.recipients:
            return replies.RCPT_FIRST
        if argument:
            return replies.NO_ARGUMENT
        return replies.BUSY if self._occupancy.full else None

    async def _read_content(self, reader: DataReader) -> None:
        while True:
            self._reset_timeout(self._limits.data_seconds)
            chunk = await self._reader.read(CONTENT_BYTES)
            if not chunk or self._overdue():
                raise asyncio.IncompleteReadError(b"", None)
            ended = reader.feed(chunk)
            self._occupancy.in_flight(self, reader.held_bytes)
            if self._occupancy.crowded(self):
                reader.drop()
                self._occupancy.in_flight(self, reader.held_bytes)
            if ended:
                self._give_back(reader.rest)
                return

    async def _settle(self, reader: DataReader) -> Reply:
        """Return the reply to the final dot."""
        self._suspend_timeout()  # from here on the time is ours, not the client's
        received = self._received(reader)
        if isinstance(received, Received):
            return await self._occupancy.settle(self, self._handler, received)
        self._note_refusal(received)
        return received

    def _received(self, reader: DataReader) -> Received | Reply:
        """Return the message, or the reply that refuses it unread."""
        if reader.too_big:
            return replies.TOO_BIG
        if reader.dropped:
            return replies.BUSY
        content = reader.content()
        bare = has_bare_newline((content,))
        if bare and self._listener.refuse_bare_newline:
            return replies.BARE_NEWLINE
        if bare:
            content = normalise_newlines(content)
            if len(content) > self._limits.message_bytes:
                return replies.TOO_BIG
        if _received_headers(content) > self._limits.received_headers:
            return replies.LOOP
        return Received(
            id=self._new_id(),
            received_at=self._clock.now(),
            listener=self._listener.name,
            client=self._client,
            protocol=self._protocol,
            envelope=self._transaction.envelope(),
            content=content,
            newlines_made_crlf=bare,
            certificate_names=self._certificate_names,
        )

    @property
    def _protocol(self) -> str:
        """The protocol for the `Received:` field (RFC 3848)."""
        if not self._extended:
            return "SMTP"
        return f"ESMTP{'S' if self._encrypted else ''}{'A' if self._client.login else ''}"

    # --- small commands ----------------------------------------------------------------------------------------------

    async def _rset(self, argument: str) -> None:
        if argument:
            await self._refuse(replies.NO_ARGUMENT)
            return
        self._set_rset_state()
        await self.push(replies.OK)

    async def _noop(self, _: str) -> None:
        await self.push(replies.OK)

    async def _quit(self, _: str) -> None:
        self._say_and_close(replies.BYE)

    async def _vrfy(self, _: str) -> None:
        await self.push(replies.CANNOT_VRFY)

    async def _help(self, _: str) -> None:
        await self.push(replies.HELP)

    async def _not_implemented(self, _: str) -> None:
        await self._refuse(replies.NOT_IMPLEMENTED)

    def _command(self, verb: str) -> Callable[[str], Awaitable[None]] | None:
        command = self._COMMANDS.get(verb)
        return partial(command, self) if command else None

    _COMMANDS: ClassVar[dict[str, Callable[[Session, str], Awaitable[None]]]] = {
        "EHLO": _ehlo,
        "HELO": _helo_command,
        "STARTTLS": _starttls,
        "XFORWARD": _xforward,
        "XCLIENT": _xclient,
        "MAIL": _mail,
        "RCPT": _rcpt,
        "DATA": _data,
        "RSET": _rset,
        "NOOP": _noop,
        "QUIT": _quit,
        "VRFY": _vrfy,
        "HELP": _help,
        "EXPN": _not_implemented,
        "AUTH": LoginSession._auth,
        "TURN": _not_implemented,
        "ETRN": _not_implemented,
    }


def _syntax(error: ValueError, status: str) -> Reply:
    if isinstance(error, UnknownParameter):
        return Reply(555, "5.5.4", f"{error} is not offered here")
    return Reply(501, "5.5.4" if isinstance(error, ParameterError) else status, f"Syntax: {error}")


def _received_headers(content: bytes) -> int:
    """Count the trace fields at the top level (RFC 5321 6.3)."""
    end = 0 if content.startswith(b"\r\n") else content.find(b"\r\n\r\n")
    head = content if end < 0 else content[:end]
    return (b"\r\n" + head).lower().count(b"\r\nreceived:")
