"""Mail that a person seems to have sent: only its addresses become correspondents."""

from __future__ import annotations

from gateway.contract import Mail

_AUTOMATIC = frozenset({"bulk", "list", "junk"})


def is_personal(mail: Mail) -> bool:
    """Return whether a person seems to have sent the mail; automatic replies make no correspondents (RFC 3834 5)."""
    automatic = (mail.message.header("auto-submitted") or "no").partition(";")[0].strip().lower() != "no"
    precedence = (mail.message.header("precedence") or "").strip().lower()
    return bool(mail.envelope.mail_from) and not automatic and precedence not in _AUTOMATIC
