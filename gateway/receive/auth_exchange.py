"""The exchange of AUTH PLAIN and AUTH LOGIN (RFC 4954, RFC 4616): challenges out, the client's lines in. No I/O."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Generator
from dataclasses import dataclass, field

from gateway.smtp import replies
from gateway.smtp.reply import Reply

OFFER = "AUTH PLAIN LOGIN"

#: The most octets of a login (RFC 4616 2) and of a password, which argon2 and a bind take whole.
LOGIN_BYTES = 255
PASSWORD_BYTES = 1000
_CANCEL = "*"
_EMPTY = "="  # an empty initial response


@dataclass(frozen=True, slots=True)
class Credentials:
    login: str
    password: str = field(repr=False)


class ExchangeEnded(Exception):
    """The exchange has no credentials; the reply says why."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply))
        self.reply = reply


#: Yields challenges, in base64; is sent the client's lines; returns the credentials.
Exchange = Generator[str, str, Credentials]


def exchange(argument: str) -> Exchange:
    """Begin the exchange of one AUTH command: PLAIN or LOGIN.

    Raises ExchangeEnded for another mechanism, at once; the exchange raises it later for what is malformed.
    """
    mechanism, _, initial = argument.partition(" ")
    match mechanism.upper():
        case "PLAIN":
            return _plain(initial)
        case "LOGIN":
            return _login(initial)
    raise ExchangeEnded(replies.UNKNOWN_MECHANISM)


def _plain(initial: str) -> Exchange:
    line = initial or (yield "")
    fields = _decoded(line).split(b"\0")
    if len(fields) != 3:
        raise ExchangeEnded(replies.UNREADABLE_AUTH)
    acting_as, login, password = fields
    credentials = _credentials(login, password)
    if acting_as not in (b"", login):  # nobody acts for another login
        raise ExchangeEnded(replies.LOGIN_REFUSED)
    return credentials


def _login(initial: str) -> Exchange:
    login = _decoded(initial or (yield _encoded("Username:")))
    password = _decoded((yield _encoded("Password:")))
    return _credentials(login, password)


def _encoded(challenge: str) -> str:
    return b64encode(challenge.encode()).decode()


def _decoded(line: str) -> bytes:
    if line == _CANCEL:
        raise ExchangeEnded(replies.AUTH_CANCELLED)
    try:
        return b"" if line == _EMPTY else b64decode(line, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ExchangeEnded(replies.UNREADABLE_AUTH) from error


def _credentials(login: bytes, password: bytes) -> Credentials:
    try:
        name, secret = login.decode(), password.decode()
    except UnicodeDecodeError as error:
        raise ExchangeEnded(replies.UNREADABLE_AUTH) from error
    if len(login) > LOGIN_BYTES or len(password) > PASSWORD_BYTES:
        raise ExchangeEnded(replies.AUTH_LINE_TOO_LONG)
    if not name.isprintable() or "\0" in secret:
        raise ExchangeEnded(replies.UNREADABLE_AUTH)
    return Credentials(name, secret)
