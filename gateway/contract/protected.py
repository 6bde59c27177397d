"""The group of correspondents whose mail rules about people leave alone."""

from __future__ import annotations

from gateway.contract.mail import Mail, Recipient
from gateway.contract.services import Directory
from gateway.message.header.addresses import address_key
from gateway.message.visible import visible_addresses

#: Group of the directory: union, occupational health, solicitors, whistleblowing bodies.
PROTECTED = "protected_correspondents"


def unprotected_recipients(mail: Mail, directory: Directory) -> tuple[Recipient, ...]:
    """Return the recipients whose copies may be judged: nobody, where a protected correspondent sends the message.

    A protected recipient frees its own copy alone: else a blind copy to an invented address switched the rules off.
    """
    if _is_from_protected(mail, directory):
        return ()
    return tuple(one for one in mail.envelope.recipients if PROTECTED not in directory.groups(one.address))


def is_protected(mail: Mail, directory: Directory) -> bool:
    """Return whether a protected correspondent sends a message, gets it, or stands in its To or Cc."""
    to = (*(r.address for r in mail.envelope.recipients), *visible_addresses(mail.message))
    return _is_from_protected(mail, directory) or any(PROTECTED in directory.groups(one) for one in to)


def _is_from_protected(mail: Mail, directory: Directory) -> bool:
    """Return whether a protected correspondent sends a message.

    Our own people are known by their login, else by the reverse-path: they can write any name into `From:`. In mail
    from outside, `From:` must have that one address, and be proven where the origin was verified.
    """
    if "inbound" not in mail.directions:
        login = address_key(mail.client.login)
        return PROTECTED in directory.groups(login if directory.is_ours(login) else mail.envelope.mail_from)
    if len(mail.sender.addresses) != 1 or mail.sender.differs:
        return False
    sender = address_key(mail.sender.addresses[0])
    proven = not mail.authentication.verified or sender in mail.proven_senders
    return proven and PROTECTED in directory.groups(sender)
