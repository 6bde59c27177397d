"""The words that the writer of a message says in earnest: its passages without what stands between quotation marks.

Whoever reports an insult quotes it. A text that is mostly quotation is read whole: marks around everything are no
report.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from filters.language.masked_words import MaskedWords
from gateway.message import Passage, fold

#: Characters of a message that are read, all its passages together. Of the folded text, where a sign may stand for
#: several words, as many are read. Whoever writes a longer letter says at its beginning what it is about.
MAX_CHARACTERS = 60_000
#: Characters between two quotation marks: a longer stretch has lost its closing mark.
MAX_QUOTATION = 600
#: Share of a passage's letters that may stand between quotation marks.
MOST_QUOTED = 0.5

#: Between two marks, within a paragraph. A straight or single mark opens and closes only at a word's edge: others are
#: inches and apostrophes.
_QUOTATIONS = re.compile(
    rf"(?<!\w)\"(?=\S)(?:[^\"\n]|\n(?!\s*\n)){{1,{MAX_QUOTATION}}}\"(?!\w)"
    rf"|[\u201c\u201d\u201e](?=\S)(?:[^\u201c\u201d\u201e\n]|\n(?!\s*\n)){{1,{MAX_QUOTATION}}}[\u201c\u201d]"
    rf"|\u00ab(?:[^\u00ab\u00bb\n]|\n(?!\s*\n)){{1,{MAX_QUOTATION}}}\u00bb"
    rf"|(?<![\w'\u2019])['\u2018](?=\w)(?:[^'\u2018\u2019\n]|(?<=\w)['\u2019](?=\w)){{1,{MAX_QUOTATION}}}['\u2019](?!\w)"
)


def own_words(passages: Iterable[Passage], masked: MaskedWords) -> Iterator[Passage]:
    """Yield the passages without their quotations, masked words written out; each place stays where it is.

    What is beyond `MAX_CHARACTERS` is left out before anything is prepared.
    """
    left = MAX_CHARACTERS
    for passage in passages:
        if left <= 0:
            return
        beginning = passage.text[: _end(passage, left)]
        text = masked.written_out(without_quotations(beginning))
        ready = passage if text == passage.text else replace(passage, text=beginning, folded=fold(text))
        left -= max(len(beginning), len(ready.folded.text))
        yield ready


def _end(passage: Passage, characters: int) -> int:
    """Return the end of the beginning of a passage that has this many characters, folded or not."""
    folded = passage.folded
    whole = len(folded.text) <= characters
    return min(characters, len(passage.text) if whole else folded.origin(0, characters)[1])


def without_quotations(text: str) -> str:
    """Return the text, as long as it was, with blanks in place of the words between quotation marks."""
    blanked = _QUOTATIONS.sub(lambda found: re.sub(r"\w", " ", found[0]), text)
    if blanked == text:
        return text
    letters = sum(map(str.isalnum, text))
    return blanked if sum(map(str.isalnum, blanked)) >= letters * (1 - MOST_QUOTED) else text
