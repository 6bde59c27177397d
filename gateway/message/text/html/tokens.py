"""HTML cut into tokens with their offsets, as the HTML standard's tokenizer does (section 13.2.5). Total and linear.

The module keeps no tree: its reader sets `foreign` inside svg or math, where style and script are plain elements. Text
that runs to the end of the document without its end is one SWALLOWED token: a browser shows nothing of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Literal, NamedTuple

TokenKind = Literal["text", "start", "end", "comment", "raw", "swallowed"]

_BLANK = r"[ \t\n\r\f]"
_NAME = r"[^ \t\n\r\f/>][^ \t\n\r\f/>=]*+"
_VALUE = r"""(?:"[^"]*+"|'[^']*+'|(?!["'])[^ \t\n\r\f>]*+)"""

#: The beginnings of markup; any other "<" is text.
_MARKUP = re.compile(r"<(?=[A-Za-z!?]|/.)", re.DOTALL)
_TAG = re.compile(
    rf"<(/?+)([A-Za-z][^ \t\n\r\f/>]*+)((?:[ \t\n\r\f/]++|{_NAME}(?:{_BLANK}*+={_BLANK}*+{_VALUE}|(?!{_BLANK}*+=)))*+)>"
)
_ATTRIBUTE = re.compile(rf"""({_NAME})(?:{_BLANK}*+={_BLANK}*+(?:"([^"]*+)"|'([^']*+)'|([^ \t\n\r\f>]*+)))?+""")

_COMMENT_END = re.compile(r"--!?+>")
_SCRIPT_STEP = re.compile(r"<!(?=--)|-->|<(/?+)script(?=[ \t\n\r\f/>])", re.IGNORECASE)

#: Elements whose content is text up to their own end tag, whatever else stands in it (13.2.6.2, 13.2.6.4.7).
RAW_TEXT = frozenset({"style", "xmp", "iframe", "noembed", "noframes", "textarea", "title"})
RAW_ELEMENTS = RAW_TEXT | {"script", "plaintext"}
_RAW_END = {name: re.compile(rf"</{name}(?=[ \t\n\r\f/>])", re.IGNORECASE) for name in RAW_TEXT}


class Token(NamedTuple):
    """One token.

    `name`, in lower case, is a tag's name, or that of the element whose raw text the token is or which runs to the end.
    `inside` is the text between a tag's name and ">".
    """

    kind: TokenKind
    start: int
    end: int
    name: str = ""
    inside: str = ""


def attributes(inside: str) -> Mapping[str, str]:
    """Return the attributes of a tag, names in lower case, references decoded; the first of a name counts."""
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(inside):
        name, double, single, bare = match.groups()
        value = double or single or bare or ""
        found.setdefault(name.lower(), unescape(value) if "&" in value else value)
    return found


class Tokens:
    """An iterator over the tokens of one document, for one use; they cover it without a gap."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.foreign = False  # set by the reader: inside svg or math

    def __iter__(self) -> Iterator[Token]:
        html, at = self.html, 0
        while at < len(html):
            tag = _TAG.match(html, at) if html[at] == "<" else None
            if not tag:
                token = self._text(at) or self._markup(at)
                yield token
                at = token.end
                continue
            slash, name, inside = tag.groups()
            name = name.lower()
            token = Token("end" if slash else "start", at, tag.end(), name, inside)
            raw = None
            if name in RAW_ELEMENTS and not slash and not self.foreign:
                raw = self._raw(token)
                token = token if raw else Token("swallowed", at, len(html), name, inside)
            yield token
            if raw:
                yield raw
            at = (raw or token).end

    def _text(self, at: int) -> Token | None:
        end = self.html.find("<", at)
        if end >= 0 and not _MARKUP.match(self.html, end):  # a sign in the text
            markup = _MARKUP.search(self.html, end)
            end = markup.start() if markup else -1
        end = len(self.html) if end < 0 else end
        return Token("text", at, end) if end > at else None

    def _markup(self, start: int) -> Token:
        """Return the comment, CDATA or declaration at `start`, or a tag that has no end."""
        following = self.html[start + 1]
        if following == "!":
            return self._declaration(start)
        if following == "?" or (following == "/" and not _is_letter(self.html[start + 2])):
            return self._until(">", start, start + 2)
        return Token("swallowed", start, len(self.html))

    def _declaration(self, start: int) -> Token:
        html = self.html
        if html.startswith("<!--", start):
            if html.startswith((">", "->"), start + 4):
                return Token("comment", start, html.index(">", start + 4) + 1)
            end = _COMMENT_END.search(html, start + 4)
            return Token("comment", start, end.end()) if end else Token("swallowed", start, len(html))
        if self.foreign and html.startswith("<![CDATA[", start):
            return self._until("]]>", start, start + 9)
        return self._until(">", start, start + 2)

    def _until(self, what: str, start: int, at: int) -> Token:
        end = self.html.find(what, at)
        return Token("swallowed", start, len(self.html)) if end < 0 else Token("comment", start, end + len(what))

    def _raw(self, tag: Token) -> Token | None:
        """Return the text inside an element of raw text, up to its end tag; None if that never comes."""
        end = None
        if tag.name == "script":
            end = self._script_end(tag.end)
        elif tag.name in RAW_TEXT:
            found = _RAW_END[tag.name].search(self.html, tag.end)
            end = found.start() if found else None
        return Token("raw", tag.end, end, tag.name) if end is not None else None

    def _script_end(self, at: int) -> int | None:
        """Return the place of a script's end tag: not inside a script inside a comment inside it (13.2.5.15 to 31)."""
        escaped = double = False
        for step in _SCRIPT_STEP.finditer(self.html, at):
            if step[1] is None:
                escaped, double = step[0] != "-->", double and step[0] != "-->"
            elif double:
                double = not step[1]
            elif step[1]:
                return step.start()
            else:
                double = escaped
        return None


def _is_letter(character: str) -> bool:
    return character.isascii() and character.isalpha()
