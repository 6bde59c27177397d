"""The findings that the gateway itself makes, whatever the filters are."""

from __future__ import annotations

from gateway.contract import ON_ERROR
from gateway.understand.entry import AUTHENTICATION, BLOCKED_SENDER, IMPERSONATION, NEWLINES, UNTRUSTED

CLAUSE = "security.viruses"

ERROR = "gateway.error"  # a filter raised an exception
TIMEOUT = "gateway.timeout"  # a filter, or the chain before it, used up the time
DEFERRED = "gateway.deferred"  # a filter has deferred this message for longer than `defer_limit`
CONFLICT = "edit.conflict"  # two amendments that can't both be made
POISON = "gateway.poison"  # workers died while they examined the message: it is examined no more
BLOCKED = BLOCKED_SENDER  # reviewers have blocked the sender
UNDELIVERED = "delivery.failed"  # the next hop refused a copy for good, though an outside sender has our 250


#: The one code that no exemption waives, and that only `--infected` releases.
VIRUS = "virus.found"

#: Code -> clause of the policy, where it is another than CLAUSE.
CLAUSES: dict[str, str] = {
    BLOCKED: "security.phishing",
    IMPERSONATION: "email.impersonation",
    NEWLINES: "monitoring.automated",
}

#: Code -> shipped action.
GATEWAY_CODES: dict[str, str] = {
    ERROR: ON_ERROR,
    TIMEOUT: ON_ERROR,
    DEFERRED: "quarantine",
    CONFLICT: "quarantine",
    POISON: "quarantine",
    UNDELIVERED: "quarantine",
    BLOCKED: "quarantine",
    IMPERSONATION: "reject",
    UNTRUSTED: "amend",
    NEWLINES: "log",
    AUTHENTICATION: "amend",
}
