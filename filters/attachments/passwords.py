"""Search for a password told in a text: a word for a password, and behind it a likely password.

"Password: 1234" and "the password is hammer" tell one. "The password follows by text message" and "your date of birth"
don't. Only messages with encrypted content are searched; there an ordinary word behind such a label is a password too.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence

from filters.attachments.settings import NotPasswords, WordList

#: Characters of one text that are searched: a covering letter is short.
TEXT_CHARACTERS = 20_000

#: Characters of HTML that are searched for visible text: style and tags may be much longer than the text.
MARKUP_CHARACTERS = 200_000

#: Words between "password" and the link to the password itself: "the password for the attached file is …".
_WORDS_BETWEEN = 8

#: Blanks and line breaks between "password:" and the password.
_BLANKS_BETWEEN = 4

#: Letters that an ordinary word needs to be taken for a password.
_MIN_WORD = 3

#: Characters of a file that holds nothing but a password.
MAX_ALONE = 64

#: Signs that part the words of a file name, and its extension.
_NAME_SIGNS = re.compile(r"[/\\_,;()\[\]{}+~\s-]++|\.(?=[^.]{0,8}\Z)|\.(?=[^\W\d_])")
#: Scripts whose words are not parted by blanks.
_WIDE = re.compile("[\u0e00-\u0eff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_WIDE_LINK = "\u306f|\u306b|\u662f|\u4e3a|\u70ba|\uff1a|\uff1d|\ub294|\uc740|\u0e04\u0e37\u0e2d"
_STYLE = re.compile(r"<style\b[^<>]*+>[^<]*+", re.IGNORECASE)
_BREAK = re.compile(r"</?(?:br|p|div|td|th|tr|li|h[1-6])\b[^<>]*+>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*+>")
_BLANKS = re.compile(r"[^\S\n]+")

_COLON = "[:=\\u2192]|->"
#: The link before a password: a mark, or a word for "is".
_LINK = rf"(?:{_COLON}|\b(?:is|are|ist|lautet|est|es|\u00e9|\u00e8|\u00e4r|jest|ar|er|je|este|luidt|sono)\b[ ]?:?)"
#: Words for another channel: a telephone number behind such a word is no password.
_ELSEWHERE = r"(?:call|(?:tele)?phone|telefon|ring|tel|mobile|sms|text|anruf|appel|llam)"
#: Words behind a label that say what the password is for: "password for the file", "password (case-sensitive)".
_NAMES_WHAT = (
    r"(?:for|to|of|you|needed|required|f\u00fcr|fur|zum|zur|zu|der|des|pour|du|de|d['\u2019]|para|del|da|do|per|voor|van"
    r"|\()"
)
#: Short words for a password. They count only before a colon and where a label begins: "sort code: 20-00-00" is none.
_SHORT = (
    rf"(?:^|[\n.,;!?(\[\u2013-][ ]?|\b(?:the|your|our|its|and|with|access|der|dem|le|el)[ ])(?:pw|pwd|pass|pin|code)"
    rf"[ ]?(?:{_COLON})\s{{0,{_BLANKS_BETWEEN}}}"
)
#: References with more digits than a character has; `html.unescape` would not accept them.
_ENDLESS = re.compile(r"&#[xX]?[0-9a-fA-F]{9,}+")
_COUNT = re.compile(r"[0-9]{1,2}-[^\W\d_]+")  # "4-digit"
_TOKEN = re.compile(r"[\"'\u201c\u201e\u00ab\u2018(\[]?([^\s\"'\u201d\u00bb\u2019]{3,64})")
_NEXT_WORD = re.compile(r"[ ]?([^\W\d_]+)")
_ADDRESS = re.compile(r"://|@[\w-]+\.")
_QUOTES = "\"'\u201c\u201e\u00ab\u2018"
_ENDS = ".,;:!?)]>"


class Passwords:
    """Search for passwords behind the given words; `others` are words in a password's place that are none."""

    def __init__(self, words: Sequence[str], others: NotPasswords) -> None:
        self._anywhere = _casefolded(others.anywhere)
        self._in_file_names = self._anywhere | _casefolded(others.in_file_names)
        self._behind_is = _casefolded(others.behind_is)
        self._next_clause = _casefolded(others.next_clause)
        self._about_somebody = _casefolded(others.about_somebody)
        spellings = {form for word in words for form in (word.casefold(), _without_marks(word.casefold()))}
        known = "|".join(sorted(map(re.escape, spellings), key=lambda one: (-len(one), one)))
        word = rf"[ \n](?!{_ELSEWHERE})[^\s:=.!?;]{{1,40}}+"
        between = rf"(?:{word}){{0,{_WORDS_BETWEEN}}}?"
        of_clause = rf"(?:[ \n](?!{_ELSEWHERE})[^\s:=.,!?;]{{1,40}}+){{0,{_WORDS_BETWEEN}}}?"
        what = rf"(?:(?=[ \n]{_NAMES_WHAT}){of_clause})?"
        behind = rf"[ ]?{_LINK}\s{{0,{_BLANKS_BETWEEN}}}"
        wide = "|".join(one for one in known.split("|") if _WIDE.search(one))
        self._name = re.compile(
            rf"(?:\b(?:{known or '(?!)'})|\b(?:pw|pwd|passwd))\b[ ]?(?:(?:is|ist|est|es)[ ])?[:=]?[ ]?"
        )
        self._short_name = re.compile(r"\A(?:pass|pin|code|key)[ ]")
        patterns = (
            (rf"(?:{wide})[^\s:=\w]?[ ]?(?:{_COLON}|{_WIDE_LINK})[ ]?", _is_wide) if wide else None,
            (rf"\b(?:{known})\b{between}{behind}", _is_password),
            (rf"\b(?:{known})\b(?:[ ]code|[ ]number)?[ ]", _is_code),
            (rf"\b(?:{known})\b{what}{behind}", self._is_word),
            (r"\b(?:pw|pwd)[ ]", _is_code),
            (_SHORT, _is_password),
            (_SHORT, self._is_word),
        )
        self._patterns = [(re.compile(one[0]), one[1]) for one in patterns if one and known]

    def given(self, text: str) -> str:
        """Return the passage that tells a password, on one line; "" if there is none."""
        text = _BLANKS.sub(" ", text[:TEXT_CHARACTERS]).replace(" \n", "\n")
        folded = text.casefold() if len(text.casefold()) == len(text) else text.lower()
        for pattern, is_one in self._patterns:
            for found in pattern.finditer(folded):
                token = _TOKEN.match(text, found.end())
                if token and not _ADDRESS.search(token[1]) and is_one(text, token):
                    return " ".join(text[found.start() : token.end()].split()).lstrip(_ENDS + " ")
        return ""

    def named(self, name: str) -> str:
        """Return the piece of a file name that tells a password ("invoice, password is 4711.zip"); "" without one."""
        text = _BLANKS.sub(" ", _NAME_SIGNS.sub(" ", name[:TEXT_CHARACTERS]))
        folded = text.casefold() if len(text.casefold()) == len(text) else text.lower()
        for pattern, is_one in ((self._name, self._is_in_name), (self._short_name, _is_code)):
            for found in pattern.finditer(folded):
                token = _TOKEN.match(text, found.end())
                if token and is_one(text, token):
                    return text[found.start() : token.end()].strip()
        return ""

    def is_alone(self, name: str, text: str) -> bool:
        """Return whether a file that is called a password holds one word and nothing else."""
        word = text.strip()
        is_called = self._name.search(_NAME_SIGNS.sub(" ", name).casefold() + " ") is not None
        return is_called and _MIN_WORD <= len(word) <= MAX_ALONE and len(word.split()) == 1

    def _is_in_name(self, _: str, token: re.Match[str]) -> bool:
        """Return whether a word in a file name is a password: it names neither another place nor the file's subject."""
        word = token[1].rstrip(_ENDS)
        is_word = len(word) >= _MIN_WORD and word.casefold() not in self._in_file_names
        return is_word and not _is_placeholder(word)

    def _is_word(self, text: str, token: re.Match[str]) -> bool:
        """Return whether an ordinary word behind a label is a password, and doesn't say that it is elsewhere.

        Behind "is" without a colon the word must end its clause and be no participle: a participle only describes the
        password.
        """
        word = token[1].rstrip(_ENDS)
        is_next_label = token[1].endswith(":")
        if len(word) < _MIN_WORD or is_next_label or word.casefold() in self._anywhere or _is_placeholder(word):
            return False
        before = text[max(0, token.start() - _BLANKS_BETWEEN - 1) : token.start()].rstrip()[-1:]
        following = _NEXT_WORD.match(text, token.end()) if word == token[1] else None
        next_word = following[1].casefold() if following else ""
        if before in (":", "=", "\u2192", ">"):
            return next_word not in self._about_somebody
        at_end = word != token[1] or text[token.end() : token.end() + 1] in ("", "\n")
        ends_clause = at_end or next_word in self._next_clause
        describes = word.casefold() in self._behind_is or word.casefold().endswith(("ed", "ing"))
        return ends_clause and not (describes or _COUNT.fullmatch(word))


def visible(markup: str) -> str:
    """Return roughly the visible text of HTML: tags part words, and lines end where a reader sees them end."""
    bare = _BREAK.sub("\n", " ".join(_STYLE.sub(" ", markup[:MARKUP_CHARACTERS]).split()))
    return html.unescape(_ENDLESS.sub("", _TAG.sub(" ", bare)))


def _casefolded(words: WordList) -> frozenset[str]:
    return frozenset(word.casefold() for several in words.values() for word in several)


def _without_marks(word: str) -> str:
    """Return a word without diacritics, as folded text has it and as people without such keys write it."""
    bare = "".join(one for one in unicodedata.normalize("NFKD", word) if not unicodedata.combining(one))
    return unicodedata.normalize("NFKC", bare.replace("\u0142", "l").replace("\u0131", "i"))


def _is_wide(_: str, token: re.Match[str]) -> bool:
    """Return whether ASCII letters follow a label in a script without blanks, where ASCII is otherwise unused."""
    word = re.match(r"[!-~]*", token[1])
    return word is not None and len(word[0].rstrip(_ENDS)) >= _MIN_WORD + 1


def _is_password(_: str, token: re.Match[str]) -> bool:
    """Return whether the text behind a colon or "is" looks made up, or is any word in quotes."""
    word = token[1].rstrip(_ENDS)
    return _looks_made_up(word) or (len(word) >= _MIN_WORD and token[0][0] in _QUOTES)


def _is_code(text: str, token: re.Match[str]) -> bool:
    """Return whether the text directly behind the label is in quotes, or looks made up ("PIN 4711")."""
    return token[0][0] in _QUOTES or ("(" not in token[0] and _looks_made_up(token[1].rstrip(_ENDS)))


def _is_placeholder(word: str) -> bool:
    """Return whether a word is one character repeated, such as `xxxxx` or `*****`; `1111` is a password."""
    return len(set(word.casefold())) == 1 and not word.isdigit()


def _looks_made_up(word: str) -> bool:
    if len(word) < 4 or _COUNT.fullmatch(word) or _is_placeholder(word):
        return False
    inner = word[:-1]
    return (
        any(c.isdigit() for c in word)
        or any(c in "!#$%^&*+=?_~|" for c in inner)
        or (not word.isupper() and any(c.isupper() for c in word[1:]))
    )
