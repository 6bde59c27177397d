"""Credentials in clear: private keys, tokens of known shapes, passwords beside the word, codes of doors and alarms.

Talk about passwords is none: what stands in the password's place must look like one. The search is linear.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import islice

from filters.confidential.lines import lines_of, unwrapped
from filters.confidential.plain_text import plain, says, small, stems_of
from filters.confidential.quotes import masked
from filters.confidential.settings import Rules
from gateway.contract import Evidence
from gateway.matching import Lexicon
from gateway.message import Folded, Message, Passage, fold

#: Credentials of one message that are shown, and those of one text that are looked at besides keys.
MAX_SHOWN, MAX_TOLD = 20, 500
#: Octets at the beginning of an attached file of any name in which tokens are looked for; keys are in all of it.
MAX_TOKEN_BYTES = 16_384
#: Characters of a secret behind a colon, and of letters and digits that only a blank parts from the word.
LEAST, LEAST_UNSTATED = 6, 8
#: Characters between the word and the secret, and those of a line that are looked at together.
BETWEEN, LINE = 70, 2_000
#: The access code that meetings have too.
OF_MEETINGS_TOO = "access code"
#: Characters on either side of a passcode's name in which a meeting is spoken of, and passcodes of one text.
NEAR_MEETING, MAX_MEETINGS = 120, 100
#: Characters before a passcode's name in which the door that it opens is named.
NEAR_DOOR = 40
#: Characters between a word for a login and the password behind it.
BEHIND_LOGIN = 100

#: The head of a key; mail programs change the five dashes on either side of it.
_PEM = re.compile(r"BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?\s?-|PuTTY-User-Key-File-\d")
#: Octets with which a key's first and last line end in a file: their search costs next to nothing in a large one.
_PEM_IN_FILE = (b"PRIVATE KEY-----", b"PRIVATE KEY BLOCK-----")
_PUTTY = b"PuTTY-User-Key-File-"
#: Shape -> the service whose tokens have it. Each begins with characters that no other word has.
_TOKENS = {
    "AWS key": r"(?:AKIA|ASIA)[0-9A-Z]{16}",
    "GitHub token": r"gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255}",
    "GitLab token": r"glpat-[A-Za-z0-9_-]{20,}",
    "Slack token": r"xox[abeoprs]-[A-Za-z0-9-]{10,250}",
    "Slack hook": r"hooks\.slack\.com/services/T[A-Z0-9]{6,12}/B[A-Z0-9]{6,12}/[A-Za-z0-9]{16,}",
    "Stripe key": r"[rs]k_(?:live|test)_[A-Za-z0-9_]{10,250}",
    "Google key": r"AIza[0-9A-Za-z_-]{35}",
    "Google token": r"ya29\.[0-9A-Za-z_-]{20,}",
    "OpenAI or Anthropic key": r"sk-(?:proj-|ant-)?[A-Za-z0-9_-]{20,250}",
    "SendGrid key": r"SG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,64}",
    "npm token": r"npm_[A-Za-z0-9]{36}",
    "Azure key": r"AccountKey=[A-Za-z0-9+/]{40,100}={0,2}",
    "web token": r"eyJ[A-Za-z0-9_-]{10,1000}\.eyJ[A-Za-z0-9_-]{10,2000}\.[A-Za-z0-9_-]{10,500}",
    "login in an address": r"[a-z][a-z0-9+]{1,15}://[^\s:/@]{1,64}:[^\s:/@]{3,64}@[A-Za-z0-9.-]{2,}",
}
_TOKEN = re.compile(
    r"(?<![A-Za-z0-9_])(?:" + "|".join(f"(?P<t{at}>{shape})" for at, shape in enumerate(_TOKENS.values())) + ")"
)
_TOKEN_NAMES = tuple(_TOKENS)
#: Characters of which a text with a token has some.
_TOKEN_STEMS = (
    *("AKIA", "ASIA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox", "hooks.slack", "k_live_"),
    *("k_test_", "AIza", "ya29.", "sk-", "SG.", "npm_", "AccountKey=", "eyJ", "://"),
)

#: What may stand between the word and the secret.
_LINK = (
    r"(?:[ \t]?[\"'\u201c\u2018(\[]?(?:[ \t]?(?::|=|->|\u2192|-|is|was|ist|lautet|est|es|to|remains|now|still)\s?){1,3}"
    r"|[ \t])[\"'\u201c\u2018(\[<]?"
)
#: The same where it is said what the secret opens: "the password for our portal is".
_OPENS = (
    r"[ ](?:for|to|of|f\u00fcr|zu[rm]?|pour|para|per|voor|do)[ ][^\n.;:!?]{1,40}?"
    r"(?::|[ ](?:is|was|ist|lautet|est|es|\u00e8))[ ][\"'\u201c\u2018(\[<]?"
)
_WORD = r"(?P<secret>[^\s\"'\u201c\u201d\u2018\u2019<>]{4,64})"
_PLACEHOLDER = re.compile(
    r"^(?:[x*\u2022.\-_#?]+|.*(?:\*{3}|\u2022{3}|x{4}|https?:|www\.|@\w+\.\w).*|changeme|your.*|.*example.*|<.*|\{.*|\$\{?.*)$",
    re.IGNORECASE,
)
_LOGIN_WORD = re.compile(
    r"\b(?:log(?:in|on)s?|creds?|credentials|log (?:in|on)|sign in|user(?:name)?|admin\w*|account|inloggen|"
    r"usuario|utente|gebruiker|uzytkownik|u\u017cytkownik|ssh|vpn|root|wi-?fi|router|firewall)\b",
    re.IGNORECASE,
)
_LOGIN_STEMS = (
    *("log", "cred", "sign in", "user", "admin", "account", "usuario", "utente", "gebruiker", "uzytkownik"),
    *("u\u017cytkownik", "ssh", "vpn", "root", "wifi", "wi-fi", "router", "firewall"),
)
_BARE_SECRET = re.compile(
    r"(?<![^\s\"'(:=/])(?=[^\s]*[!#$%*?&^~])[A-Za-z][A-Za-z0-9!#$%*?&^~_.\-]{6,40}(?![^\s,;:.\"')])"
)
_CODE = re.compile(
    r"(?<![\w.,/:\u00a3$\u20ac+\-])#?(\d{4,6}[A-Z#*]?)"
    r"(?![\w/:%]|[.,-]\d| ?(?:mm|cm|kg|km|miles|people|plots|pcs|units|am|pm|hours?)\b)"
)


#: Words between, behind which a number is something else.
_OTHER_NUMBER = re.compile(
    r"\b(?:order|invoice|ref|reference|quote|model|serial|po|ticket|job|tel|phone|call|ring|extension|ext|room|unit|plot|"
    r"part|version|since|until|costs?|price|box|bus|flat)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:19|20[0-3])\d")

#: The place of what a quotation hides.
HIDDEN = "\u2026"
#: Characters between a password's name and the sign or the verb that leads to the password.
BEFORE_TOLD = 60
_WITH_DIGITS = re.compile(r"\S*\d\S*?(?=[,;.:!?)\]\"']*(?:\s|$))")
_HIDDEN_ROW = re.compile(rf"{HIDDEN}(?:[\s,;:/.()\[\]\"'-]*{HIDDEN})+")
_TOLD = (
    rf"[^.;!?\n]{{0,{BEFORE_TOLD}}}?"
    r"(?:[:=>\u2192]|(?<![^\W_])(?:is|was|are|reads|remains|ist|lautet|est|es|\u00e8|to|jest|brzmi)(?![^\W_]))"
)


_SENTENCE_END = re.compile(r"[.!?;]\s|\n")
_DOOR = re.compile(r"(?<![^\W_])(?:doors?|gates?|alarm|entrance|keypad|locker)(?![^\W_])", re.IGNORECASE)
#: Words before the name of a password that don't say what it opens.
_BARE_LABEL = re.compile(
    r"[\W\d]*(?:(?:the|your|our|and|with|use|its|meeting|das|le|la|el|il|het|de)\W+)*", re.IGNORECASE
)

#: A login and a password with a stroke between them.
_PAIR = re.compile(r"(?<!\S)[A-Za-z][\w.@-]{2,40} / (?P<secret>[^\s/,;]{8,40})")


class CredentialReader:
    """The compiled words beside credentials."""

    def __init__(self, rules: Rules, lexicon: Lexicon) -> None:
        words = sorted((re.escape(one) for one in rules.passwords), key=len, reverse=True)
        self._password = re.compile(
            rf"(?<![^\W_])(?<![?&;/])(?:{'|'.join(words)})(?![^\W_])(?:{_LINK}|{_OPENS}){_WORD}", re.IGNORECASE
        )
        self._told = re.compile(
            rf"((?<![^\W_])(?:{'|'.join(words)})(?![^\W_])(?:{_TOLD}|(?=[ \t]\S{{4}})))\s*\S.*",
            re.IGNORECASE | re.DOTALL,
        )
        codes = sorted((re.escape(one) for one in rules.access_codes), key=len, reverse=True)
        self._access = re.compile(rf"(?<![^\W_])(?:{'|'.join(codes)})(?![^\W_])", re.IGNORECASE)
        self._password_stems, self._access_stems = stems_of(rules.passwords), stems_of(rules.access_codes)
        self._meetings = lexicon.compile(rules.meetings)

    def found(self, message: Message, passages: Sequence[Passage]) -> list[Evidence]:
        """Return the credentials in the passages and in attached key files, with nothing of a secret in them."""
        found = [
            Evidence("credential", quote, passage.part)
            for passage in passages
            for quote in self._in_text(unwrapped(passage.text), passage.folded)
        ]
        return [*dict.fromkeys([*found, *_of_files(message)])][:MAX_SHOWN]

    def hidden(self, quote: str) -> str:
        """Return a quotation with no number in it, no token, and nothing behind the name of a password."""
        quote = plain(quote)
        for pattern in (_TOKEN, _BARE_SECRET, _PAIR, _WITH_DIGITS):
            quote = pattern.sub(HIDDEN, quote)
        return _HIDDEN_ROW.sub(HIDDEN, self._told.sub(rf"\1 {HIDDEN}", quote))

    def _speaks_of_meeting(self, folded: Folded) -> bool:
        return next(self._meetings.find(folded.lines), None) is not None

    def _in_text(self, text: str, folded: Folded) -> Iterator[str]:
        """Yield the credentials of a text, as read and folded. If it speaks of a meeting, its passcode is none."""
        yield from _keys(text)
        told = list(islice(self._told_in(text), MAX_TOLD))
        left = MAX_MEETINGS if told and self._speaks_of_meeting(folded) else 0
        for at, quote in told:
            if left and self._is_of_meeting(text, at):
                left -= 1
            else:
                yield quote

    def _is_of_meeting(self, text: str, at: int) -> bool:
        """Return whether the word at a place names a meeting's passcode.

        Where it stands alone ("Passcode:"), the lines around may speak of the meeting; else its own sentence must.
        """
        start, end = max(at - NEAR_MEETING, 0), at + NEAR_MEETING
        before = _SENTENCE_END.split(text[start:at])[-1]
        door = self._access.match(text, at)
        names_door = _DOOR.search(text, max(at - NEAR_DOOR, 0), at)
        if not names_door and _BARE_LABEL.fullmatch(before) and (not door or door[0].casefold() == OF_MEETINGS_TOO):
            return self._speaks_of_meeting(fold(text[start:end]))
        return self._speaks_of_meeting(fold(before + _SENTENCE_END.split(text[at:end])[0]))

    def _told_in(self, text: str) -> Iterator[tuple[int, str]]:
        """Yield the passwords and codes of a text, each behind the place of the word that names it."""
        in_small = small(text)
        for one in self._password.finditer(text) if says(in_small, *self._password_stems) else ():
            secret = one["secret"].rstrip(".,;:)]!?" if one["secret"][:-1].isalpha() else ".,;:)]")
            if _is_secret(secret, stated=_is_stated(text, one)):
                yield one.start(), f"a password: {masked(secret, 1)}"
        opens, logs_in = says(in_small, *self._access_stems), says(in_small, *_LOGIN_STEMS)
        for at, line in lines_of(text, LINE) if opens or logs_in else ():
            if logs_in:
                yield from ((at + place, quote) for place, quote in _beside_logins(line))
            if opens:
                yield from ((at + place, quote) for place, quote in self._access_codes(line))

    def _access_codes(self, line: str) -> Iterator[tuple[int, str]]:
        for word in self._access.finditer(line):
            code = _CODE.search(line, word.end(), word.end() + BETWEEN)
            if code and _is_code(line[word.end() : code.start()], code[1]):
                yield word.start(), f"an access code: {masked(code[1], 0)}"


def _beside_logins(line: str) -> Iterator[tuple[int, str]]:
    logins = [one.start() for one in _LOGIN_WORD.finditer(line)]
    for one in (*_BARE_SECRET.finditer(line), *_PAIR.finditer(line)) if logins else ():
        secret = (one["secret"] if one.re is _PAIR else one[0]).rstrip(".,:)")
        nearest = bisect_right(logins, one.start()) - 1
        is_near = nearest >= 0 and one.start() - logins[nearest] <= BEHIND_LOGIN
        if is_near and _is_secret(secret, stated=False) and any(map(str.isdigit, secret)):
            yield one.start(), f"a password beside a login: {masked(secret, 1)}"


def _is_code(between: str, number: str) -> bool:
    """Return whether a number opens something: no other word names it, and it is no year."""
    return not _OTHER_NUMBER.search(between) and not (_YEAR.fullmatch(number) and len(between) > len(" is  :"))


def _keys(text: str) -> Iterator[str]:
    if _PEM.search(text):
        yield "a private key"
    yield from _tokens(text)


def _tokens(text: str) -> Iterator[str]:
    for one in _TOKEN.finditer(text) if says(text, *_TOKEN_STEMS) else ():
        kind = _TOKEN_NAMES[int((one.lastgroup or "t0")[1:])]
        if not _PLACEHOLDER.match(one[0]) or kind == "login in an address":
            yield f"{kind}: {masked(one[0])}"


def _is_stated(text: str, match: re.Match[str]) -> bool:
    """Return whether a sign, and not a blank alone, leads from the word to the secret."""
    between = text[match.start() : match.start("secret")]
    return between.rstrip(" \"'(\u201c\u2018[<")[-1:] in ":=>\u2192"


def _is_secret(text: str, *, stated: bool) -> bool:
    """Return whether a text looks like a password: letters and digits or signs in one word.

    Behind a colon digits alone, or capitals within a word, are enough.
    """
    if len(text) < 4 or _PLACEHOLDER.match(text):
        return False
    kinds = [
        any(c.isalpha() for c in text),
        any(c.isdigit() for c in text),
        any(not c.isalnum() and c not in "-'/.,()" for c in text),
    ]
    inner_capital = any(c.isupper() for c in text[1:]) and any(c.islower() for c in text)
    if sum(kinds) >= 2 and len(text) >= LEAST and (stated or kinds[2] or len(text) >= LEAST_UNSTATED):
        return True
    return stated and (text.isdigit() or inner_capital or (sum(kinds) >= 2))


def _of_files(message: Message) -> Iterator[Evidence]:
    """Yield the keys and tokens of attached files, whatever their names and types are."""
    for part in message.leaves:
        if part.is_body_text:
            continue
        if part.decoded.startswith(_PUTTY) or any(end in part.decoded for end in _PEM_IN_FILE):
            yield Evidence("credential", "a private key", part.path)
        if b"\0" not in (beginning := part.decoded[:MAX_TOKEN_BYTES]):
            yield from (Evidence("credential", one, part.path) for one in _tokens(beginning.decode("utf-8", "replace")))
