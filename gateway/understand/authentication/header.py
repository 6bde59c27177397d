"""Our own `Authentication-Results` field (RFC 8601): the results of authentication, for the next reader of the message.

Only domains, selectors and algorithms that were checked go into it, so that nothing a sender wrote can end a word or a
line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.contract import Authentication, Finding
from gateway.message.edits import AddHeader
from gateway.understand.entry import AUTHENTICATION

FIELD = "Authentication-Results"

#: A token of RFC 2045 5.1 that is no encoded word either.
_PLAIN = re.compile(r"[A-Za-z0-9._-]{1,253}")


def finding(authentication: Authentication, authserv_id: str, recipients: frozenset[str]) -> Finding:
    """Return the finding that adds the field to these recipients' copies."""
    edit = AddHeader(FIELD, results(authentication, authserv_id))
    summary = "Where the message comes from was verified."
    return Finding(AUTHENTICATION, summary, recipients=recipients, edits=(edit,))


def results(authentication: Authentication, authserv_id: str) -> str:
    """Return the field's value on one line."""
    return "; ".join([authserv_id, *_results(authentication)])


def _results(a: Authentication) -> Iterator[str]:
    yield _written(f"spf={a.spf.result}", {f"smtp.{a.spf.identity}": a.spf.domain})
    for s in a.dkim:
        properties = {"header.d": s.domain, "header.s": s.selector, "header.a": s.algorithm}
        yield _written(f"dkim={s.result}", properties, s.reason)
    if not a.dkim:
        yield "dkim=none"
    policy = f" (p={a.dmarc.policy})" if a.dmarc.policy else ""
    yield _written(f"dmarc={a.dmarc.result}{policy}", {"header.from": a.dmarc.domain})
    if a.arc.result != "none":
        yield _written(f"arc={a.arc.result}", {"header.as-d": a.arc.domain})


def _written(start: str, properties: dict[str, str], reason: str = "") -> str:
    words = [start, *([f"({reason})"] if reason else [])]
    return " ".join([*words, *(f"{name}={value}" for name, value in properties.items() if _PLAIN.fullmatch(value))])
