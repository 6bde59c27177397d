"""The outcome of mail to the control address, and the proof whose mail it is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from gateway.act.rules.control_address import Token
from gateway.contract import Organisation
from gateway.message.header.addresses import address_key
from gateway.message.model import Message
from gateway.message.sender import sender_of
from gateway.receive.transaction import Received
from gateway.remember.records import kept
from gateway.smtp.reply import Reply

#: `confirm`: copies were released; `ask`: a reviewer is asked.
Action = Literal["confirm", "ask", "refuse", "ignore", "defer"]


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of a reply. `code` says why nothing was done, or not all: `confirm.expired`."""

    reply: Reply
    action: Action
    code: str = ""


def reply_key(token: Token, held_id: str, message: Message) -> bytes | None:
    """Return the key under which this very reply is known, once it has released the held message.

    A client that lost our answer sends the reply again, and hears the same answer. None without a Message-ID.
    """
    if not message.message_id:
        return None
    said = f"\0reply\0{held_id}\0{kept(message.message_id)}"
    return hashlib.sha256(token.id + said.encode("utf-8", "surrogatepass")).digest()


def comes_from(person: str, received: Received, message: Message) -> bool:
    """Return whether reverse-path, From: and Sender: are the person's, and nobody else's."""
    written = sender_of(message.root.fields("from")).addresses
    sent = sender_of(message.root.fields("sender")).addresses
    named = {address_key(one) for one in (received.envelope.mail_from, *written, *sent)}
    return bool(written) and named == {address_key(person)}


def name_of(message: Message) -> str:
    """Return the words by which whoever wrote the message may sign: the name in From:, and the local part."""
    sender = sender_of(message.root.fields("from"))
    return " ".join((sender.name, *(address.partition("@")[0].replace("_", " ") for address in sender.addresses)))


def names_asking(organisation: Organisation) -> str:
    """Return the names by which a reply may greet those who ask."""
    return " ".join((organisation.name, organisation.registered_name, organisation.contact))
