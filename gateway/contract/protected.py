"""The group of correspondents whose mail rules about people leave alone."""

from __future__ import annotations

from gateway.contract.mail import Mail
from gateway.contract.services import Directory
from gateway.message.header.addresses import address_key
from gateway.message.visible import visible_addresses

#: Group of the directory: union, occupational health, solicitors, whistleblowing bodies.
PROTECTED = "protected_correspondents"


def is_protected(mail: Mail, directory: Directory, *, shown: bool = False) -> bool:
    """Return whether a sender or a recipient of a message is in the protected group.

    Recipients are those of the envelope: anybody could switch the rules off by an address in To or Cc without a copy.
    `shown` counts such addresses too.
    """
    visible = visible_addresses(mail.message) if shown else ()
    to = (*(r.address for r in mail.envelope.recipients), *visible)
    return is_from_protected(mail, directory) or any(PROTECTED in directory.groups(one) for one in to)


def is_from_protected(mail: Mail, directory: Directory) -> bool:
    """Return whether a sender of a message is in the protected group.

    Where the origin of the message was verified, a sender must be proven: a forger must not pass by a protected name.
    """
    senders = {address_key(one) for one in (mail.envelope.mail_from, *mail.sender.addresses) if one}
    if mail.authentication.verified:
        senders &= mail.proven_senders
    return any(PROTECTED in directory.groups(one) for one in senders)
