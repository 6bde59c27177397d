"""Words in questions and answers: acts, states, orders, ids of acts that are on no message, and actions by severity."""

from __future__ import annotations

from typing import Literal

#: Acts as the history names them: on held messages, on searches and messages of the journal, on rules about senders, on
#: payments, on pauses, on agreements. docs/records.md explains each.
Action = Literal[
    "show",
    "explain",
    "read",
    "export",
    "try",
    "note",
    "assign",
    "extend",
    "release",
    "sign",
    "approve",
    "confirm",
    "delete",
    "restore",
    "fraud",
    "purge",
    "ask",
    "refuse",
    "lapse",
    "find",
    "resend",
    "block_sender",
    "allow_sender",
    "forget_sender",
    "import",
    "forget",
    "block",
    "unblock",
    "verify",
    "lift",
    "request_agreement",
    "agree",
    "decline",
    "revoke",
]

#: States of an address outside that was asked for its agreement.
AgreementState = Literal["asked", "agreed", "declined"]

#: States of a request for the release of a held message.
RequestState = Literal["open", "granted", "refused", "deleted"]

#: Orders in which held messages are listed.
ORDERS = ("newest", "oldest", "author", "subject", "largest", "assigned")

#: Ids of acts on payments, pauses, agreements, rules about senders, the journal, and whole records: on no message.
PAYMENTS = "payments"
PAUSES = "pauses"
AGREEMENTS = "agreements"
SENDERS = "senders"
JOURNAL = "journal"
PURGED = "records"
RECORDS = (PAYMENTS, PAUSES, AGREEMENTS, SENDERS, JOURNAL, PURGED)

#: The code of a refusal to show a personal message without a reason.
PERSONAL = "personal"

#: Actions, weakest first: the action of a message, or of a finding, is the last in this order among its recipients.
#: `queued` is a copy left to the outbox, `failed` one that was reported or held after the next hop had refused it for
#: good.
SEVERITY = (
    *("none", "exempt", "waived", "retry", "log", "tag", "relay", "amend", "queued", "failed"),
    *("discard", "quarantine", "defer", "reject"),
)
