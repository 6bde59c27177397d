"""A held message as a reviewer reads it, as plain JSON: why it is held, from whom it is, its text, its parts.

HTML is never rendered, and nothing is fetched. What a mail program may not show is marked as hidden, and characters
that mislead are written out (`gateway.characters.disclosed`). Texts and lists are bounded; what is left out is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import unescape
from itertools import chain, islice
from typing import Any

from gateway.characters.disclosed import disclosed
from gateway.contract import Mail
from gateway.message.model import Message
from gateway.message.part import Part
from gateway.message.text.html.html_readings import readings_of_html
from gateway.message.text.html.tokens import Tokens, attributes
from gateway.message.text.html.window_widths import in_window
from gateway.message.text.message_view import MESSAGE_TYPES
from gateway.message.text.part_reader import HTML_TYPES, is_body
from gateway.message.text.written import shown_lines
from gateway.remember.records import HeldMessage

#: Most characters of the text of one stretch, and of all of them: some forty pages, which fit into one answer.
STRETCH_CHARACTERS = 20_000
TEXT_CHARACTERS = 120_000
#: Most parts that are listed, and most characters of a value of the header.
MOST_PARTS = 1_000
VALUE_CHARACTERS = 500
#: Most characters that are searched for the lines of one page that may be hidden: about a second.
SEARCHED_CHARACTERS = 500_000_000
#: Most characters of a page that are read here, in the gateway's own process. Letters seldom have a tenth of that.
PAGE_CHARACTERS = 1_000_000

#: The width of the window for which a page is read, as of a mail program on a desk, and others in which it may be read.
WINDOW_PIXELS = 800
OTHER_WINDOWS_PIXELS = (360, 1600)

#: Most quotations of a finding, and most links of a page.
MOST_EVIDENCE = 6
MOST_LINKS = 100

#: Kinds of stretches that are no passages: text that a mail program may not show; and what it shows beside the text or
#: in its place: words for a picture, tips, frames, the page in another character set.
HIDDEN = "hidden"
DOUBTFUL = "doubtful"  # shown by some programs: a style sheet, or faint letters
WIDTHS = "widths"  # shown in wide windows, or on telephones, alone
BESIDE = "beside"
#: Kind of the stretch with the targets of a page's links.
LINKS = "links"


def reading(entry: HeldMessage, mail: Mail) -> dict[str, Any]:
    """Return what a reviewer reads of an entry and its message, which has been opened."""
    message = mail.message
    held_by = [one for one in entry.findings if one["code"] in entry.codes and one["mode"] == "enforce"]
    others = [one for one in entry.findings if one not in held_by]
    stretches = list(_bounded(_stretches(message)))
    return {
        "held_by": list(map(_finding, held_by)),
        "other_findings": list(map(_finding, others)),
        "author": _value(", ".join(message.all("from"))),
        "author_addresses": list(mail.sender.addresses),
        "reply_to": _value(", ".join(message.all("reply-to"))),
        "to": _value(", ".join(message.all("to"))),
        "cc": _value(", ".join(message.all("cc"))),
        "subject": _value(message.subject),
        "date": _value(message.header("date") or ""),
        "authentication": entry.authentication,
        "labels": sorted(mail.labels),
        "keep_until": entry.keep_until and entry.keep_until.isoformat(),
        "text": stretches,
        "text_is_complete": message.view.complete
        and not _is_cut(message)
        and not any(one["left_out"] for one in stretches),
        "parts": [_part(part) for part in message.parts[:MOST_PARTS]],
        "parts_left_out": max(0, len(message.parts) - MOST_PARTS),
    }


def _value(text: str) -> str:
    shown = disclosed(" ".join(text.split())[: 2 * VALUE_CHARACTERS])  # blanks first: they would push the rest out
    return shown if len(shown) <= VALUE_CHARACTERS else f"{shown[:VALUE_CHARACTERS]}…"


def _finding(finding: dict[str, Any]) -> dict[str, Any]:
    """Return a finding with its different quotations, written out; what is left out is counted."""
    quotes = {(one["what"], disclosed(one["quote"])): one for one in finding.get("evidence", ())}
    shown = [one | {"quote": quote} for (_, quote), one in islice(quotes.items(), MOST_EVIDENCE)]
    return finding | {"evidence": shown, "evidence_left_out": max(0, len(quotes) - MOST_EVIDENCE)}


# --- the text --------------------------------------------------------------------------------------------------------

#: Elements that lead elsewhere.
_LEADING = frozenset({"a", "area", "base", "form", "button", "input", "iframe", "frame"})

#: Kind of a stretch, path of its part, and its text.
_Stretch = tuple[str, str, str]


def _stretches(message: Message) -> Iterator[_Stretch]:
    """Yield the message's own text as every mail program shows it, then what is hidden, then text of attachments."""
    passages = [one for one in message.view.passages if one.kind not in ("subject", "sender")]
    messages = tuple(f"{one.path}." for one in message.parts if one.content_type in MESSAGE_TYPES)
    for part in message.leaves:
        if not is_body(part):
            continue
        mine = [one for one in passages if one.part == part.path and one.kind != "attachment"]
        if part.content_type not in HTML_TYPES:
            yield from ((one.kind, part.path, one.text) for one in mine)
        elif part.path.startswith(messages):  # its text is among the attachments
            yield from (one for one in _of_page(part) if one[0] == HIDDEN)
        else:
            page = list(_of_page(part))
            yield from page
            known = {_bare(line) for _, _, text in page for line in text.splitlines()}
            lines = dict.fromkeys(line.strip() for one in mine for line in one.text.splitlines())
            if beside := [line for line in lines if line and _bare(line) not in known]:
                yield BESIDE, part.path, "\n".join(beside)
    yield from ((one.kind, one.part, one.text) for one in passages if one.kind == "attachment")


def _is_cut(message: Message) -> bool:
    return any(is_body(part) and len(part.text) > PAGE_CHARACTERS for part in message.leaves)


def _of_page(part: Part) -> Iterator[_Stretch]:
    """Yield the text of a page that each reading of it shows, and the other lines that stand in it, each once."""
    html = part.text[:PAGE_CHARACTERS]
    page = in_window(html, WINDOW_PIXELS)
    readings = [list(shown_lines(seen.page.lines)) for seen in readings_of_html(page)]
    shown = [set(_bare_lines(reading)) for reading in readings]
    seen = set.intersection(*shown)
    for kind, text in readings[0]:
        lines = [line for line in text.splitlines() if not line.strip() or _bare(line) in seen]
        if any(map(str.strip, lines)):
            yield kind, part.path, "\n".join(lines).strip("\n")
    known = "".join(_bare(line) for _, text in readings[0] for line in text.splitlines() if _bare(line) in seen)
    elsewhere = list(_in_other_windows(html, page))
    others = (line for reading in chain(readings, elsewhere) for _, text in reading for line in text.splitlines())
    lines_once = dict.fromkeys(line.strip() for line in (*others, *all_text(html).splitlines()))
    rest = [line for line in lines_once if line and _bare(line) not in seen]
    searched = SEARCHED_CHARACTERS // max(1, len(known))  # as many lines; what is beyond is hidden in case of doubt
    hidden = [line for number, line in enumerate(rest) if number >= searched or _bare(line) not in known]
    by_some = set[str]().union(*shown)
    in_others = {line for reading in elsewhere for line in _bare_lines(reading)} - by_some
    for title, lines in (
        (WIDTHS, [line for line in hidden if _bare(line) in in_others]),
        (DOUBTFUL, [line for line in hidden if _bare(line) in by_some]),
        (HIDDEN, [line for line in hidden if _bare(line) not in by_some | in_others]),
    ):
        if lines:
            yield title, part.path, "\n".join(lines)
    if links := list(dict.fromkeys(_links(html))):
        more = [f"and {len(links) - MOST_LINKS} more"] if len(links) > MOST_LINKS else []
        yield LINKS, part.path, "\n".join([*links[:MOST_LINKS], *more])


def _links(html: str) -> Iterator[str]:
    """Yield where the links, forms and frames of a page lead; pictures are left out."""
    for token in Tokens(html):
        if token.kind == "start" and token.name in _LEADING:
            told = attributes(token.inside)
            yield from (told[name].strip() for name in ("href", "action", "src", "formaction") if told.get(name))


def _in_other_windows(html: str, page: str) -> Iterator[Sequence[tuple[str, str]]]:
    """Yield the readings of a page in windows of other widths, where its style sheets tell them apart."""
    for pixels in OTHER_WINDOWS_PIXELS:
        other = in_window(html, pixels)
        if other != page:
            yield from (list(shown_lines(seen.page.lines)) for seen in readings_of_html(other))


def _bare_lines(reading: Iterable[tuple[str, str]]) -> Iterator[str]:
    return (_bare(line) for _, text in reading for line in text.splitlines())


def _bare(line: str) -> str:
    return "".join(line.split())


def all_text(html: str) -> str:
    """Return all text between the tags of a page, seen or hidden: a line for each piece; no styles, no scripts."""
    return "\n".join(unescape(html[token.start : token.end]) for token in Tokens(html) if token.kind == "text")


def _bounded(stretches: Iterator[_Stretch]) -> Iterator[dict[str, Any]]:
    left = TEXT_CHARACTERS
    for kind, path, text in stretches:
        shown = text[: min(STRETCH_CHARACTERS, left)]
        left -= len(shown)
        yield {"kind": kind, "part": path, "text": disclosed(shown), "left_out": len(text) - len(shown)}


# --- the parts -------------------------------------------------------------------------------------------------------


def _part(part: Part) -> dict[str, Any]:
    octets = part.decoded if part.is_leaf else part.body
    return {
        "path": part.path,
        "type": part.content_type,
        "true_type": part.true_type or None,
        "names": [_value(name) for name in islice(part.names, 10)],
        "bytes": len(octets),
        "defects": list(dict.fromkeys(defect.code for defect in part.defects)),
    }
