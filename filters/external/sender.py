"""Whether a person seems to have sent a message: who becomes a correspondent."""

from __future__ import annotations

from gateway.contract import Mail

_AUTOMATIC = frozenset({"bulk", "list", "junk"})


def is_personal(mail: Mail) -> bool:
    """Replies of machines make nobody a correspondent (RFC 3834 5)."""
    automatic = (mail.message.header("auto-submitted") or "no").partition(";")[0].strip().lower() != "no"
    precedence = (mail.message.header("precedence") or "").strip().lower()
    return bool(mail.envelope.mail_from) and not automatic and precedence not in _AUTOMATIC
