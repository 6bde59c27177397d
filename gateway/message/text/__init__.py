"""What a person wrote in a text or HTML part, what is quoted below it, and where text can be put. Pure, no I/O."""

from gateway.message.text.written import (
    Kind,
    Segment,
    Written,
    is_surely_seen,
    surely_written_html,
    written,
    written_html,
    written_text,
)

__all__ = [
    "Kind",
    "Segment",
    "Written",
    "is_surely_seen",
    "surely_written_html",
    "written",
    "written_html",
    "written_text",
]
