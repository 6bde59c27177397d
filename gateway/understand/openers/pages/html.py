"""HTML, SVG and other XML: files in data: URIs and in scripts, pages that smuggle, pictures that run scripts.

The visible text of a page is read elsewhere. A page without scripts and data: URIs costs one search.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from gateway.message.defect import Defect
from gateway.understand.budget import Budget
from gateway.understand.member import Declared, Member, Opener
from gateway.understand.openers.pages import links
from gateway.understand.openers.pages.constants import put_together
from gateway.understand.openers.pages.data_uris import DataUri
from gateway.understand.openers.pages.decoded_scripts import with_written
from gateway.understand.openers.pages.entities import expanded
from gateway.understand.openers.pages.gathering import gathered
from gateway.understand.openers.pages.magic_numbers import is_picture, is_program_or_archive
from gateway.understand.openers.pages.page_kinds import is_svg, makes_itself
from gateway.understand.openers.pages.page_octets import readings
from gateway.understand.openers.pages.payloads import (
    compact,
    lettered_payloads,
    numbered_payloads,
    raw_payloads,
    strung,
    without_tags,
)
from gateway.understand.openers.pages.scripts import html_text, joined, listed, unescaped
from gateway.understand.openers.pages.smuggling import is_opaque, runs_strings, runs_texts, smuggles

#: Octets of a data: URI from which it is a file of its own; smaller ones are icons, unless they are programs.
MIN_URI_BYTES = 1024

#: Octets at the start in which a page without a name shows its kind.
LOOK_BYTES = 4096

#: Scripts whose constants are put together one by one; a page with more has them put together for all at once.
MAX_APART = 50

_SMUGGLING = "html.smuggling"
_TYPES = frozenset({"text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml", "text/svg"})
_EXTENSIONS = frozenset(
    ("html", "htm", "shtml", "shtm", "xhtml", "xhtm", "xht", "svg", "xml", "hta", "mht", "mhtml", "xsl", "xslt")
)
_ELEMENTS = rb"(?:html|svg|script|head|body|meta|iframe|div|a|p|form|table)"
_LOOK = re.compile(rb"\s*+(?:\xef\xbb\xbf)?\s*+<(?:!doctype|!--|\?xml|(?:[\w-]{1,32}:)?" + _ELEMENTS + rb"\b)", re.I)
_SIGNS = (
    *(b"data:", b"<script", b":script", b"script:", b"srcdoc", b"foreignobject"),
    *(b"<!entity", b"<!attlist", b"xsl/transform"),
)
_SPELT_SIGNS = (b"data:", b"script:")  # also where character references spell them
_HANDLER = re.compile(rb"on[a-z]{3,60}+\s*+=")
_BEFORE_HANDLER = frozenset({b" ", b"\t", b"\r", b"\n", b"\x0c", b'"', b"'", b"/"})
_ACTIVE_FOREIGN = re.compile(rb"<(?:[\w-]{1,32}:)?(?:iframe|form|embed|object|meta)\b", re.I)
_LINE_BREAKS = b"\t\r\n"
_REFERENCE = re.compile(rb"&(?:#|colon|tab|newline|comma|semi|sol|bsol)", re.I)


def _fits(content: bytes, declared: Declared) -> bool:
    is_page = declared.says(_TYPES, _EXTENSIONS) or declared.true_type in _TYPES
    return (is_page or any(map(_LOOK.match, readings(content[:LOOK_BYTES])))) and shows_signs(content)


def _open(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    seen: set[bytes | str] = set()
    for text in readings(content):
        for one in _read(text, declared, budget):
            key = one.code if isinstance(one, Defect) else hashlib.sha256(one.content or b"").digest()
            if key not in seen:
                seen.add(key)
                yield one


def _read(text: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    """Yield the files and the defects of one reading of the page."""
    found = gathered(text, budget)
    yield from _members(found.uris, budget)
    is_picture_alone = is_svg(text, declared)
    if found.programs:
        written = [*found.programs, *found.texts]
        programs = _readable(written, budget)
        constant = programs[-1]
        if any(map(runs_texts, programs)):  # from any place of the page, as far as can be seen
            plain = html_text(expanded(text))
            programs += _readable([plain], budget)
            written.append(plain)
        written += [unescaped(one) for one in written if runs_strings(one)]
        yield from _smuggled(text, programs, constant, b"\n".join(written), budget)
        if is_picture_alone:
            yield Defect(_SMUGGLING, "The picture runs a script", 0)
    elif is_picture_alone and b"foreignobject" in text.lower() and _ACTIVE_FOREIGN.search(text):
        yield Defect(_SMUGGLING, "The picture holds a page of its own", 0)
    yield from links.links(text)
    if makes_itself(expanded(text)):
        yield Defect(_SMUGGLING, "The page is made by a style sheet that it brings along", 0)


def _readable(programs: list[bytes], budget: Budget) -> list[bytes]:
    """Return the programs in each way of reading, with the scripts that they have written out behind each.

    Programs are read with their strings joined, and again with constants put together as well. A page with few scripts
    also has the constants of each script put together by itself. The last way has all programs together, with their
    constants put together.
    """
    program = b"\n".join(programs)
    plain = [joined(program)]
    if runs_strings(program):
        plain.append(joined(unescaped(program)))
    if 1 < len(programs) <= MAX_APART:
        plain.append(b"\n".join(put_together(joined(one)) for one in programs))
    *others, last = map(put_together, reversed(plain))
    ways = [one for one in dict.fromkeys((*plain, *others)) if one != last]
    return [with_written(one, budget) for one in (*ways, last)]


def _smuggled(
    text: bytes, programs: list[bytes], constant: bytes, written: bytes, budget: Budget
) -> Iterator[Member | Defect]:
    """Yield the files and the defect of scripts that hand out a file.

    `programs` are all ways to read the scripts, `constant` is the one with constants put together, `written` has the
    scripts as they stand in the page.
    """
    found = list(_files(_hidden(text, programs, budget), budget))
    program = b"\n".join(programs)
    yield from found
    if any(is_program_or_archive(one.content or b"") for one in found):
        yield Defect(_SMUGGLING, "A script of the page has a program or an archive written out in it", 0)
    elif any(smuggles(one, compact(one)) for one in dict.fromkeys((program, listed(program)))):
        yield Defect(_SMUGGLING, "A script of the page puts a file together and saves or opens it", 0)
    elif is_opaque(compact(program), compact(constant), compact(written), compact(text)):
        yield Defect(_SMUGGLING, "A script of the page hides what it does with what is written out in the page", 0)


def _files(found: Iterator[bytes], budget: Budget) -> Iterator[Member]:
    for octets in dict.fromkeys(found):
        budget.take_entry()
        budget.take(len(octets))
        yield Member((), octets, "" if is_program_or_archive(octets) else "text/html")


HTML = Opener("HTML", _fits, _open)


def shows_signs(content: bytes) -> bool:
    """Return whether a page may hold files or scripts. Cheap: the gateway asks it of every message's own text."""
    return any(map(_shows_signs, readings(content)))


def _shows_signs(text: bytes) -> bool:
    lower = text.translate(None, _LINE_BREAKS).lower()
    if any(sign in lower for sign in _SIGNS) or links.may_lead(lower) or _has_handler(text.lower()):
        return True
    if _REFERENCE.search(lower) is None:
        return False
    spelt = html_text(lower)
    return any(sign in spelt for sign in _SPELT_SIGNS) or links.may_lead(spelt)


def _has_handler(lower: bytes) -> bool:
    return any(lower[at.start() - 1 : at.start()] in _BEFORE_HANDLER for at in _HANDLER.finditer(lower))


def _members(uris: list[DataUri], budget: Budget) -> Iterator[Member]:
    for uri in uris:
        is_file = len(uri.content) >= MIN_URI_BYTES and not (is_picture(uri.content) and not uri.names)
        if is_file or uri.names or is_program_or_archive(uri.content):
            budget.take_entry()
            budget.take(len(uri.content))
            yield Member(uri.names, uri.content, uri.media_type)


def _hidden(text: bytes, programs: list[bytes], budget: Budget) -> Iterator[bytes]:
    """Yield files written out in scripts, or anywhere else in the page for a script to fetch."""
    for program in programs:
        yield from raw_payloads(program)
        for one in dict.fromkeys((compact(program), compact(listed(program)), strung(program))):
            budget.check_time()
            yield from lettered_payloads(one)
            yield from numbered_payloads(one)
    budget.check_time()
    for one in dict.fromkeys((compact(text), compact(without_tags(text)), strung(text))):
        yield from lettered_payloads(one)
