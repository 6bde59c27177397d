"""Words from outside as notices quote them: one line, short, nothing unprintable; times in a person's time zone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, tzinfo
from typing import Any

from gateway.act.notices.masking import masked
from gateway.act.shortening import shortened
from gateway.characters.disclosed import without_unseen

#: The most visible characters of a subject in a notice: enough to recognise a message, too few for a message of its
#: own.
SUBJECT_CHARACTERS = 80
#: The most visible characters of an address in a notice.
QUOTE_CHARACTERS = 200
#: The most visible characters of a finding's summary in a notice: a sentence, perhaps with the name of a file.
SUMMARY_CHARACTERS = 500
#: The most recipients named in a sender's notice: a message to a list may have hundreds.
SHOWN_RECIPIENTS = 10
#: The most findings named in a notice.
SHOWN_SUMMARIES = 5

_LINE_ENDS = re.compile(r"[\r\n\t]+")


def quoted(text: Any, characters: int = QUOTE_CHARACTERS) -> str:
    """Return the text on one line and short; characters that show nothing or turn others round are written out."""
    return shortened(without_unseen(_LINE_ENDS.sub(" ", str(text))), characters)


def quoted_masked(text: Any, characters: int = QUOTE_CHARACTERS) -> str:
    """Mask the numbers first, then shorten: a cut could leave a number too short to be recognised."""
    return quoted(masked(str(text)), characters)


def summaries(found: Iterable[Any], quote: Callable[[Any, int], str]) -> str:
    """Return the summaries of the findings that held a message, each once."""
    said = list(dict.fromkeys(filter(None, (quote(one, SUMMARY_CHARACTERS) for one in found))))
    rest = len(said) - SHOWN_SUMMARIES
    return " ".join(said[:SHOWN_SUMMARIES]) + (f" And {rest} more." if rest > 0 else "")


def listed(addresses: Sequence[str]) -> str:
    shown = ", ".join(map(quoted, addresses[:SHOWN_RECIPIENTS]))
    return shown if len(addresses) <= SHOWN_RECIPIENTS else f"{shown} and {len(addresses) - SHOWN_RECIPIENTS} more"


def moment(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).strftime("%A %d %B %Y, %H:%M %Z")
