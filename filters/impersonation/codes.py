"""Codes of the filter `impersonation`: clause, shipped action, and the sentence that documents each."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from gateway.contract import Code, Codes, Direction

NAME = "impersonation.name"
DOMAIN = "impersonation.domain"
LOOKALIKE = "impersonation.lookalike"
REPLY_TO = "impersonation.reply_to"
ASSUMED = "impersonation.assumed"
SENDER = "impersonation.sender"
UNREAD = "impersonation.unread"

CLAUSE = "email.impersonation"

_SHIPPED: Mapping[Direction, str] = {"inbound": "tag", "outbound": "log", "internal": "log"}

#: Codes of mail from outside, and codes of what our people send.
FOUND_IN: Mapping[Direction, Collection[str]] = {
    "inbound": (NAME, DOMAIN, LOOKALIKE, REPLY_TO, UNREAD),
    "outbound": (ASSUMED, SENDER),
    "internal": (ASSUMED, SENDER),
}

CODES: Codes = {
    NAME: Code(CLAUSE, _SHIPPED, "The sender has the name of one of our people beside a strange address."),
    DOMAIN: Code(CLAUSE, _SHIPPED, "The sender's address is one of ours, and nothing proves that we sent the message."),
    LOOKALIKE: Code(CLAUSE, _SHIPPED, "The sender's domain could be taken for ours, or for one that we write to."),
    REPLY_TO: Code(CLAUSE, _SHIPPED, "The message asks for something, and answers would go to somebody else."),
    ASSUMED: Code(CLAUSE, _SHIPPED, "The sender uses the address or the name of somebody else."),
    SENDER: Code(CLAUSE, _SHIPPED, "The message does not say in `Sender:` which person sent it."),
    UNREAD: Code(
        CLAUSE, "log", "Answers would go to somebody else, and the message has more text than is looked through."
    ),
}
