"""The reader of replies to notices: the person's own words, apart from the copy of the notice that they quote.

Programs show a mail in several forms: as plain text, as HTML, with or without text that is hard to see. A reply is read
in each of them. A quotation is a copy of the notice if it has the line at a notice's end (`END_OF_NOTICE`); the words
behind that line are the person's, or a footer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import chain, islice, product

from gateway.act.notices.own_messages import END_OF_NOTICE
from gateway.message.model import Message
from gateway.message.part import Part
from gateway.message.text.html.declared import declarations
from gateway.message.text.html.html_readings import readings_of_html
from gateway.message.text.html.tokens import Tokens, attributes
from gateway.message.text.html.viewer import ViewedPage
from gateway.message.text.lines import Line, Quoted, plain_lines
from gateway.message.text.part_reader import HTML_TYPES, Piece, is_body
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

#: The end of a notice. A quoted subject may hold the same signs.
_END = re.compile(rf"^[^\S\n]*{re.escape(END_OF_NOTICE)}[^\S\n]*$", re.MULTILINE)
_STRIKING = frozenset({"s", "del", "strike"})

#: A text in its kinds, in order: one form of a message.
_Form = list[Piece]


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


def read_reply(message: Message) -> tuple[ReplyText, ...]:
    """Return the text of a reply in each form that somebody may see.

    Nothing is returned for a reply that can't be read, such as an encrypted one or one that is too large; for one with
    text that is struck out, which its writer has taken back; and for one that quotes anything but one whole notice,
    since anybody's words may stand there.
    """
    bodies = _bodies(message)
    forms = _forms(message.root, _readings(bodies))
    if sum(len(part.body) for part in bodies) > TEXT_BYTES or len(forms) > MOST_FORMS:
        return ()
    if any(_strikes_out(part.text) for part in bodies if part.content_type in HTML_TYPES):
        return ()
    texts = [_reply_text(form) for form in forms]
    return tuple(text for text in texts if text) if all(texts) else ()


def own_words(message: Message) -> str:
    """Return the beginning of what the person has written, without the quoted notice; "" where there is too much."""
    forms = _forms(message.root, _readings(_bodies(message)))
    texts = (_stripped(text for kind, text in form if kind == "new") for form in forms)
    return kept(next(filter(None, texts), ""))[:TEXT_CHARACTERS]


def ends_of(message: Message) -> list[MessageEnd]:
    """Return the end of a message in each form."""
    ends = list[MessageEnd]()
    for form in _forms(message.root, _readings(_bodies(message))):
        own = [text for kind, text in form if kind != "quoted"]
        quoting = [text for _, text in form] if len(own) < len(form) else []
        ends.append(MessageEnd(_last_lines(own), _last_lines(quoting)))
    return ends


def _last_lines(texts: Iterable[str]) -> str:
    return "\n".join(_stripped(texts).split("\n")[-LAST_LINES:])


def _reply_text(form: _Form) -> ReplyText | None:
    """Return the words of a form; None where it quotes anything but one whole notice."""
    words, below = list[str](), list[str]()
    for kind, text in form:
        if kind == "quoted":
            behind = _END.split(text, maxsplit=1)[1:]
            if below or not behind:
                return None
            below = behind
        else:
            words.append(text)
    return ReplyText(_stripped(words), _stripped(below))


# --- forms -----------------------------------------------------------------------------------------------------------


def _bodies(message: Message) -> list[Part]:
    return [part for part in message.leaves if is_body(part)]


def _readings(bodies: Iterable[Part]) -> Mapping[str, list[_Form]]:
    """Return the forms of each text by its path; without those that are too large."""
    found, left = dict[str, list[_Form]](), TEXT_BYTES
    for part in bodies:
        if len(part.body) <= left:
            left -= len(part.body)
            if part.content_type in HTML_TYPES:
                found[part.path] = [_form(_lines(part.text, seen)) for seen in readings_of_html(part.text)]
            else:
                found[part.path] = [_form(list(plain_lines(part.text)))]
    return found


def _forms(part: Part, readings: Mapping[str, list[_Form]]) -> list[_Form]:
    """Return the forms in which a part is shown, as far as they are wanted.

    Of alternatives programs show any one, of other parts each below the other.
    """
    if part.is_leaf:
        return readings.get(part.path, [])
    inside = [forms for child in part.children if (forms := _forms(child, readings))]
    if part.content_type == "multipart/alternative":
        return list(chain.from_iterable(inside))[: MOST_FORMS + 1]
    together = (list(chain.from_iterable(chosen)) for chosen in product(*inside)) if inside else ()
    return list(islice(together, MOST_FORMS + 1))


def _form(lines: list[Line]) -> _Form:
    """Return lines in their kinds. Every blockquote counts as a quotation, the writer's own as well.

    Above the notice's end, marked lines and the line below them that introduces a quotation are two quotations.
    """
    marked = [bool(line.quoted) for line in lines]
    for line, is_marked in zip(lines, marked, strict=True):
        line.quoted = Quoted.YES if is_marked else Quoted.NO
    mark_quoted(lines)
    end = next((at for at, line in enumerate(lines) if line.text.lstrip("> \t") == END_OF_NOTICE), len(lines))
    for at in range(end - 1, 0, -1):
        if marked[at - 1] and not marked[at] and lines[at].quoted:
            lines.insert(at, Line(lines[at].begin, None, ""))
    return list(shown_lines(lines))


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
