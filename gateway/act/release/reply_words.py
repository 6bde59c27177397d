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
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from itertools import islice, takewhile
from typing import Final, Literal

from gateway.act.release.reply_lists import (
    ABOUT_MAIL,
    CONDITIONS,
    FOR_OTHERS,
    GREETED,
    GREETINGS,
    PHRASES,
    PLEASE,
    REFUSALS,
    REMOVALS,
    SENDING,
    WRITER,
    Meaning,
    plain,
)
from gateway.act.release.reply_reading import MessageEnd, ReplyText
from gateway.message.text.boilerplate import split_footer
from gateway.message.text.phrases import DASHES, FOOTER, RULE

Said = Literal["yes", "no", "unclear"]
#: Characters of a reply in one form: a plain answer, with a signature and a long footer.
MAX_CHARACTERS: Final = 10_000
#: Lines of an answer, and words of a line, without those that the held message has too.
MAX_LINES: Final = 25
MAX_LINE_WORDS: Final = 40
#: Characters of a line that a mail program has wrapped at the least.
WRAPPED: Final = 55
#: Words of a name behind a greeting, below which a no counts.
MAX_NAME_WORDS: Final = 3
#: Lines at the end of a message among which courtesy begins a signature.
CLOSING_LINES: Final = 10
#: Words of a reason for a release among which a refusal counts: the greeting, and some sentences.
MAX_WORDS: Final = 60
#: Words of a footer's sentences at the least: "No, do not forward it" has fewer.
FOOTER_WORDS: Final = 10
#: Words behind a refusal among which the word for the release stands: "don't ever send".
BETWEEN: Final = 3

_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
#: Words with the marks of a plain statement. A semicolon is none, since Greeks ask with it; nor is an ellipsis.
_STATEMENT = re.compile(r"(?:[^\W_]|[\s,!'\u2019&\u2013\u2014-]|\.(?!\.))*")
#: Pronouns behind a name, the address behind "Get Outlook for iOS", and the marks around that of Proton Mail.
_ADDED = re.compile(
    r"\((?:she|he|they|sie|er)/(?:her|him|they|them|ihr|ihm|ihn)(?:/(?:hers|his|theirs))?\)|<https://aka\.ms/\w+>"
    r"|\[(?=Proton Mail\])|(?<=\[Proton Mail)\]\(https://proton\.me/\)",
    re.IGNORECASE,
)
#: The place of a picture, as Outlook writes it into plain text.
_PICTURE = re.compile(r"\[cid:(?:image\d{1,4}\.\w{3,4}@[\dA-Fa-f.]+|[\da-f-]{30,40})\]")
#: Signs around a whole line: bold letters as plain text has them, and quotation marks around the answer asked for.
_OWN_MARKS = re.compile(
    r"^([*_\"\u201c\u201e\u00ab])([^*_\"\u201c-\u201e\u00ab\u00bb]+)[*_\"\u201c\u201d\u00bb](?=[.!]?$)"
)
#: A yes in Spanish and Italian without its accent, "if" in French and Spanish.
_SI = re.compile(r"\bsi\b", re.IGNORECASE)
#: A greeting whose second word means tomorrow anywhere else.
_MORNING = "guten morgen"
#: An address of mail, with its local part.
_MAILBOX = re.compile(r"(?<!\S)([\w.-]+)@([\w.-]+)(?!\S)")
#: A word or more that is struck out, in plain text.
_STRUCK_OUT = re.compile(r"(?<!\S)[\u2013\u2014-]+\w(?:[^\u2013\u2014-]*\w)?[\u2013\u2014-]+(?!\w)")
_PARAGRAPH = re.compile(r"\n\s*\n")
#: The end of a paragraph above a footer.
_BREAK = re.compile(r"\n\s*\n(?:--\n)?|\n--\n|\A--\n")
_SENTENCE = re.compile(r"[.!?]\s")
_PLEASE = re.compile(f"(?:(?:{'|'.join(sorted(PLEASE))}) )+")

#: Requests in a footer's sentence. "We do not" is none, nor is "please visit our page".
_ASKS = re.compile(rf"\b(?:(?:{'|'.join(sorted(PLEASE))})(?! visit| see)|(?<!we )do not|don't|must not|may not)\b")


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
    words = _words(_greeting(text.strip())[1])[:MAX_WORDS]
    asked = _PLEASE.sub("", " ".join(words)).split(" ", 1)[0]
    return asked in REMOVALS or _refuses_sending(words)


def _said(
    reply: Sequence[ReplyText], yes: Set[Meaning], name: str, asking: str, signed: Sequence[MessageEnd] | None
) -> Said:
    names, asked_by = _words(name), frozenset(_words(asking))
    initials = "".join(word[0] for word in names)
    own = {*names, *initials, *(initials[:end] for end in range(2, len(initials) + 1))} - REFUSALS - CONDITIONS
    known = frozenset(line for end in signed or () for line in _signature(end.own, own, {*names}, asked_by))
    answers = set[Said]()
    for form in reply:
        words, below = _visible(form.words).strip(), _visible(form.below)
        if signed is None:
            words, below = _unfooted(words), _unfooted(f"\n\n{below}")
        greeted, text = _greeting(words)
        above, under = (_meanings_of(one, own, known | _shared_end(one, signed or ())) for one in (text, below))
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
    found = [_meanings(line, own) for line in islice(_unknown_lines(text, known), MAX_LINES + 1)]
    if len(found) > MAX_LINES or None in found:
        return None
    return set().union(*filter(None, found))


def _unknown_lines(text: str, known: Collection[str]) -> Iterator[str]:
    """Yield the lines of a text without known ones and without known paragraphs, which say nothing."""
    for paragraph in map(_lines, _PARAGRAPH.split(text)):
        if " ".join(paragraph) not in known:
            yield from _unwrapped(line for line in paragraph if line not in known)


def _unwrapped(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines, each that a mail program has wrapped together with the next, and so "Please" on its own."""
    begun = ""
    for line in lines:
        begun = f"{begun} {line}".strip()
        if len(line) < WRAPPED and " ".join(_words(line)) not in PLEASE:
            yield begun
            begun = ""
    if begun:
        yield begun


def _signature(text: str, own: Set[str], names: Set[str], asked_by: Set[str]) -> Iterator[str]:
    """Yield the lines of a signature, and its paragraphs as lines.

    It begins with dashes, a line that has the person's name, the organisation's, or a footer; or with courtesy near the
    end, above no sentence.
    """
    lines = _visible(text).split("\n")
    for at, line in enumerate(lines):
        words, below = set(_words(line)), [one for one in lines[at + 1 :] if one]
        is_name = words & names or (words and words <= asked_by)
        is_closing = len(below) < CLOSING_LINES and not any(map(_is_sentence, below))
        if is_name or line in DASHES or FOOTER.match(line) or (is_closing and _meanings(line, own) == {"courtesy"}):
            rest = "\n".join(lines[at:])
            yield from _lines(rest)
            yield from (" ".join(_lines(paragraph)) for paragraph in _PARAGRAPH.split(rest))
            return


def _is_sentence(line: str) -> bool:
    return line.endswith((".", "!", "?")) and len(_words(line)) > MAX_NAME_WORDS and not FOOTER.match(line)


def _shared_end(text: str, signed: Sequence[MessageEnd]) -> frozenset[str]:
    """Return the lines with which a text ends as a held message does below what it quotes: a server's footer."""
    shared = set[str]()
    for end in signed:
        pairs = zip(reversed(_lines(text)), reversed(_lines(_visible(end.all))), strict=False)
        shared.update(line for line, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return frozenset(shared)


def _unfooted(text: str) -> str:
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
        if not is_own or len(_words(part)) < FOOTER_WORDS or not ABOUT_MAIL.search(plain(part)) or _is_the_writers(part)
    )


def _is_the_writers(part: str) -> bool:
    """Return whether a footer's sentences may be the writer's own.

    They speak of the writer or of a condition, or ask for something before "if you are not the intended recipient".
    """
    is_for_others = False
    for sentence in _SENTENCE.split(part):
        words = _words(sentence)
        said = " ".join(words)
        is_for_others = is_for_others or bool(FOR_OTHERS.search(said))
        asks = _ASKS.search(said) or not REMOVALS.isdisjoint(words) or _refuses_sending(words)
        if WRITER.search(said) or (asks and not is_for_others):
            return True
    return False


def _meanings(line: str, own: Set[str]) -> set[Meaning] | None:
    """Return the meanings of the phrases that make up a line; None where anything else stands in it."""
    line = _OWN_MARKS.sub(r"\2", _ADDED.sub(" ", line))
    is_label = line.endswith(":")
    line = _MAILBOX.sub(lambda found: " " if _is_own_address(found, own) else found[0], line.removesuffix(":"))
    if not _STATEMENT.fullmatch(line) or _STRUCK_OUT.search(line):
        return None
    words, at, meanings = " ".join(_words(line)), 0, list[Meaning]()
    if words.count(" ") >= MAX_LINE_WORDS:
        return None
    while at < len(words):
        found = [(one.end(), meaning) for phrase, meaning in PHRASES if (one := phrase.match(words, at))]
        end, meaning = max(found, key=lambda one: one[0], default=(at, "courtesy"))
        word = words[at:].split(" ", 1)[0]
        if word in own and at + len(word) >= end:
            end, meaning = at + len(word), "courtesy"
        if end == at:
            return None
        meanings.append(meaning)
        at = end + 1
    is_condition = "si" not in own and _SI.search(line) and len(meanings) - meanings.count("courtesy") > 1
    is_blank = is_label and not set(meanings) <= {"courtesy"}
    return None if is_condition or is_blank else set(meanings)


def _is_own_address(found: re.Match[str], own: Set[str]) -> bool:
    """Return whether an address is the person's own, by its local part; a domain that refuses is none."""
    return own >= set(_words(found[1])) and REFUSALS.isdisjoint(_words(found[2]))


def _greeting(text: str) -> tuple[set[str], str]:
    """Return the words that name somebody in the greeting of a text, and the text behind the greeting.

    A greeting ends with a comma or with the line.
    """
    first, _, below = text.partition("\n")
    head, _, rest = first.partition(",")
    words = list(_WORD.finditer(head))
    if not words or plain(words[0][0]) not in GREETINGS or not _STATEMENT.fullmatch(head.rstrip(": ")):
        return set(), text
    first_name = 2 if plain(head).startswith(_MORNING) else 1
    others = [word for word in words[first_name:] if plain(word[0]) not in GREETINGS | GREETED]
    if len(others) <= MAX_NAME_WORDS and all(word[0].istitle() and plain(word[0]) not in REFUSALS for word in others):
        return {plain(word[0]) for word in others}, f"{rest}\n{below}"
    return set(), text[others[0].start() :]


def _lines(text: str) -> list[str]:
    """Return the lines of a text, without the places of pictures and without lines that are drawn."""
    lines = (" ".join(line.split()) for line in _PICTURE.sub("", text).split("\n"))
    return [line for line in lines if line and not RULE.match(line)]


def _words(text: str) -> list[str]:
    return _WORD.findall(plain(text))


def _visible(text: str) -> str:
    """Return a text without invisible characters, which programs write, and with accents in their letters."""
    return "".join(one for one in unicodedata.normalize("NFC", text) if unicodedata.category(one) != "Cf")


def _refuses_sending(words: list[str]) -> bool:
    """Return whether a refusal stands right before the word for the release."""
    return any(
        any(one.startswith(SENDING) for one in words[at + 1 : at + 1 + BETWEEN])
        for at, word in enumerate(words)
        if word in REFUSALS
    )
