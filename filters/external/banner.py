"""The banner: its text for each set of reasons, and where in a message it may stand.

Nothing that the message says goes into it, so there is a handful of banners in all, and replies can be told to carry
one of them. It is never put into what is signed or encrypted, nor into what a machine reads.
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
NEW_TO_EVERYBODY = "new_to_everybody"  # with anybody of ours; then it is said instead of `first_contact`
UNAUTHENTICATED = "unauthenticated"
LOOKALIKE = "lookalike"

Reasons = frozenset[str]

#: Every set of reasons that there can be, beside that the sender is outside.
ALL_REASONS: tuple[Reasons, ...] = tuple(
    frozenset(one for one in several if one)
    for several in itertools.product(("", FIRST_CONTACT, NEW_TO_EVERYBODY), ("", UNAUTHENTICATED), ("", LOOKALIKE))
)

#: Words of a banner, at least: fewer could stand in anybody's mail, and would be taken out of it.
MIN_WORDS = 6

#: Multiparts whose first part is what is written (RFC 2046 5.1.3, RFC 2387), unless something beside it signs it.
_FIRST_OF = ("multipart/mixed", "multipart/related")
_SIGNATURES = frozenset({"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"})

#: OpenPGP in the text itself (RFC 9580 6.2): whoever verifies it takes the text as a whole.
_INLINE_PGP = re.compile(r"^-----BEGIN PGP ", re.MULTILINE)


class Banner:
    """The rendered banners: reasons -> (text, html)."""

    def __init__(self, text: str, html: str) -> None:
        self.rendered: Mapping[Reasons, tuple[str, str]] = {
            reasons: (_render(text, reasons), _render(html, reasons)) for reasons in ALL_REASONS
        }

    def edits(self, message: Message, reasons: Reasons) -> tuple[InsertText, ...]:
        """Into every reading of what is written; none where one can't be amended, so that no reading is without."""
        places = [(part, _place(part)) for part in written_parts(message.root)]
        text, html = self.rendered[reasons]
        edits = [InsertText(part.path, place, text, html) for part, place in places if place is not None]
        return tuple(edits) if len(edits) == len(places) else ()


def _place(part: Part) -> Literal["top"] | int | None:
    """The top. In a body that hides what is inside it, its beginning: some mail programs show it all the same."""
    if not can_be_amended(part):
        return None
    return "top" if has_place(part, "top") else what_was_written(part).body


def _render(template: str, reasons: Reasons) -> str:
    """Plain text, or HTML that the administrator answers for: nothing of a message goes into it."""
    return _compiled(template).render(reasons=reasons)


@functools.lru_cache(16)
def _compiled(template: str) -> Template:
    return SandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True).from_string(template)


def check_template(template: str) -> None:
    """ValueError, in a sentence, for one that can't be rendered or would be too short to be told from other text."""
    for reasons in ALL_REASONS:
        try:
            words = re.sub(r"<[^>]{0,4096}>", " ", _render(template, reasons)).split()
        except TemplateError as error:
            line = getattr(error, "lineno", None)
            raise ValueError(f"the template can't be used: {f'line {line}: ' if line else ''}{error}") from error
        if len(words) < MIN_WORDS:
            raise ValueError(f"the template needs {MIN_WORDS} words at least: replies are searched for them")


def written_parts(part: Part) -> Iterator[Part]:
    """The parts that hold what was written: one, or its alternatives. Signed and encrypted parts are not entered."""
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
    """Whether everybody reads the text alike, and nobody has signed it inside."""
    doubtful = any(STRUCTURE_DEFECTS.get(defect.code) in ("ambiguous", "limit") for defect in part.defects)
    return not (doubtful or part.transfer.problem or part.reading.problem or _INLINE_PGP.search(part.text))
