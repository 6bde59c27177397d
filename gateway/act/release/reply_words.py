"""The answer that a reply to a question gives: yes, no or unclear, by whole phrases in seven languages (`reply_lists`).

A yes is a text whose every line is made of phrases that say yes, courtesy, the person's own name and "Sent from my
phone"; the signature of the held message may stand below. Behind a greeting only names of those who asked may stand: in
"Hello Wrong Mail, yes" the greeting says more. A no is a text of phrases that say no, courtesy and the name. Anything
else is unclear: any other word or sign, a question mark or an emoji among them, and a yes beside a no. An unclear reply
does nothing and can be followed by a clear one, while mail that is sent stays sent. Letter case and accents don't
matter.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Set
from typing import Final, Literal

from gateway.act.release.reply_lists import (
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

Said = Literal["yes", "no", "unclear"]
#: Characters of a plain answer, with a signature.
MAX_CHARACTERS: Final = 1_000
#: Lines at the end of a message among which its signature stands.
MAX_SIGNATURE_LINES: Final = 20
#: Words of a name behind a greeting, below which a no counts.
MAX_NAME_WORDS: Final = 3
#: Words of a reason for a release among which a refusal counts: the greeting, and some sentences.
MAX_WORDS: Final = 60
#: Words behind a refusal among which the word for the release stands: "don't ever send".
BETWEEN: Final = 3

_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
#: Words with the marks of a plain statement. A semicolon is none, since Greeks ask with it; nor is an ellipsis.
_STATEMENT = re.compile(r"(?:[^\W_]|[\s,!'\u2019&\u2013\u2014-]|\.(?!\.))*")
#: Pronouns behind a name, and the address behind "Get Outlook for iOS".
_ADDED = re.compile(
    r"\((?:she|he|they|sie|er)/(?:her|him|they|them|ihr|ihm|ihn)(?:/\w{2,6})?\)|<https://aka\.ms/\w+>", re.IGNORECASE
)
#: Addresses of mail and of pages.
_ADDRESS = re.compile(r"\S*\w[@.:/]\w\S*")
#: Words that a signature doesn't have. In "Registered in England No. 123" there is a no.
_REFUSING = (REFUSALS | REMOVALS) - {"no"}
_PLEASE = re.compile(f"(?:(?:{'|'.join(sorted(PLEASE))}) )+")


def answer_in(text: str | None, name: str = "", asking: str = "", signed: str = "") -> Said:
    """Return the answer of a sender who was asked to confirm; None is a text that can't be read.

    A reply without words says yes, since mail programs let people reply so. `name` is the person's own, `asking` has
    the names of those who asked, and `signed` is a text of the person's that may end with a signature.
    """
    if text is None:
        return "unclear"
    text = _visible(text)
    return _said(text, {"yes"}, name, asking, signed) if text.strip() else "yes"


def agreement_in(text: str | None, name: str = "", asking: str = "") -> Said:
    """Return the answer of somebody outside who was asked to agree; a reply without words is no yes."""
    return _said(_visible(text or ""), {"yes", "agrees"}, name, asking)


def refuses_release(text: str) -> bool:
    """Return whether a text that gives a reason for a release refuses it instead: "No", "delete it", "don't send"."""
    words = _words(_greeting(text.strip())[1])[:MAX_WORDS]
    asked = _PLEASE.sub("", " ".join(words)).split(" ", 1)[0]
    return _said(text, {"yes"}) == "no" or asked in REMOVALS or _refuses_sending(words)


def _said(text: str, yes: Set[Meaning], name: str = "", asking: str = "", signed: str = "") -> Said:
    if len(text) > MAX_CHARACTERS:
        return "unclear"
    names, known = _words(name), frozenset(_words(asking))
    initials = "".join(word[0] for word in names)
    own = {*names, *initials, *(initials[:end] for end in range(2, len(initials) + 1))} - REFUSALS
    greeted, rest = _greeting(text.strip())
    meanings = set[Meaning]()
    for line in _unsigned(_lines(rest), _lines(signed), frozenset(names), known):
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


def _is_sentence(line: str) -> bool:
    """Return whether a line below a text may say something: it asks, forbids, or has mostly words in small letters."""
    words = _WORD.findall(_ADDRESS.sub(" ", line))
    small = [word for word in words if word[0].islower()]
    folded = [plain(word) for word in words]
    asks = _PLEASE.search(" ".join(folded) + " ") or not _REFUSING.isdisjoint(folded) or "!" in line or "?" in line
    return bool(asks) or (len(words) > MAX_NAME_WORDS and 2 * len(small) > len(words))


def _meanings(line: str, own: Set[str]) -> set[Meaning] | None:
    """Return the meanings of the phrases that make up a line; None where anything else stands in it."""
    line = _ADDED.sub(" ", line)
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
    others = [word for word in words if plain(word[0]) not in GREETINGS | GREETED]
    if len(others) <= MAX_NAME_WORDS and all(word[0].istitle() and plain(word[0]) not in REFUSALS for word in others):
        return {plain(word[0]) for word in others}, f"{rest}\n{below}"
    return set(), text[others[0].start() :]


def _lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.split("\n") if line.strip()]


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
