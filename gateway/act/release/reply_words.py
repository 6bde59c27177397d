"""The answer that a reply to a question gives: yes, no or unclear, by whole phrases in seven languages (`reply_lists`).

A yes is a text whose every line is made of phrases that say yes, courtesy, the person's own name and "Sent from my
phone"; the signature of the held message may stand below. Behind a greeting only names of those who asked may stand: in
"Hello Wrong Mail, yes" the greeting says more. A no is a text of phrases that say no, courtesy and the name. Anything
else is unclear: no words, any other word or sign, a question mark or an emoji among them, a yes beside a no, and a yes
with other words below the quoted notice. An unclear reply does nothing and can be followed by a clear one, while mail
that is sent stays sent. Letter case and accents don't matter.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Set
from typing import Final, Literal

from gateway.act.release.reply_lists import (
    CONDITIONS,
    GREETED,
    GREETINGS,
    PHRASES,
    PLEASE,
    REFUSALS,
    REMOVALS,
    SENDING,
    Meaning,
    plain,
)
from gateway.act.release.reply_reading import ReplyText
from gateway.message.text.boilerplate import split_footer

Said = Literal["yes", "no", "unclear"]
#: Characters of a plain answer, with a signature.
MAX_CHARACTERS: Final = 1_000
#: Characters below dashes, and below the quoted notice: a signature with a long footer.
MAX_CHARACTERS_APART: Final = 10_000
#: Lines at the end of a message among which its signature stands.
MAX_SIGNATURE_LINES: Final = 20
#: Words of a name behind a greeting, below which a no counts.
MAX_NAME_WORDS: Final = 3
#: Words of a reason for a release among which a refusal counts: the greeting, and some sentences.
MAX_WORDS: Final = 60
#: Words of a footer's sentences at the least: "No, do not forward it" has fewer.
FOOTER_WORDS: Final = 10
#: Words behind a refusal among which the word for the release stands: "don't ever send".
BETWEEN: Final = 3

_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
#: Words with the marks of a plain statement. A semicolon is none, since Greeks ask with it; nor is an ellipsis.
_STATEMENT = re.compile(r"(?:[^\W_]|[\s,!'\u2019&\u2013\u2014-]|\.(?!\.))*")
#: Pronouns behind a name, and the address behind "Get Outlook for iOS".
_ADDED = re.compile(
    r"\((?:she|he|they|sie|er)/(?:her|him|they|them|ihr|ihm|ihn)(?:/\w{2,6})?\)|<https://aka\.ms/\w+>", re.IGNORECASE
)
#: The place of a picture, as Outlook writes it into plain text.
_PICTURE = re.compile(r"\[cid:[^\]\s]+\]")
#: Signs around a whole line: bold letters as plain text has them, and quotation marks around the answer asked for.
_OWN_MARKS = re.compile(
    r"^([*_\"\u201c\u201e\u00ab])([^*_\"\u201c-\u201e\u00ab\u00bb]+)[*_\"\u201c\u201d\u00bb](?=[.!]?$)"
)
#: A greeting whose second word means tomorrow anywhere else.
_MORNING = "guten morgen"
#: An address of mail, with its local part.
_MAILBOX = re.compile(r"(?<!\S)([\w.-]+)@[\w.-]+(?!\S)")
#: Addresses of mail and of pages.
_IN_ADDRESS = re.compile(r"\w[@.:/]\w")
#: Words that a signature doesn't have. In "Registered in England No. 123" there is a no.
_REFUSING = (REFUSALS | REMOVALS) - {"no"}
_PLEASE = re.compile(f"(?:(?:{'|'.join(sorted(PLEASE))}) )+")


def answer_in(reply: ReplyText | None, name: str = "", asking: str = "", signed: ReplyText | None = None) -> Said:
    """Return the answer of somebody who was asked whether held mail may go; None is a reply that can't be read.

    `name` is the person's own, `asking` has the names of those who asked, and `signed` is a text of the person's that
    may end with a signature.
    """
    return _said(reply, {"yes"}, name, asking, signed)


def agreement_in(reply: ReplyText | None, name: str = "", asking: str = "") -> Said:
    """Return the answer of somebody outside who was asked to agree."""
    return _said(reply, {"yes", "agrees"}, name, asking)


def refuses_release(text: str) -> bool:
    """Return whether a text that gives a reason for a release refuses it instead: "delete it", "don't send"."""
    words = _words(_greeting(text.strip())[1])[:MAX_WORDS]
    asked = _PLEASE.sub("", " ".join(words)).split(" ", 1)[0]
    return asked in REMOVALS or _refuses_sending(words)


def _said(reply: ReplyText | None, yes: Set[Meaning], name: str, asking: str, signed: ReplyText | None = None) -> Said:
    if (
        reply is None
        or len(reply.words) > MAX_CHARACTERS
        or max(len(reply.signature), len(reply.below)) > MAX_CHARACTERS_APART
    ):
        return "unclear"
    text, signed = _visible(reply.words), signed or ReplyText("")
    names, known = _words(name), frozenset(_words(asking))
    initials = "".join(word[0] for word in names)
    own = {*names, *initials, *(initials[:end] for end in range(2, len(initials) + 1))} - REFUSALS - CONDITIONS
    greeted, rest = _greeting(text.strip())
    meanings = set[Meaning]()
    lines = _unsigned(_lines(rest), _lines(signed.words), frozenset(names), known)
    for line in (*lines, *_apart(reply, signed, own)):
        found = _meanings(line, own)
        if found is None:
            return "unclear"
        meanings |= found
    if "no" in meanings:
        return "no" if meanings <= {"no", "courtesy"} else "unclear"
    return "yes" if meanings & yes and greeted <= known | own else "unclear"


def _unsigned(lines: list[str], signed: list[str], names: frozenset[str], known: frozenset[str]) -> list[str]:
    """Return the lines of a reply without the signature at their end, which the signed text has near its end too.

    A signature has the person's name, begins with it or with the organisation's, and has no sentence.
    """
    ends = signed[-MAX_SIGNATURE_LINES:]
    for at, line in enumerate(lines):
        block, words = lines[at:], set(_words(line))
        if (
            (words & names or words <= known)
            and names.intersection(word for one in block for word in _words(one))
            and any(ends[start : start + len(block)] == block for start in range(len(ends)))
            and not any(map(_is_sentence, block))
        ):
            return lines[:at]
    return lines


def _apart(reply: ReplyText, signed: ReplyText, own: Set[str]) -> list[str]:
    """Return the lines below the quoted notice, and those below dashes that may say something.

    A footer's sentences and the lines of the signature below the signed text are none.
    """
    known = frozenset(_lines(signed.signature))
    signature = [line for line in _unfooted(reply.signature) if line not in known]
    return [*_unfooted(reply.below), *(line for line in signature if _may_say(line, own))]


def _may_say(line: str, own: Set[str]) -> bool:
    """Return whether a line below dashes may say something about the answer: a sentence, a condition, a no."""
    meanings = _meanings(line, own)
    if meanings is not None:
        return "no" in meanings
    return _is_sentence(line) or not CONDITIONS.isdisjoint(_words(line))


def _unfooted(text: str) -> list[str]:
    """Return the lines of a text without the sentences of a footer, which are long: "No, delete it" is none."""
    parts = split_footer(_visible(text))
    return [line for is_own, part in parts if not is_own or len(_words(part)) < FOOTER_WORDS for line in _lines(part)]


def _is_sentence(line: str) -> bool:
    """Return whether a line below a text may say something: it asks, forbids, or has mostly words in small letters."""
    words = _WORD.findall(" ".join(one for one in line.split() if not _IN_ADDRESS.search(one)))
    small = [word for word in words if word[0].islower()]
    folded = [plain(word) for word in words]
    asks = _PLEASE.search(" ".join(folded) + " ") or not _REFUSING.isdisjoint(folded) or "!" in line or "?" in line
    return bool(asks) or (len(words) > MAX_NAME_WORDS and 2 * len(small) > len(words))


def _meanings(line: str, own: Set[str]) -> set[Meaning] | None:
    """Return the meanings of the phrases that make up a line; None where anything else stands in it."""
    line = _OWN_MARKS.sub(r"\2", _ADDED.sub(" ", line)).removesuffix(":")
    line = _MAILBOX.sub(lambda found: " " if own >= set(_words(found[1])) else found[0], line)
    if not _STATEMENT.fullmatch(line):
        return None
    words, at, meanings = " ".join(_words(line)), 0, set[Meaning]()
    while at < len(words):
        found = [(one.end(), meaning) for phrase, meaning in PHRASES if (one := phrase.match(words, at))]
        end, meaning = max(found, key=lambda one: one[0], default=(at, "courtesy"))
        word = words[at:].split(" ", 1)[0]
        if word in own and at + len(word) >= end:
            end, meaning = at + len(word), "courtesy"
        if end == at:
            return None
        meanings.add(meaning)
        at = end + 1
    return meanings


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
    return [" ".join(line.split()) for line in _PICTURE.sub("", text).split("\n") if line.strip()]


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
