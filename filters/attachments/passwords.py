"""Whether a text gives a password away: a word for one, and behind it what looks like one.

"Password: 1234" does; "the password follows by text message" and "your date of birth" don't.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

#: Characters of one text that are looked through: a covering letter is short.
TEXT_CHARACTERS = 20_000

#: Characters of HTML whose visible text is looked through: its style and its tags may be much longer than that.
MARKUP_CHARACTERS = 200_000

#: Words between "password" and what links it to the password itself: "the password for the attached file is …".
_WORDS_BETWEEN = 8

#: Blanks and line breaks between "password:" and the password.
_BLANKS_BETWEEN = 4

_TAG = re.compile(r"<style\b[^<>]*+>[^<]*+|<[^<>]*+>", re.IGNORECASE)
_BLANKS = re.compile(r"[^\S\n]+")

#: What stands before a password: a mark, or a word for "is".
_LINK = r"(?:[:=\u2192]|->|\b(?:is|are|ist|lautet|est|es|\u00e9|\u00e8|\u00e4r|jest)\b[ ]?:?)"
#: Whoever names a telephone number behind such a word gives no password away.
_ELSEWHERE = r"(?:call|(?:tele)?phone|telefon|ring|tel|mobile|sms|text|anruf|appel|llam)"
#: What stands in a password's place where it is not told.
_UNTOLD = frozenset(
    {"follows", "separately", "below", "required", "attached", "none", "folgt", "separat", "unten", "suit"}
)
#: More digits than a character has: `html.unescape` would not take them.
_ENDLESS = re.compile(r"&#[xX]?[0-9a-fA-F]{9,}+")
_COUNT = re.compile(r"[0-9]{1,2}-[^\W\d_]+")  # "4-digit"
_TOKEN = re.compile(r"[\"'\u201c\u201e\u00ab\u2018(\[]?([^\s\"'\u201d\u00bb\u2019]{3,64})")
_ADDRESS = re.compile(r"://|@[\w-]+\.")
_QUOTES = "\"'\u201c\u201e\u00ab\u2018"
_ENDS = ".,;:!?)]>"


class Passwords:
    """Finds passwords behind the given words."""

    def __init__(self, words: Sequence[str]) -> None:
        known = "|".join(sorted(map(re.escape, (word.casefold() for word in words)), key=len, reverse=True))
        between = rf"(?:[ ](?!{_ELSEWHERE})[^\s:=.!?;]{{1,40}}+){{0,{_WORDS_BETWEEN}}}?"
        self._given = re.compile(rf"\b(?:{known})\b{between}[ ]?{_LINK}\s{{0,{_BLANKS_BETWEEN}}}") if known else None
        self._direct = re.compile(rf"\b(?:{known})\b(?:[ ]code|[ ]number)?[ ]") if known else None

    def given(self, text: str) -> str:
        """The passage that gives one away, on one line; "" if there is none."""
        text = _BLANKS.sub(" ", text[:TEXT_CHARACTERS])
        folded = text.casefold() if len(text.casefold()) == len(text) else text.lower()
        for pattern, is_one in ((self._given, _is_password), (self._direct, _is_code)):
            for found in pattern.finditer(folded) if pattern else ():
                token = _TOKEN.match(text, found.end())
                if token and not _ADDRESS.search(token[1]) and is_one(text, token):
                    return " ".join(text[found.start() : token.end()].split())
        return ""


def visible(markup: str) -> str:
    """The text of HTML, roughly: what a tag parted stays parted."""
    return html.unescape(_ENDLESS.sub("", _TAG.sub(" ", markup[:MARKUP_CHARACTERS])))


def _is_password(text: str, token: re.Match[str]) -> bool:
    """Behind a colon or "is": what no word looks like; any word in quotes, or alone on the rest of its line."""
    word = token[1].rstrip(_ENDS)
    if _looks_made_up(word) or (len(word) >= 3 and token[0][0] in _QUOTES):
        return True
    before = text[max(0, token.start() - _BLANKS_BETWEEN - 1) : token.start()].rstrip()[-1:]
    if before not in (":", "=") or len(word) < 3 or word.casefold() in _UNTOLD:
        return False
    return text[token.end() : token.end() + 1] in ("", "\n", "\r")


def _is_code(text: str, token: re.Match[str]) -> bool:
    """Directly behind the word: in quotes, or what no word looks like ("PIN 4711")."""
    return token[0][0] in _QUOTES or ("(" not in token[0] and _looks_made_up(token[1].rstrip(_ENDS)))


def _looks_made_up(word: str) -> bool:
    if len(word) < 4 or _COUNT.fullmatch(word):
        return False
    inner = word[:-1]
    return (
        any(c.isdigit() for c in word)
        or any(c in "!#$%^&*+=?_~|" for c in inner)
        or (not word.isupper() and any(c.isupper() for c in word[1:]))
    )
