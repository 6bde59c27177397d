"""The meanings of a line of a reply, which is made of phrases (`reply_lists`) and of the person's own name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Set
from typing import Final

from gateway.act.release.reply_lists import PHRASES, REFUSALS, SENDING, Meaning, plain
from gateway.characters.normal_forms import normal_form
from gateway.message.text.phrases import RULE

#: Words of a line at the most, each of which takes time.
MAX_LINE_WORDS: Final = 40
#: Words behind a refusal among which the word for the release stands: "don't ever send".
BETWEEN: Final = 3

WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
#: Words with the marks of a plain statement. A semicolon is none, since Greeks ask with it; nor is an ellipsis.
STATEMENT = re.compile(r"(?:[^\W_]|[\s,!'\u2019&\u2013\u2014-]|\.(?!\.))*")
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
#: An address of mail, with its local part.
_MAILBOX = re.compile(r"(?<!\S)([\w.-]+)@([\w.-]+)(?!\S)")
#: A word or more that is struck out, in plain text.
_STRUCK_OUT = re.compile(r"(?<!\S)[\u2013\u2014-]+\w(?:[^\u2013\u2014-]*\w)?[\u2013\u2014-]+(?!\w)")
PARAGRAPH = re.compile(r"\n\s*\n")


def meanings_of_line(line: str, own: Set[str]) -> set[Meaning] | None:
    """Return the meanings of the phrases that make up a line; None where anything else stands in it."""
    line = _OWN_MARKS.sub(r"\2", _ADDED.sub(" ", line))
    is_label = line.endswith(":")
    line = _MAILBOX.sub(lambda found: " " if _is_own_address(found, own) else found[0], line.removesuffix(":"))
    if not STATEMENT.fullmatch(line) or _STRUCK_OUT.search(line):
        return None
    words, at, meanings = " ".join(words_of(line)), 0, list[Meaning]()
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
    return own >= set(words_of(found[1])) and REFUSALS.isdisjoint(words_of(found[2]))


def lines_of(text: str) -> list[str]:
    """Return the lines of a text, without the places of pictures and without lines that are drawn."""
    lines = (" ".join(line.split()) for line in _PICTURE.sub("", text).split("\n"))
    return [line for line in lines if line and not RULE.match(line)]


def words_of(text: str) -> list[str]:
    return WORD.findall(plain(text))


def visible(text: str) -> str:
    """Return a text without invisible characters, which programs write, and with accents in their letters."""
    return "".join(one for one in normal_form("NFC", text) if unicodedata.category(one) != "Cf")


def refuses_sending(words: list[str]) -> bool:
    """Return whether a refusal stands right before the word for the release."""
    return any(
        any(one.startswith(SENDING) for one in words[at + 1 : at + 1 + BETWEEN])
        for at, word in enumerate(words)
        if word in REFUSALS
    )
