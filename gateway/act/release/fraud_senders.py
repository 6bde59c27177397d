"""Senders blocked after a fraud: the addresses that wrote it, and none that a thief merely names. Pure.

A thief may write any address into `From:`, `Reply-To:` and, at a shared mailer, the reverse-path. An address named
there may be the victim's, and a block holds all its mail. So only a proven author counts, with the addresses of its
organisation.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container
from dataclasses import dataclass

from gateway.contract import Mail
from gateway.message.header.addresses import address_key
from gateway.smtp.path import split_address

OURS = "it is ours"
UNPROVEN = "nothing proves that this address wrote the message: From may name the victim"
ELSEWHERE = "it belongs to no proven author's organisation: a thief can name anybody as reverse-path or Reply-To"


@dataclass(frozen=True, slots=True)
class FraudSenders:
    blocked: tuple[str, ...]
    spared: tuple[tuple[str, str], ...]  # address, and why it is not blocked


def fraud_senders(
    mail: Mail, senders: Collection[str], ours: Container[str], counterparty: Callable[[str], str]
) -> FraudSenders:
    """Choose the addresses to block. `counterparty` tells organisations apart: each free-mail address is one."""
    proven = {one for one in mail.authentication.authenticated if split_address(one)[1] not in ours}
    homes = set(map(counterparty, proven))
    authors = set(map(address_key, mail.sender.addresses))
    blocked, spared = [], []
    for sender in sorted(senders):
        if split_address(sender)[1] in ours:
            spared.append((sender, OURS))
        elif counterparty(sender) in homes:
            blocked.append(sender)
        else:
            spared.append((sender, UNPROVEN if address_key(sender) in authors else ELSEWHERE))
    return FraudSenders(tuple(blocked), tuple(spared))
