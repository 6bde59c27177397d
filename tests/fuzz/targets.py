"""Functions of any octets, to be fuzzed: each raises if something that must always hold does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice

from gateway.message.defect import Defect
from gateway.message.defects import OF_CONTENT, STRUCTURE_DEFECTS
from gateway.message.header.name_forms import MAX_FORMS, name_forms
from gateway.message.mime.parse import MAX_PARTS, parse
from gateway.message.part import Part
from gateway.understand.budget import Allowance, Budget, Exhausted
from gateway.understand.member import Declared, Member, Unreadable
from gateway.understand.openers.known import OPENERS

#: Small, so that a bomb is over at once.
ALLOWANCE = Allowance(depth=4, entries=200, bytes=4 * 1024 * 1024, ratio=200, seconds=5.0)

#: Members of one container that are opened in turn.
MEMBERS = 20


def parser(octets: bytes) -> None:
    """Any octets have a map: its parts lie inside one another, and every defect has a class and a place."""
    message = parse(octets)
    assert message.raw is octets
    assert len(message.parts) <= MAX_PARTS
    assert len({part.path for part in message.parts}) == len(message.parts)
    for part in message.parts:
        assert 0 <= part.header_start <= part.body_start <= part.end <= len(octets)
        assert all(part.body_start <= child.header_start and child.end <= part.end for child in part.children)
        _views(part)


def _views(part: Part) -> None:
    """Everything that a filter may ask of a part."""
    for defect in part.defects:
        assert _has_class(defect.code), defect
        assert 0 <= defect.offset <= len(part.raw)
        assert defect.what
    assert all(isinstance(name, str) for name in part.names)
    assert isinstance(part.text, str)
    part.text.encode("utf-8")  # no half characters
    assert isinstance(part.decoded, bytes)
    assert part.disposition == part.disposition.lower()


def _has_class(code: str) -> bool:
    return code in STRUCTURE_DEFECTS or code.startswith(OF_CONTENT)


def names(octets: bytes) -> None:
    """Any field gives names, and any name a bounded number of forms, all of them in lower case."""
    for field in (b"Content-Disposition: attachment; ", b'Content-Type: a/b; name="', b"Content-Description: "):
        part = parse(field + octets.replace(b"\r\n\r\n", b"") + b"\r\n\r\n").root
        for name in part.names:
            name.encode("utf-8", "surrogateescape")
        _ = part.defects
    for name in (octets.decode("utf-8", "replace"), octets.decode("latin-1")):
        forms = name_forms(name)
        assert len(forms) <= MAX_FORMS
        assert all(form == form.casefold() for form in forms)


def unpacker(octets: bytes) -> None:
    """Any octets can be shown to every opener: it ends, within its budget, by the exceptions that it may raise."""
    _open(octets, Declared(), Budget(ALLOWANCE, len(octets)), 1)


def _open(content: bytes, declared: Declared, budget: Budget, depth: int) -> None:
    for opener in OPENERS:
        if not opener.fits(content, declared):
            continue
        members: list[Member] = []
        try:
            budget.enter(depth)
            for found in islice(opener.open(content, declared, budget), 10_000):
                if isinstance(found, Defect):
                    assert _has_class(found.code), found
                else:
                    members.append(found)
        except (Unreadable, Exhausted):
            pass  # the two exceptions that an opener may raise
        for member in members[:MEMBERS]:
            assert all(isinstance(name, str) for name in member.names)
            assert all(_has_class(defect.code) for defect in member.defects)
            if member.content and depth < ALLOWANCE.depth:
                _open(member.content, Declared(member.names, member.media_type), budget, depth + 1)


TARGETS: Mapping[str, Callable[[bytes], None]] = {"parser": parser, "names": names, "unpacker": unpacker}
