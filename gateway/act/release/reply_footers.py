"""The lines of a reply that say nothing: the signature of the held message, and footers of servers.

Somebody who has sent no message is known to have a footer by its own words alone (`boilerplate`). What speaks of the
writer, of the agreement or of a condition is no footer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from itertools import takewhile
from typing import Final

from gateway.act.release.reply_lists import ABOUT_MAIL, FOR_OTHERS, PLEASE, REMOVALS, WRITER, plain
from gateway.act.release.reply_phrases import PARAGRAPH, lines_of, meanings_of_line, refuses_sending, visible, words_of
from gateway.act.release.reply_reading import MessageEnd
from gateway.message.text.boilerplate import split_footer
from gateway.message.text.phrases import DASHES, FOOTER

#: Lines at the end of a message among which courtesy begins a signature.
CLOSING_LINES: Final = 10
#: Words of a sentence at the least, above which no courtesy begins a signature.
SENTENCE_WORDS: Final = 4
#: Words of a footer's sentences at the least: "No, do not forward it" has fewer.
FOOTER_WORDS: Final = 10

#: The end of a paragraph above a footer.
_BREAK = re.compile(r"\n\s*\n(?:--\n)?|\n--\n|\A--\n")
_SENTENCE = re.compile(r"[.!?]\s")
#: Requests in a footer's sentence. "We do not" is none, nor is "please visit our page".
_ASKS = re.compile(rf"\b(?:(?:{'|'.join(sorted(PLEASE))})(?! visit| see)|(?<!we )do not|don't|must not|may not)\b")


def signature_of(text: str, own: Set[str], names: Set[str], asked_by: Set[str]) -> Iterator[str]:
    """Yield the lines of a signature, and its paragraphs as lines.

    It begins with dashes, a line that has the person's name, the organisation's, or a footer; or with courtesy near the
    end, above no sentence.
    """
    lines = visible(text).split("\n")
    for at, line in enumerate(lines):
        words, below = set(words_of(line)), [one for one in lines[at + 1 :] if one]
        is_name = words & names or (words and words <= asked_by)
        is_closing = len(below) < CLOSING_LINES and not any(map(_is_sentence, below))
        is_courtesy = is_closing and meanings_of_line(line, own) == {"courtesy"}
        if is_name or is_courtesy or line in DASHES or FOOTER.match(line):
            rest = "\n".join(lines[at:])
            yield from lines_of(rest)
            yield from _paragraphs_of(rest)
            return


def _is_sentence(line: str) -> bool:
    return line.endswith((".", "!", "?")) and len(words_of(line)) >= SENTENCE_WORDS and not FOOTER.match(line)


def shared_end(text: str, signed: Sequence[MessageEnd]) -> frozenset[str]:
    """Return the lines and paragraphs with which a text ends as a held message does: a server's footer.

    Only a held message that quotes something has one that is no signature.
    """
    shared = set[str]()
    for end in signed:
        for parts_of in (lines_of, _paragraphs_of):
            pairs = zip(reversed(parts_of(text)), reversed(parts_of(visible(end.all))), strict=False)
            shared.update(part for part, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return frozenset(shared)


def _paragraphs_of(text: str) -> list[str]:
    """Return the paragraphs of a text, each on one line."""
    paragraphs = (" ".join(lines_of(paragraph)) for paragraph in PARAGRAPH.split(text))
    return [paragraph for paragraph in paragraphs if paragraph]


def without_footers(text: str) -> str:
    """Return a text without the sentences of the footers that begin a paragraph below the first one."""
    first, *others = _BREAK.split(text)
    return "\n\n".join([first, *map(_without_footer, others)])


def _without_footer(paragraph: str) -> str:
    """Return a paragraph without a footer's sentences, which are long: "No, delete it" is none."""
    stretches = list(split_footer(paragraph))
    if not stretches or not stretches[0][0]:
        return paragraph
    return "\n".join(
        part
        for is_own, part in stretches
        if not is_own
        or len(words_of(part)) < FOOTER_WORDS
        or not ABOUT_MAIL.search(plain(part))
        or _is_the_writers(part)
    )


def _is_the_writers(part: str) -> bool:
    """Return whether a footer's sentences may be the writer's own.

    They speak of the writer or of a condition, or ask for something before "if you are not the intended recipient".
    """
    is_for_others = False
    for sentence in _SENTENCE.split(part):
        words = words_of(sentence)
        said = " ".join(words)
        is_for_others = is_for_others or bool(FOR_OTHERS.search(said))
        asks = _ASKS.search(said) or not REMOVALS.isdisjoint(words) or refuses_sending(words)
        if WRITER.search(said) or (asks and not is_for_others):
            return True
    return False
