"""Unicode's normal forms of text of any kind, at a cost that grows with its length."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Literal

#: Combining marks behind one another that stay: no language has so many (UAX 15, Stream-Safe Text Format).
MOST_MARKS = 30
#: The first and the last of the characters that combine, in Unicode 14.
_FIRST, _LAST = 0x300, 0x1E94A


def normal_form(form: Literal["NFC", "NFD", "NFKC", "NFKD"], text: str) -> str:
    """Return a text in a normal form, without the marks of a run behind the first MOST_MARKS.

    Unicode orders the marks of a run, which costs the square of their number: seconds for 40,000.
    """
    return text if text.isascii() else unicodedata.normalize(form, _long_runs().sub(r"\1", text))


@cache
def _long_runs() -> re.Pattern[str]:
    marks = "".join(chr(code) for code in range(_FIRST, _LAST + 1) if unicodedata.combining(chr(code)))
    return re.compile(f"([{marks}]{{{MOST_MARKS}}})[{marks}]++")
