"""The filter `structure`: input and expected findings; and that every defect has one class."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from filters.attachments.codes import OF_DEFECTS
from filters.structure import EVIDENCE_PIECES, QUOTED_BYTES, Structure, StructureSettings
from gateway.contract import DIRECTIONS, Filter, Finding
from gateway.message.defect import Defect
from gateway.message.defects import CLASSES, OF_CONTENT, STRUCTURE_DEFECTS, joined
from gateway.message.mime.parse import MAX_DEPTH
from gateway.message.model import Message
from gateway.message.part import Part
from tests.support.builders.judgement import mail

PROJECT = Path(__file__).resolve().parents[3]
#: Where defects are made. (What is authenticated has names with dots of its own.)
SOURCES = sorted(
    path
    for room in ("message", "understand")
    for path in (PROJECT / "gateway" / room).rglob("*.py")
    if path.parent.name != "authentication"
)

CODE = re.compile(r"[a-z]+\.[a-z0-9_]+")

#: Literals that only look like a defect's code: a finding of the gateway's own, names of files.
NO_DEFECTS = {"header.untrusted", "body.txt", "body.html", "body.rtf"}

PLAIN = b"From: x@other.example\r\nSubject: t\r\n\r\nhello\r\n"


async def check(raw: bytes) -> list[Finding]:
    return list(await Structure(StructureSettings()).check(mail(raw=raw)))


def message(*defects: Defect, raw: bytes = PLAIN, unpacked: tuple[Part, ...] = ()) -> Message:
    """Return a message whose only part has these defects."""
    part = Part(raw, "1", (), 0, 44, len(raw), "text/plain", "7bit", defects, unpacked=unpacked)
    return Message(raw, part, (part, *unpacked))


async def found(given: Message) -> list[Finding]:
    about = mail()
    object.__setattr__(about, "message", given)
    return list(await Structure(StructureSettings()).check(about))


@pytest.mark.parametrize(
    ("path", "codes"), [("1/(as parts)/1.1", []), ("1/(boundary as parts)/1", ["structure.ambiguous"])]
)
async def test_the_form_of_what_a_text_quotes(path: str, codes: list[str]) -> None:
    """Is of no concern; of every other reading it is, whatever its boundary is called."""
    defect = Defect("multipart.no_boundary", "x", 0)
    quoted = Part(PLAIN, path, (), 0, 44, len(PLAIN), "text/plain", "7bit", (defect,))
    assert [finding.code for finding in await found(message(unpacked=(quoted,)))] == codes


# --- the filter ------------------------------------------------------------------------------------------------------


def test_it_is_a_filter() -> None:
    """It enforces as shipped, in all directions."""
    assert isinstance(Structure(StructureSettings()), Filter)
    assert (Structure.shipped_mode, Structure.shipped_directions) == ("enforce", DIRECTIONS)


async def test_an_ordinary_message_has_no_findings() -> None:
    """Nothing is said of what is right."""
    assert await check(PLAIN) == []


@pytest.mark.parametrize("kind", CLASSES)
async def test_each_class_is_a_code_of_its_own(kind: str) -> None:
    """Ambiguous, malformed, limit; a note is no finding."""
    code = next(code for code, its in STRUCTURE_DEFECTS.items() if its == kind)
    codes = [finding.code for finding in await found(message(Defect(code, "Something is wrong", 0)))]
    assert codes == ([] if kind == "note" else [f"structure.{kind}"])


def test_as_shipped_only_what_is_harmless_goes_through() -> None:
    """Ambiguous and unread messages are held, malformed ones are on record."""
    assert {code: one.action for code, one in Structure.codes.items()} == {
        "structure.ambiguous": "quarantine",
        "structure.limit": "quarantine",
        "structure.malformed": "log",
    }
    assert {one.clause for one in Structure.codes.values()} == {"security.viruses"}


async def test_a_finding_shows_each_defect() -> None:
    """The sentence, the part, and the line that it is about."""
    (finding,) = await found(
        message(Defect("header.nul", "The header holds a NUL", 23), Defect("header.nul", "One", 0))
    )
    assert [(e.what, e.part, e.quote, e.span) for e in finding.evidence] == [
        ("The header holds a NUL", "1", "Subject: t", (23, 33)),
        ("One", "1", "From: x@other.example", (0, 21)),
    ]
    assert finding.part == "1"


async def test_the_summary_quotes_nothing() -> None:
    """The sender is told a sentence of ours, whatever the defect says of the content."""
    (one,) = await found(message(Defect("header.nul", "SECRET", 0)))
    (other,) = await found(message(Defect("encoding.composite", "OTHER", 0)))
    assert one.summary == other.summary
    assert one.summary.endswith(".")


async def test_what_was_unpacked_is_looked_at_too() -> None:
    """Its offsets count in octets of its own, so that there is nothing of the message to show."""
    inner = Part(b"PK", "1/a.zip", (), 0, 0, 2, "application/zip", "7bit", (Defect("container.mismatch", "Two", 1),))
    (finding,) = await found(message(unpacked=(inner,)))
    assert finding.code == "structure.ambiguous"
    assert [(e.part, e.quote, e.span) for e in finding.evidence] == [("1/a.zip", "", None)]


@pytest.mark.parametrize("count", [EVIDENCE_PIECES - 1, EVIDENCE_PIECES, EVIDENCE_PIECES + 1])
async def test_evidence_is_bounded(count: int) -> None:
    """A screen of it, however many defects there are."""
    (finding,) = await found(message(*[Defect("header.nul", "NUL", n) for n in range(count)]))
    assert len(finding.evidence) == min(count, EVIDENCE_PIECES)


async def test_a_lone_defect_is_shown_beside_many_of_another_kind() -> None:
    """The first of each code comes first."""
    many = [Defect("header.nul", "NUL", n) for n in range(100)]
    (finding,) = await found(message(*many, Defect("encoding.composite", "the only one", 1)))
    assert [e.what for e in finding.evidence[:2]] == ["NUL", "the only one"]


@pytest.mark.parametrize("length", [QUOTED_BYTES - 1, QUOTED_BYTES, QUOTED_BYTES + 1])
async def test_the_quoted_line_is_bounded(length: int) -> None:
    """A line of 10 MB is no evidence."""
    (finding,) = await found(message(Defect("header.nul", "NUL", 0), raw=b"x" * length + b"\r\n\r\n" + PLAIN))
    assert len(finding.evidence[0].quote) == min(length, QUOTED_BYTES)


async def test_the_quote_can_drive_no_terminal() -> None:
    """Controls and marks that turn the writing direction are replaced."""
    raw = "\x1b[2Jx\u202ey\xff\r\n\r\n".encode("utf-8", "replace")
    (finding,) = await found(message(Defect("header.nul", "NUL", 0), raw=raw))
    assert finding.evidence[0].quote.isprintable()


async def test_real_octets_with_two_content_types() -> None:
    """The defect goes from the parser to the finding."""
    raw = PLAIN.replace(b"\r\n\r\n", b"\r\nContent-Type: text/html\r\nContent-Type: text/plain\r\n\r\n")
    assert [finding.code for finding in await check(raw)] == ["structure.ambiguous"]


async def test_real_octets_that_are_nested_too_deeply() -> None:
    """The finding names the content that the parser left unread."""
    raw = b"Content-Type: message/rfc822\r\n\r\n" * (MAX_DEPTH + 1)
    assert [finding.code for finding in await check(b"From: x@y.test\r\n" + raw)] == ["structure.limit"]


# --- the table of classes --------------------------------------------------------------------------------------------


def test_a_code_has_one_class() -> None:
    """Two tables that disagree, and a class that doesn't exist, are a programmer's mistake."""
    assert joined([{"a.b": "limit"}, {"a.b": "limit"}]) == {"a.b": "limit"}
    with pytest.raises(ValueError, match=r"a\.b"):
        joined([{"a.b": "limit"}, {"a.b": "note"}])
    with pytest.raises(ValueError, match="nonsense"):
        joined([{"a.b": "nonsense"}])


def written_codes() -> Iterator[tuple[str, str]]:
    """Place and literal of all that is written like a defect's code in the gateway's sources, the tables apart."""
    areas = {code.partition(".")[0] + "." for code in STRUCTURE_DEFECTS} | set(OF_CONTENT)
    for path in SOURCES:
        if path.name == "defects.py":
            continue
        for statement in ast.parse(path.read_text("utf-8")).body:
            for literal in () if _is_table(statement) else ast.walk(statement):
                if isinstance(literal, ast.Constant) and isinstance(literal.value, str):
                    code = literal.value
                    if code.startswith(tuple(areas)) and CODE.fullmatch(code):
                        yield f"{path.relative_to(PROJECT)}:{literal.lineno}", code


def _is_table(statement: ast.stmt) -> bool:
    """Return whether a statement is a module's `DEFECTS`."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return any(isinstance(target, ast.Name) and target.id == "DEFECTS" for target in targets)


def tables() -> Iterator[tuple[str, Mapping[str, str]]]:
    """Each module's `DEFECTS`."""
    for path in SOURCES:
        if any(map(_is_table, ast.parse(path.read_text("utf-8")).body)):
            module = ".".join(path.relative_to(PROJECT).with_suffix("").parts)
            yield module, importlib.import_module(module).DEFECTS


def test_every_defect_that_can_be_made_has_a_class() -> None:
    """One here, or else it is about content and known to `attachments`."""
    unclassed = {
        (place, code)
        for place, code in written_codes()
        if code not in STRUCTURE_DEFECTS and code not in NO_DEFECTS and code not in OF_DEFECTS
    }
    assert unclassed == set()


def test_no_defect_is_both_structure_and_content() -> None:
    """But what was not read to its end, which both call so."""
    both = STRUCTURE_DEFECTS.keys() & OF_DEFECTS.keys()
    assert {code for code in both if STRUCTURE_DEFECTS[code] != "limit"} == set()
    assert all(code.startswith(OF_CONTENT) for code in OF_DEFECTS.keys() - both)


def test_every_module_s_table_is_joined() -> None:
    """A module that lists its defects is heard."""
    assert {
        (path, code)
        for path, table in tables()
        for code, kind in table.items()
        if STRUCTURE_DEFECTS.get(code) != kind and not code.startswith(OF_CONTENT)
    } == set()


def test_no_class_is_left_of_a_code_that_nobody_makes() -> None:
    """The table lists what there is."""
    made = {code for _, code in written_codes()}
    assert STRUCTURE_DEFECTS.keys() - made == set()
