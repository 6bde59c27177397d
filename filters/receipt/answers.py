"""Messages that a message from outside answers: by a reply, a report of delivery or a read receipt. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gateway.contract import Mail
from gateway.matching import domain_of, organisation_of
from gateway.message import Message, message_ids, report_in, written_by_program

#: Messages that an answer can be to, by each of its fields: a long thread names them all, the answered one among the
#: last. One message by a stranger must not end many waits.
MAX_IDS = 3
#: Domains that one answer can come from.
MAX_DOMAINS = 10
#: Signs of a program that a person's reply may have, too: a list adds its fields to it.
_OF_PERSONS = ("", "list-*")
#: Beginnings of the subjects of notices of absence, folded.
_ABSENT = (
    *("out of office", "automatic reply", "auto reply", "auto-reply", "autoreply", "automatic response"),
    *("abwesend:", "abwesenheitsnotiz", "automatische antwort", "automatische abwesenheit", "abwesenheitsassistent"),
    *("réponse automatique", "absence du bureau", "respuesta automática", "fuera de la oficina"),
    *("risposta automatica", "fuori sede", "automatisch antwoord", "afwezigheidsbericht"),
    *("odpowiedź automatyczna", "autoodpowiedź"),
)


def answered_by(mail: Mail) -> Sequence[str]:
    """Return the Message-IDs, without brackets, of the messages whose receipt a message confirms.

    A report confirms what was delivered to everybody whom it names, or was displayed. What a program answers, such as
    a notice of absence or a bounce, confirms nothing: no person writes from the null reverse-path.
    """
    message = mail.message
    if report := report_in(message):
        delivered = "delivered" in report.actions and "failed" not in report.actions
        return sorted(report.message_ids)[:MAX_IDS] if delivered or "displayed" in report.dispositions else ()
    if not mail.envelope.mail_from or written_by_program(message) not in _OF_PERSONS or _is_absence(message):
        return ()
    replied, thread = _ids(message, "in-reply-to"), _ids(message, "references")
    return list(dict.fromkeys((*replied[:MAX_IDS], *thread[::-1][:MAX_IDS])))


def answering_domains(mail: Mail) -> frozenset[str]:
    """Return the organisational domains whose receipt a message can confirm: its senders', or a report's recipients'.

    Where the gateway has verified the message, senders count that are proven. Nobody proves a report, which a mail
    server sends for its users.
    """
    senders = {mail.envelope.mail_from, *mail.sender.addresses}
    if report := report_in(mail.message):
        senders |= report.recipients
    elif mail.authentication.verified:
        senders = set(mail.proven_senders)
    return organisations(sorted(senders)[:MAX_DOMAINS])


def organisations(addresses: Iterable[str]) -> frozenset[str]:
    """Return the organisational domains of addresses."""
    return frozenset(organisation_of(domain) for domain in map(domain_of, addresses) if domain)


def _ids(message: Message, name: str) -> list[str]:
    return [one for field in message.all(name) for one in message_ids(field)]


def _is_absence(message: Message) -> bool:
    """Return whether the subject is that of a notice of absence, which some programs send without saying so."""
    return message.subject.strip().casefold().startswith(_ABSENT)
