"""Sample facts for each kind of notice: the one place that knows which placeholders a template may have.

A template is tried with them before the gateway starts. Tests compare them with the facts that notices are made of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any

from gateway.settings.chain.entries import (
    AGREEMENT_NOTICE,
    ANSWER_NOTICE,
    APPROVAL_NOTICE,
    CONFIRM_NOTICE,
    DIGEST_NOTICE,
    DIGEST_OF_REVIEWERS,
    MANAGER_NOTICE,
)

#: The kinds that are no names of their own: notices about held messages, the reminders of filters, and those about
#: messages that nobody has answered.
HELD, REMINDER, RECEIPT = "", "reminder", "receipt"

Facts = Mapping[str, Any]

#: Facts that are never empty.
_NEVER_EMPTY = {"id", "to", "at", "key", "recipient", "expires", "until", "confirm", "role", "person", "asked_at"}

_AT, _UNTIL = "Monday, 23 November 2026, 09:30", "Wednesday, 23 December 2026, 09:30"

_MESSAGE: Facts = {
    "id": "0199f3c2-6c11-7a55-b1d3-0f1c5e7a9d10",
    "to": "ann@example.co.uk",
    "subject": "Invoice",
    "author": "Acme <billing@acme.example>",
    "sender": "bounce@mailer.example",
    "sent_by": "bounce@mailer.example",
    "recipient": "ann@example.co.uk",
    "at": _AT,
    "code": "attachment.executable",
    "summary": "The attachment is a program.",
    "clause": "attachments",
}
_NOTICE: Facts = {
    **_MESSAGE,
    **{"template": "", "clause_text": "No programs by mail", "key": "5e7a9d10"},
    **{"releases": True, "manager_told": True, "told": ["recipient", "reviewer"]},
}
_HELD: Facts = {**_NOTICE, "expires": "2026-12-23T09:30:00+00:00"}
_ENTRY: Facts = {**_MESSAGE, "role": "reviewer"}
_DIGESTED: Facts = {key: value for key, value in _HELD.items() if key != "clause_text"}


def samples_of(kind: str, words: Facts) -> list[Facts]:
    """Return facts for each form that a notice of this kind can have, with the journal off and on.

    `kind` is a name of the gateway's own notices, HELD, REMINDER or RECEIPT. `words` are `Wording.facts`.
    """
    return [{**words, **facts, "journal_days": days} for facts, days in product(_FORMS[kind](), (0, 7))]


def _held() -> Iterator[Facts]:
    for role, can_ask in product(("recipient", "sender", "reviewer"), (True, False)):
        for notices in ([_HELD], [_HELD, _bare(_HELD)]):
            yield {"notices": notices, "role": role, "can_ask": can_ask}


def _confirm() -> Iterator[Facts]:
    question = {**_HELD, "found": ["An attachment is a program."], "until": _UNTIL, "confirm": _HELD["expires"]}
    for notices in ([question], [question, _bare(question)], [_bare(question)]):
        yield {"notices": notices, "role": "sender", "can_ask": False}


def _answer() -> Iterator[Facts]:
    for outcome, role in product(("released", "refused", "deleted", "expired"), ("recipient", "sender")):
        said = {"role": role, "outcome": outcome, "answer": "It is safe.", "answers": "<1@example.co.uk>"}
        for notice in ({**_NOTICE, **said}, {**_bare(_NOTICE), **said, "answer": ""}):
            yield {"notices": [notice], "role": role, "can_ask": False}


def _approval() -> Iterator[Facts]:
    for step in ("waits", "approved", "deleted", "lapsed"):
        said = {"step": step, "by": "bob", "released_by": "ann", "reason": "Expected", "until": _UNTIL}
        for notice in (_NOTICE, _bare(_NOTICE)):
            notices = [{**notice, "role": "reviewer", **said}]
            yield {"notices": notices, "role": "reviewer", "can_ask": False}


def _manager() -> Iterator[Facts]:
    common = {key: _NOTICE[key] for key in ("id", "to", "template", "sender", "recipient", "at", "code", "clause")}
    for outcome, clause_text in product(("asked", "held", "confirmed", "sent"), (_NOTICE["clause_text"], "")):
        notice = {**common, "outcome": outcome, "name": "Ann Archer", "clause_text": clause_text}
        for notices in ([notice], [notice, notice]):
            yield {"notices": notices}


def _digest() -> Iterator[Facts]:
    states = (("", True), ("open", False), ("refused", False))
    items: list[Facts] = [{**_DIGESTED, "request": request, "can_ask": can_ask} for request, can_ask in states]
    several: tuple[list[Facts], ...] = ([], items[:1], items[1:2], items[1:], items, [*items, _bare(items[0])])
    for notices, can_ask, others in product(several, (True, False), (0, 1, 2)):
        yield {"notices": notices, "more": others, "personal": others, "can_ask": can_ask}


def _digest_of_reviewers() -> Iterator[Facts]:
    new = {**_ENTRY, "expires": _UNTIL}
    asked = {**_ENTRY, "person": "ann@example.co.uk", "text": "I know them.", "asked_at": _AT, "verify": False}
    verify = {**asked, "verify": True}
    several = product(
        ([], [new, _bare(new)]), ([], [asked, _bare(asked)], [verify], [asked, verify]), (0, 1, 2), (False, True)
    )
    for notices, requests, others, told_before in several:
        yield {
            "notices": notices,
            "personal": others,
            "new": others,
            "in_all": others + 1,
            "told_before": told_before,
            "oldest": _AT,
            "requests": requests,
            "requests_in_all": len(requests),
            "approvals": others,
        }


def _reminder() -> Iterator[Facts]:
    finding = {
        "code": "personal.volume",
        "summary": "The mail is personal.",
        "clause": "personal",
        "clause_text": "Little personal mail",
    }
    said = {key: _MESSAGE[key] for key in ("id", "recipient")} | {"sent": _AT}
    for findings, manager_told in product(([finding], [finding, _bare(finding)]), (False, True)):
        yield {"findings": findings, **said, "manager_told": manager_told}


def _receipt() -> Iterator[Facts]:
    message = {"id": _MESSAGE["id"], "sent": _AT, "domains": "example.com, example.org"}
    for clause_text, messages in product(("Obtain confirmation", ""), ([message], [message, message])):
        yield {"messages": messages, "clause": "receipts", "clause_text": clause_text}


def _agreement() -> Iterator[Facts]:
    for sender in ("", "ann@example.co.uk"):
        yield {"to": "jo@lawyer.example", "sender": sender, "until": _UNTIL, "question_days": 180, "record_days": 180}


_FORMS: Mapping[str, Callable[[], Iterator[Facts]]] = {
    HELD: _held,
    CONFIRM_NOTICE: _confirm,
    ANSWER_NOTICE: _answer,
    APPROVAL_NOTICE: _approval,
    MANAGER_NOTICE: _manager,
    DIGEST_NOTICE: _digest,
    DIGEST_OF_REVIEWERS: _digest_of_reviewers,
    REMINDER: _reminder,
    RECEIPT: _receipt,
    AGREEMENT_NOTICE: _agreement,
}


def _bare(notice: Facts) -> Facts:
    """Return the same facts without those that a message may lack."""
    return {key: value if key in _NEVER_EMPTY else type(value)() for key, value in notice.items()}
