"""Recognition of messages that a program wrote: automatic answers, receipts, reports, list mail.

It goes by the message's own fields and types (RFC 3834, 2369, 6522). Pure; never raises.
"""

from __future__ import annotations

from gateway.message.model import Message

#: Values of Precedence (RFC 2076 3.9). Vacation programs write "auto_reply".
_PRECEDENCES = frozenset({"bulk", "junk", "list", "auto_reply", "auto-reply"})
#: Fields that tell by being there, whatever their value: Microsoft's (MS-OXCMAIL 2.2.3.2.14), and those of older
#: autoresponders.
_FIELDS = ("x-auto-response-suppress", "x-autoreply", "x-autorespond", "x-auto-reply-from", "x-mail-autoreply")
_REPORTS = frozenset({"multipart/report", "message/delivery-status", "message/disposition-notification"})


def automatic(message: Message) -> str:
    """Return the field or the type that tells that a program wrote the message; "" where nothing does."""
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
