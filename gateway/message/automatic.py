"""Whether a message was written by a program: automatic answers, receipts, reports, list mail (RFC 3834, 2369, 6522).

By what the message says of itself. Pure; never raises.
"""

from __future__ import annotations

from gateway.message.model import Message

#: RFC 2076 3.9; "auto_reply" is what vacation programs write.
_PRECEDENCES = frozenset({"bulk", "junk", "list", "auto_reply", "auto-reply"})
#: Whatever their value: Microsoft's (MS-OXCMAIL 2.2.3.2.14), and those of older autoresponders.
_FIELDS = ("x-auto-response-suppress", "x-autoreply", "x-autorespond", "x-auto-reply-from", "x-mail-autoreply")
_REPORTS = frozenset({"multipart/report", "message/delivery-status", "message/disposition-notification"})


def automatic(message: Message) -> str:
    """The field or the type that tells that no person wrote it; "" where nothing does."""
    if {field.structured.token for field in message.root.fields("auto-submitted")} - {"no"}:
        return "auto-submitted"
    if any(field.text.strip().lower() in _PRECEDENCES for field in message.root.fields("precedence")):
        return "precedence"
    names = {field.key for field in message.headers}
    if told := next((name for name in _FIELDS if name in names), ""):
        return told
    if any(name.startswith("list-") for name in names):
        return "list-*"
    types = (part.content_type for part in (message.root, *message.root.children))
    return next((one for one in types if one in _REPORTS), "")
