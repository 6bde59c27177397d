"""The reader of replies to notices: the person's own words, apart from the copy of the notice that they quote.

Programs show a mail in several forms: as plain text, as HTML, with or without text that is hard to see. A reply is read
in each of them. The words behind the copy's last line are the person's, or a footer. A mail that is attached is no part
of the reply.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice, product, takewhile
from typing import TypeVar

from gateway.act.release.notice_copies import NoticeCopies, apart, unquoted
from gateway.message.model import Message
from gateway.message.part import Part
from gateway.message.text.html.declared import declarations
from gateway.message.text.html.html_readings import readings_of_html
from gateway.message.text.html.tokens import Tokens, attributes
from gateway.message.text.html.viewer import ViewedPage
from gateway.message.text.lines import Line, Quoted, plain_lines
from gateway.message.text.part_reader import HTML_TYPES, is_body
from gateway.message.text.quotes import mark_quoted
from gateway.message.text.written import shown_lines
from gateway.remember.records import kept

#: The most characters that are kept of the person's own words.
TEXT_CHARACTERS = 500
#: The most octets of a message's texts that are read, in the worker itself.
TEXT_BYTES = 128 * 1024
#: The most forms of a reply. One with a page has two as a rule.
MOST_FORMS = 16
#: Lines at the end of a message among which signature and footer stand.
LAST_LINES = 40

_STRIKING = frozenset({"s", "del", "strike"})

_Text = TypeVar("_Text")


@dataclass(frozen=True, slots=True)
class ReplyText:
    """The text of a reply in one form."""

    words: str  # outside the quotation
    below: str = ""  # inside the quotation, below the notice's end


@dataclass(frozen=True, slots=True)
class MessageEnd:
    """The last lines of a message in one form."""

    own: str  # of the writer's own text, in which the signature stands
    all: str  # of all text, below which servers add footers; "" where nothing is quoted


@dataclass(frozen=True, slots=True)
class _OwnText:
    """A text of a reply, in one form."""

    words: str
    below: str | None  # None: it quotes nothing


def read_reply(message: Message, organisation: str) -> tuple[ReplyText, ...]:
    """Return the text of a reply to a notice of the organisation, in each form that somebody may see.

    Nothing is returned for a reply that can't be read, such as an encrypted one or one that is too large; for one with
    text that is struck out, which its writer has taken back; and for one that quotes anything but one whole notice,
    since anybody's words may stand there.
    """
    bodies, copies = list(_bodies(message.root)), NoticeCopies(organisation, message.subject)
    texts = {path: [_own_text(lines, copies) for lines in forms] for path, forms in _readings(bodies).items()}
    forms = _forms(message.root, texts)
    if sum(len(part.body) for part in bodies) > TEXT_BYTES or len(forms) > MOST_FORMS:
        return ()
    if any(_strikes_out(part.text) for part in bodies if part.content_type in HTML_TYPES):
        return ()
    together = [_together(form) for form in forms]
    return tuple(dict.fromkeys(text for text in together if text)) if all(together) else ()


def own_words(message: Message) -> str:
    """Return the beginning of what the person has written, without the quoted notice; "" where there is too much."""
    for form in _forms(message.root, _readings(_bodies(message.root))):
        pieces = [piece for lines in form for piece in shown_lines(_marked(lines))]
        if words := _stripped(text for kind, text in pieces if kind == "new"):
            return kept(words)[:TEXT_CHARACTERS]
    return ""


def ends_of(message: Message) -> list[MessageEnd]:
    """Return the end of a message in each form."""
    ends = dict[MessageEnd, None]()
    for form in _forms(message.root, _readings(_bodies(message.root))):
        lines = [line for text in form for line in _marked(text)]
        own = [line for line in lines if not line.quoted]
        ends[MessageEnd(_last_lines(own), _last_lines(lines) if len(own) < len(lines) else "")] = None
    return list(ends)


def _last_lines(lines: Sequence[Line]) -> str:
    return _text_of(lines[-LAST_LINES:])


def _own_text(lines: list[Line], copies: NoticeCopies) -> _OwnText | None:
    """Return the person's own words in a text; None where it quotes anything but one whole notice."""
    lines = list(apart(lines))
    copy = copies.find(lines)
    if copy is None:
        return None if _quotes(lines) else _OwnText(_text_of(lines), None)
    above, behind = lines[: copy.start], lines[copy.stop :]
    below = list(takewhile(lambda line: line.quoted, behind)) if lines[copy.stop - 1].quoted else behind
    after = behind[len(below) :]
    if _quotes(above) or _quotes(after):
        return None
    return _OwnText(_text_of([*above, *after]), _text_of(below))


def _together(form: Sequence[_OwnText | None]) -> ReplyText | None:
    """Return the text of a form; None where it quotes anything but one whole notice."""
    texts = [text for text in form if text]
    below = [text.below for text in texts if text.below is not None]
    if len(texts) < len(form) or len(below) > 1:
        return None
    return ReplyText(_stripped(text.words for text in texts), _stripped(below))


def _quotes(lines: list[Line]) -> bool:
    return any(line.quoted for line in _marked(lines))


def _marked(lines: list[Line]) -> list[Line]:
    """Return lines with the quoted ones marked. Every blockquote counts as a quotation, the writer's own as well."""
    mark_quoted(lines)
    return lines


def _text_of(lines: Iterable[Line]) -> str:
    return _stripped(["".join(f"{line.gap}{unquoted(line)}" for line in lines)])


# --- forms -----------------------------------------------------------------------------------------------------------


def _bodies(part: Part) -> Iterator[Part]:
    """Yield the texts of a message, without those of the mails that are attached to it."""
    if part.is_leaf and is_body(part):
        yield part
    for child in () if part.content_type == "message/rfc822" else part.children:
        yield from _bodies(child)


def _readings(bodies: Iterable[Part]) -> Mapping[str, list[list[Line]]]:
    """Return the lines of each text in its forms, by its path; without those that are too large."""
    found, left = dict[str, list[list[Line]]](), TEXT_BYTES
    for part in bodies:
        if len(part.body) <= left:
            left -= len(part.body)
            if part.content_type in HTML_TYPES:
                found[part.path] = [_lines(part.text, seen) for seen in readings_of_html(part.text)]
            else:
                found[part.path] = [list(plain_lines(part.text))]
            for line in chain.from_iterable(found[part.path]):
                line.quoted = Quoted.YES if line.quoted else Quoted.NO
    return found


def _forms(part: Part, readings: Mapping[str, list[_Text]]) -> list[list[_Text]]:
    """Return the forms in which a part is shown, as far as they are wanted.

    Of alternatives programs show any one, of other parts each below the other.
    """
    if part.is_leaf:
        return [[reading] for reading in readings.get(part.path, [])]
    inside = [forms for child in part.children if (forms := _forms(child, readings))]
    if part.content_type == "multipart/alternative":
        return list(chain.from_iterable(inside))[: MOST_FORMS + 1]
    together = (list(chain.from_iterable(chosen)) for chosen in product(*inside)) if inside else ()
    return list(islice(together, MOST_FORMS + 1))


def _lines(page: str, seen: ViewedPage) -> list[Line]:
    """Return the lines of a page, with the texts shown in place of pictures and beside links, and with unread text."""
    lines = list(seen.page.lines)
    for number, text in reversed(seen.asides):
        beside = lines[min(number, len(lines) - 1)] if lines else Line(0, None, "")
        lines.insert(number, replace(beside, text=" ".join(text.split()), gap="\n"))
    rest = [] if seen.page.read_to is None else [page[seen.page.read_to :]]
    return [*lines, *(Line(len(page), None, text) for text in (*seen.inside, *rest))]


def _strikes_out(page: str) -> bool:
    """Return whether a page, or a rule of its style sheets, strikes out text."""
    for token in Tokens(page):
        if token.kind == "start" and token.name in _STRIKING:
            return True
        sheet = page[token.start : token.end] if token.kind == "raw" and token.name == "style" else ""
        style = attributes(token.inside).get("style", "") if token.kind == "start" and token.inside else sheet
        if any("line-through" in value for _, value in declarations(style)):
            return True
    return False


def _stripped(texts: Iterable[str]) -> str:
    return "\n".join(line.strip() for line in "\n".join(texts).strip().split("\n"))
