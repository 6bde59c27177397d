"""Messages that a message from outside answers: by a reply, a report of delivery or a read receipt. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.message import Message, message_ids, report_in, written_by_program

#: Messages named in a reply that are looked up: a long thread names them all, the answered one among the last.
MAX_IDS = 50
#: Signs of a program that a person's reply may have, too: a list adds its fields to it.
_OF_PERSONS = ("", "list-*")
#: Beginnings of the subjects of notices of absence, folded.
_ABSENT = (
    *("out of office", "automatic reply", "auto reply", "auto-reply", "autoreply", "automatic response"),
    *("abwesenheitsnotiz", "automatische antwort", "automatische abwesenheit", "abwesenheitsassistent"),
    *("réponse automatique", "absence du bureau", "respuesta automática", "fuera de la oficina"),
    *("risposta automatica", "fuori sede", "automatisch antwoord", "afwezigheidsbericht"),
    *("odpowiedź automatyczna", "autoodpowiedź"),
)


def answered_by(message: Message, mail_from: str) -> Sequence[str]:
    """Return the Message-IDs, without brackets, of the messages whose receipt a message confirms.

    A report confirms what was delivered to everybody whom it names, or was displayed. What a program answers, such as
    a notice of absence or a bounce, confirms nothing: no person writes from the null reverse-path.
    """
    if report := report_in(message):
        delivered = "delivered" in report.actions and "failed" not in report.actions
        return sorted(report.message_ids)[:MAX_IDS] if delivered or "displayed" in report.dispositions else ()
    if not mail_from or written_by_program(message) not in _OF_PERSONS or _is_absence(message):
        return ()
    fields = [*message.all("in-reply-to"), *message.all("references")]
    return list(dict.fromkeys(one for field in fields for one in reversed(message_ids(field))))[:MAX_IDS]


def _is_absence(message: Message) -> bool:
    """Return whether the subject is that of a notice of absence, which some programs send without saying so."""
    return message.subject.strip().casefold().startswith(_ABSENT)
