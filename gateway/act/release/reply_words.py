"""The answer that a reply to a question gives: yes, no or unclear, by whole phrases in seven languages (`reply_lists`).

A yes is a text whose every line is made of phrases that say yes, courtesy, the person's own name and "Sent from my
phone"; below them lines may stand that stand at the end of the held message too, such as its signature. Behind a
greeting only names of those who asked may stand: in "Hello Wrong Mail, yes" the greeting says more. A no is a text of
phrases that say no, courtesy and the name. Anything else is unclear: no words, any other word or sign, a question mark
or an emoji among them, a yes beside a no, and a reply that says something else in another of its forms. An unclear
reply does nothing and can be followed by a clear one, while mail that is sent stays sent. Letter case and accents don't
matter.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from itertools import islice
from typing import Final, Literal

from gateway.act.release.reply_footers import shared_end, signature_of, without_footers
from gateway.act.release.reply_lists import CONDITIONS, GREETED, GREETINGS, PLEASE, REFUSALS, REMOVALS, Meaning, plain
from gateway.act.release.reply_phrases import (
    PARAGRAPH,
    STATEMENT,
    WORD,
    lines_of,
    meanings_of_line,
    refuses_sending,
    visible,
    words_of,
)
from gateway.act.release.reply_reading import MessageEnd, ReplyText

Said = Literal["yes", "no", "unclear"]
#: Characters of a reply in one form: a plain answer, with a signature and a long footer.
MAX_CHARACTERS: Final = 10_000
#: Lines of an answer, without those that the held message has too.
MAX_LINES: Final = 25
#: Characters of a line that a mail program has wrapped at the least.
WRAPPED: Final = 55
#: Words of a name behind a greeting, below which a no counts.
MAX_NAME_WORDS: Final = 3
#: Words of a reason for a release among which a refusal counts: the greeting, and some sentences.
MAX_WORDS: Final = 60

#: A greeting whose second word means tomorrow anywhere else.
_MORNING = "guten morgen"
_PLEASE = re.compile(f"(?:(?:{'|'.join(sorted(PLEASE))}) )+")


def answer_in(
    reply: Sequence[ReplyText], name: str = "", asking: str = "", signed: Sequence[MessageEnd] | None = None
) -> Said:
    """Return the answer of somebody who was asked whether held mail may go; a reply without forms can't be read.

    `name` is the person's own, `asking` has the names of those who asked, and `signed` is the end of the
    person's held message; None stands for somebody who has sent none: then a footer is known by its own words.
    """
    return _said(reply, {"yes"}, name, asking, signed)


def agreement_in(reply: Sequence[ReplyText], name: str = "", asking: str = "") -> Said:
    """Return the answer of somebody outside who was asked to agree."""
    return _said(reply, {"yes", "agrees"}, name, asking, None)


def refuses_release(text: str) -> bool:
    """Return whether a text that gives a reason for a release refuses it instead: "delete it", "don't send"."""
    words = words_of(_greeting(text.strip())[1])[:MAX_WORDS]
    asked = _PLEASE.sub("", " ".join(words)).split(" ", 1)[0]
    return asked in REMOVALS or refuses_sending(words)


def _said(
    reply: Sequence[ReplyText], yes: Set[Meaning], name: str, asking: str, signed: Sequence[MessageEnd] | None
) -> Said:
    names, asked_by = words_of(name), frozenset(words_of(asking))
    initials = "".join(word[0] for word in names)
    own = {*names, *initials, *(initials[:end] for end in range(2, len(initials) + 1))} - REFUSALS - CONDITIONS
    known = frozenset(line for end in signed or () for line in signature_of(end.own, own, {*names}, asked_by))
    answers = set[Said]()
    for form in reply:
        words, below = visible(form.words).strip(), visible(form.below)
        if signed is None:
            words, below = without_footers(words), without_footers(f"\n\n{below}")
        greeted, text = _greeting(words)
        above, under = (_meanings_of(one, own, known | shared_end(one, signed or ())) for one in (text, below))
        said = _answer(above, under, yes)
        answers.add("unclear" if said == "yes" and not greeted <= own | asked_by else said)
    return answers.pop() if len(answers) == 1 else "unclear"


def _answer(above: Set[Meaning] | None, below: Set[Meaning] | None, yes: Set[Meaning]) -> Said:
    """Return the answer of what stands above a notice and below it, where words can only make it unclear."""
    if above is None or below is None:
        return "unclear"
    if "no" in above | below:
        return "no" if "no" in above and above | below <= {"no", "courtesy"} else "unclear"
    return "yes" if above & yes else "unclear"


def _meanings_of(text: str, own: Set[str], known: Collection[str]) -> set[Meaning] | None:
    """Return the meanings of a text without its known lines and paragraphs; None where anything else stands in it."""
    if len(text) > MAX_CHARACTERS:
        return None
    found = [meanings_of_line(line, own) for line in islice(_unknown_lines(text, known), MAX_LINES + 1)]
    if len(found) > MAX_LINES or None in found:
        return None
    return set().union(*filter(None, found))


def _unknown_lines(text: str, known: Collection[str]) -> Iterator[str]:
    """Yield the lines of a text without known ones and without known paragraphs, which say nothing."""
    for paragraph in map(lines_of, PARAGRAPH.split(text)):
        if " ".join(paragraph) not in known:
            yield from _unwrapped(line for line in paragraph if line not in known)


def _unwrapped(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines, each that a mail program has wrapped together with the next, and so "Please" on its own."""
    begun = ""
    for line in lines:
        begun = f"{begun} {line}".strip()
        if len(line) < WRAPPED and " ".join(words_of(line)) not in PLEASE:
            yield begun
            begun = ""
    if begun:
        yield begun


def _greeting(text: str) -> tuple[set[str], str]:
    """Return the words that name somebody in the greeting of a text, and the text behind the greeting.

    A greeting ends with a comma or with the line.
    """
    first, _, below = text.partition("\n")
    head, _, rest = first.partition(",")
    words = list(WORD.finditer(head))
    if not words or plain(words[0][0]) not in GREETINGS or not STATEMENT.fullmatch(head.rstrip(": ")):
        return set(), text
    first_name = 2 if plain(head).startswith(_MORNING) else 1
    others = [word for word in words[first_name:] if plain(word[0]) not in GREETINGS | GREETED]
    if len(others) <= MAX_NAME_WORDS and all(word[0].istitle() and plain(word[0]) not in REFUSALS for word in others):
        return {plain(word[0]) for word in others}, f"{rest}\n{below}"
    return set(), text[others[0].start() :]
