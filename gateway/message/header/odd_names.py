"""Names in fields that are oddly written: every extension that some program may find in them.

Programs disagree on comments, broken encoded words, folds, quotes and sections. Here each of these is undone in every
way, one on top of another, and a name may end behind any extension that is then seen. Well-formed fields have none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from gateway.message.encodings.decode import decode_text
from gateway.message.header.encoded_words import decode_words, undo_word
from gateway.message.header.name_forms import decoded_forms, normalised
from gateway.message.header.params import read_structured

#: Characters of an odd field that are read. Names have 255 at most, and real odd fields under 1,000. A longer field
#: counts as unread.
MAX_ODD_CHARACTERS = 2_048

#: Readings of one field. Fields of real mail have under ten; nested words of many charsets multiply.
MAX_TEXTS = 32

#: Characters of all readings of one field together. The worst of them take five milliseconds, and a message has 1,000
#: fields.
MAX_TEXT_CHARACTERS = 16_384

#: Extensions that are seen in one reading, the last ones: a name ends in one.
MAX_ENDS = 64

#: Characters in front of an extension that are kept for the reviewer.
_STEM_CHARACTERS = 100

#: Everything that hides a parameter's name from a search for it.
_BETWEEN = re.compile(rb"\((?:[^()\\]|\\.)*+\)|[\s\"\\*']", re.DOTALL)

#: Encoded words (RFC 2047 2) in charsets that hold ASCII, without anything that a program could read differently.
_LIKE_ASCII = (
    r"(?:utf-?8|us-ascii|iso-?8859-\d{1,2}|windows-125\d|cp125\d|koi8-[ru]|gb(?:2312|k|18030)|big5|euc-(?:kr|jp|tw)"
    r"|shift_jis|ks_c_5601-1987|tis-620|iso-2022-(?:jp|kr))"
)
_WORD = (
    rf"=\?{_LIKE_ASCII}\?"
    r"(?:b\?(?:[a-z0-9+/]{4})*+(?:[a-z0-9+/]{2}==|[a-z0-9+/]{3}=)?|q\?(?:[!-<>-@\[-~]|=[0-9a-f]{2})*?)\?="
)
_GOOD_WORD = re.compile(_WORD, re.IGNORECASE)
_QUOTED = r'"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\["\\])*+"'
_BARE = r"[^\s;\"()<>@,:\\%*?=\x00-\x1f\x7f]++"
_ENCODED = rf"(?:{_LIKE_ASCII}'[a-z-]*+')?(?:[^\s;\"()<>@,:\\%*?='\x00-\x1f\x7f-\xff]|%[0-9a-f]{{2}})*+"
_PARAMETER = (
    rf"(?:[a-z0-9_.-]++=(?:{_QUOTED}|{_BARE}|{_WORD})"
    rf'|[a-z0-9_.-]++(?:\*\d{{1,2}})?+\*=(?:{_ENCODED}|"{_ENCODED}")'
    rf"|[a-z0-9_.-]++\*\d{{1,2}}=(?:{_QUOTED}|{_BARE}))"
)
_GOOD_FIELD = re.compile(
    rf"[a-z0-9!#$&^_.+-]*+(?:/[a-z0-9!#$&^_.+-]++)?(?:[ \t]*+;[ \t]*+(?:{_PARAMETER})?)*+[ \t]*+", re.IGNORECASE
)
_SECTION_NUMBER = re.compile(r"name\*(\d{1,2})\*?=", re.IGNORECASE)

_ANY_WORD = re.compile(r"=\?([^?]*+)\?([bq])\?((?:(?!=\?(?!=))[^?])*+)\?=", re.IGNORECASE)
_PADDED_WORD = re.compile(r"=\?([^?]{0,80}+)\?b\?([^?=]*+=[^?]*+)\?=", re.IGNORECASE)
_LOOSE_WORD = re.compile(r"=\?([^?]{0,80}+)\?([bq])\?([^?\s\";]*+)(?:\?=?)?", re.IGNORECASE)
_BETWEEN_WORDS = re.compile(r"(?<=\?=)\s++(?==\?)")
_COMMENT = re.compile(r"\((?:[^()\\]|\\.)*+\)", re.DOTALL)
_PERCENT = re.compile(r"(?:%[0-9a-f]{2})++", re.IGNORECASE)
_FOLD = re.compile(r"[\r\n]++[ \t]*+")
_BREAKS = re.compile(r"[\r\n]++")
_SHIFT = re.compile(r"\x1b[$(][@-Z]?")
_UNQUOTED = str.maketrans("", "", '"\\')
_SQUEEZED = str.maketrans("", "", "\"\\ \t\r\n\x0b\x0c\0'")
_NAME = re.compile(r"name[^=;]{0,40}+=", re.IGNORECASE)
_CHARSET = re.compile(r"\A[^']{0,80}'[^']{0,80}'")
_STEM_MARK = re.compile(r"[;=\"?/]")
_END = re.compile(r"\.([a-z0-9_-]{1,16})(?![a-z0-9])")


def may_name(raw: bytes) -> bool:
    """Return whether a field may hold a `name` or `filename` parameter, however it is written."""
    lower = raw.lower()
    return b"name" in lower or (b"=" in lower and (b"=?" in lower or b"name" in _BETWEEN.sub(b"", lower)))


def is_odd(raw: bytes, text: str) -> bool:
    """Return whether programs may disagree on the names in a field; `text` is the field unfolded."""
    if _GOOD_FIELD.fullmatch(text) is None or not _is_utf_8(raw):
        return True
    if "=?" in text:
        bare = _GOOD_WORD.sub("", text)
        if "=?" in bare or "?=" in bare or "=?" in decode_words(text):
            return True
    numbers = [int(number) for number in _SECTION_NUMBER.findall(text)] if "*" in text else []
    return numbers != list(range(len(numbers)))


def _is_utf_8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def odd_names(raw: bytes, text: str) -> Iterator[str]:
    """Yield names that end in each extension that the field shows in any reading; `text` is the unfolded field."""
    seen: set[str] = set()
    for one in _texts(raw, text):
        for end in (*_ends_of_field(one), *_joined(one)):
            if end not in seen:
                seen.add(end)
                yield end


def _texts(raw: bytes, text: str) -> list[str]:
    """Return the field's readings, breadth first, those with the fewest changes first."""
    whole = text[:MAX_ODD_CHARACTERS]
    found = dict.fromkeys((whole,))
    if b"\n" in raw or b"\r" in raw:
        folded = raw[:MAX_ODD_CHARACTERS].decode("utf-8", "replace")
        found |= dict.fromkeys((_FOLD.sub("", folded), _BREAKS.sub(" ", folded)))
    if not whole.isascii():
        found[whole.encode("ascii", "ignore").decode()] = None
    waiting, characters = list(found), sum(map(len, found))
    for one in waiting:
        for step in _STEPS:
            new = step(one)
            if new in found:
                continue
            characters += len(new)
            if len(found) >= MAX_TEXTS or characters > MAX_TEXT_CHARACTERS:
                return list(found)
            found[new] = None
            waiting.append(new)
    return list(found)


# --- one step further ------------------------------------------------------------------------------------------------


def _words_decoded(text: str) -> str:
    """Decode the encoded words that are whole, in any charset; the innermost first."""
    return _ANY_WORD.sub(_decoded, _BETWEEN_WORDS.sub("", text)) if "=?" in text else text


def _words_decoded_apart(text: str) -> str:
    """Decode the words with the blanks between them kept, and as UTF-8 whatever charset they name."""
    return _ANY_WORD.sub(lambda word: undo_word(word[3], word[2]).decode("utf-8", "replace"), text)


def _words_decoded_loosely(text: str) -> str:
    """Decode encoded words, those without an end too."""
    return _LOOSE_WORD.sub(_decoded, text) if "=?" in text else text


def _words_decoded_unpadded(text: str) -> str:
    """Decode encoded words in base64 with padding inside, as if the padding weren't there."""
    return _PADDED_WORD.sub(_unpadded, text) if "=?" in text else text


def _unpadded(word: re.Match[str]) -> str:
    octets = undo_word(word[2].replace("=", ""), "b")
    return decode_text(octets, word[1].partition("*")[0].strip().lower() or "utf-8").text


def _decoded(word: re.Match[str]) -> str:
    return decode_text(undo_word(word[3], word[2]), word[1].partition("*")[0].strip().lower() or "utf-8").text


def _without_comments(text: str) -> str:
    for _ in range(3):  # nested ones, from the inside
        shorter = _COMMENT.sub("", text)
        if shorter == text:
            break
        text = shorter
    return text


def _percent_decoded(text: str) -> str:
    return _PERCENT.sub(lambda run: bytes.fromhex(run[0].replace("%", "")).decode("utf-8", "replace"), text)


def _shifts_dropped(text: str) -> str:
    return _SHIFT.sub("", text) if "\x1b" in text else text


_STEPS: tuple[Callable[[str], str], ...] = (
    *(_words_decoded, decode_words, _without_comments, _words_decoded_loosely, _words_decoded_apart),
    *(_percent_decoded, _shifts_dropped, _words_decoded_unpadded),
)


# --- names -----------------------------------------------------------------------------------------------------------


def _ends_of_field(text: str) -> Iterator[str]:
    """Yield the names from the first parameter on that may be a name."""
    for one in dict.fromkeys((text, text.translate(_SQUEEZED))):
        if parameter := _NAME.search(one):
            yield from _ends(one[parameter.end() :])


def _ends(text: str) -> Iterator[str]:
    """Yield the text up to each thing that looks like an extension, as it is written and without quotes and blanks."""
    for one in dict.fromkeys((text, text.translate(_SQUEEZED))):
        form = normalised(one)
        for decoded in dict.fromkeys((form, *decoded_forms(form))):
            for end in list(_END.finditer(decoded))[-MAX_ENDS:]:
                yield decoded[_stem_start(decoded, end.start()) : end.end()]


def _stem_start(text: str, end: int) -> int:
    """Return the start of the text before an extension that a reader sees: behind a quote or the like."""
    start = max(0, end - _STEM_CHARACTERS)
    return start + max((mark.end() for mark in _STEM_MARK.finditer(text[start:end])), default=0)


def _joined(text: str) -> Iterator[str]:
    """Yield the joined values of all parameters that may be sections of a name, by their order and by their numbers."""
    bare = _without_comments(text)
    for one in dict.fromkeys((bare, bare.translate(_UNQUOTED))):
        pairs = [(key, value) for key, value in read_structured(one).pairs if "name" in key or "*" in key]
        if len(pairs) > 1:
            yield from _joined_pairs(pairs)


def _joined_pairs(pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    by_number = sorted(pairs, key=lambda pair: "".join(filter(str.isdigit, pair[0])))
    for order in (pairs, by_number):
        yield from _ends("".join(value for _, value in order))
        yield from _ends("".join(_CHARSET.sub("", value) for _, value in order))
