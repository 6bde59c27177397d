"""The words that the writer of a message says in earnest: its passages without what stands between quotation marks.

Whoever reports an insult quotes it. A text that is mostly quotation is read whole: marks around everything are no
report.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from filters.language.masked_words import MaskedWords
from gateway.matching import Patterns, within_limit
from gateway.message import Passage

#: Characters between two quotation marks: a longer stretch has lost its closing mark.
MAX_QUOTATION = 600
#: Share of a passage's letters that may stand between quotation marks.
MOST_QUOTED = 0.5

#: Between two marks, within a paragraph. A straight or single mark opens and closes only at a word's edge: others are
#: inches and apostrophes. The pattern begins with one of few characters, and looks back from there: so it is fast.
_QUOTATIONS = re.compile(
    "[\"\u201c\u201d\u201e\u00ab'\u2018](?:"
    rf"(?<=\")(?<!\w.)(?=\S)(?:[^\"\n]|\n(?!\s*\n)){{1,{MAX_QUOTATION}}}\"(?!\w)"
    rf"|(?<=[\u201c\u201d\u201e])(?=\S)(?:[^\u201c\u201d\u201e\n]|\n(?!\s*\n)){{1,{MAX_QUOTATION}}}[\u201c\u201d]"
    rf"|(?<=\u00ab)(?:[^\u00ab\u00bb\n]|\n(?!\s*\n)){{1,{MAX_QUOTATION}}}\u00bb"
    r"|(?<=['\u2018])(?<![\w'\u2019].)(?=\w)"
    rf"(?:[^'\u2018\u2019\n]|(?<=\w)['\u2019](?=\w)){{1,{MAX_QUOTATION}}}['\u2019](?!\w)"
    ")"
)


def own_words(passages: Iterable[Passage], masked: MaskedWords, adopted: Patterns) -> list[Passage]:
    """Return the passages without their quotations, masked words written out; each place stays where it is.

    The quotations stay in a letter that makes them its own by words of `adopted`.
    """
    read = list(passages)
    if any(next(adopted.find(one.folded.lines), None) for one in within_limit(read)):
        return within_limit(read, masked.written_out)
    return within_limit(read, lambda text: masked.written_out(without_quotations(text)))


def without_quotations(text: str) -> str:
    """Return the text, as long as it was, with blanks in place of the words between quotation marks."""
    blanked = _QUOTATIONS.sub(lambda found: re.sub(r"\w", " ", found[0]), text)
    if blanked == text:
        return text
    letters = sum(map(str.isalnum, text))
    return blanked if sum(map(str.isalnum, blanked)) >= letters * (1 - MOST_QUOTED) else text
