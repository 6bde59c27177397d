"""The banner: its text for each set of reasons, and the places where it may stand in a message.

The banner has no text of the message in it. So there are only a few banners, and replies that carry one can be
recognised. A banner is never put into signed or encrypted parts, nor into parts that a machine reads.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Literal

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from gateway.message import STRUCTURE_DEFECTS, InsertText, Message, Part, has_place, what_was_written

FIRST_CONTACT = "first_contact"  # with this recipient
NEW_TO_EVERYBODY = "new_to_everybody"  # with anybody of ours; stated instead of `first_contact`
UNAUTHENTICATED = "unauthenticated"
LOOKALIKE = "lookalike"

Reasons = frozenset[str]

#: Every possible set of reasons, besides the sender's being outside.
ALL_REASONS: tuple[Reasons, ...] = tuple(
    frozenset(one for one in several if one)
    for several in itertools.product(("", FIRST_CONTACT, NEW_TO_EVERYBODY), ("", UNAUTHENTICATED), ("", LOOKALIKE))
)

#: Words that a banner needs at least: fewer could stand in anybody's mail, and would be removed from it.
MIN_WORDS = 6

#: Multiparts whose first part is the text (RFC 2046 5.1.3, RFC 2387), unless a part beside it signs it.
_FIRST_OF = ("multipart/mixed", "multipart/related")
_SIGNATURES = frozenset({"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"})

#: OpenPGP in the text itself (RFC 9580 6.2): verification covers the text as a whole.
_INLINE_PGP = re.compile(r"^-----BEGIN PGP ", re.MULTILINE)


class Banner:
    """The rendered banners: reasons -> (text, html)."""

    def __init__(self, text: str, html: str) -> None:
        self.rendered: Mapping[Reasons, tuple[str, str]] = {
            reasons: (_render(text, reasons), _render(html, reasons)) for reasons in ALL_REASONS
        }

    def edits(self, message: Message, reasons: Reasons) -> tuple[InsertText, ...]:
        """Return edits for every alternative of the text.

        If one alternative can't be amended, return none, so that no alternative lacks the banner.
        """
        places = [(part, _place(part)) for part in written_parts(message.root)]
        text, html = self.rendered[reasons]
        edits = [InsertText(part.path, place, text, html) for part, place in places if place is not None]
        return tuple(edits) if len(edits) == len(places) else ()


def _place(part: Part) -> Literal["top"] | int | None:
    """Return the place for a banner: the top, or the start of a body that hides its content, which some programs show.

    None means that the part can't be amended.
    """
    if not can_be_amended(part):
        return None
    return "top" if has_place(part, "top") else what_was_written(part).body


def _render(template: str, reasons: Reasons) -> str:
    """Return plain text, or HTML that the administrator is responsible for; it has no text of a message in it."""
    return _compiled(template).render(reasons=reasons)


@functools.lru_cache(16)
def _compiled(template: str) -> Template:
    return SandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True).from_string(template)


def check_template(template: str) -> None:
    """Raise ValueError, in a sentence, for a template that can't be rendered or has fewer than `MIN_WORDS` words."""
    for reasons in ALL_REASONS:
        try:
            words = re.sub(r"<[^>]{0,4096}>", " ", _render(template, reasons)).split()
        except TemplateError as error:
            line = getattr(error, "lineno", None)
            raise ValueError(f"the template can't be used: {f'line {line}: ' if line else ''}{error}") from error
        if len(words) < MIN_WORDS:
            raise ValueError(f"the template needs {MIN_WORDS} words at least: replies are searched for them")


def written_parts(part: Part) -> Iterator[Part]:
    """Yield the parts that hold the text: one, or its alternatives. Signed and encrypted parts are skipped."""
    if part.content_type == "multipart/alternative":
        for child in part.children:
            yield from written_parts(child)
    elif part.content_type in _FIRST_OF and not is_signed(part):
        yield from next(filter(None, (list(written_parts(child)) for child in part.children)), ())
    elif part.is_leaf and part.is_body_text:
        yield part


def is_signed(part: Part) -> bool:
    return any(child.content_type in _SIGNATURES for child in part.children)


def can_be_amended(part: Part) -> bool:
    """Return whether all programs read the text alike, and it holds no inline signature."""
    doubtful = any(STRUCTURE_DEFECTS.get(defect.code) in ("ambiguous", "limit") for defect in part.defects)
    return not (doubtful or part.transfer.problem or part.reading.problem or _INLINE_PGP.search(part.text))
