"""The walk: every part is seen, what an opener brings out is opened in turn, and nothing that fails is silent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from filters.registry import FILTERS
from gateway.assemble.understand import build_unfolder
from gateway.message.defect import Defect
from gateway.message.mime.parse import parse
from gateway.message.model import Message
from gateway.message.part import Part
from gateway.message.reading import Reading
from gateway.understand.budget import Allowance, Budget
from gateway.understand.documents.reader import Reader
from gateway.understand.inspected_part import InspectedPart
from gateway.understand.member import Declared, Member, Opener, Unreadable
from gateway.understand.sandbox.pool import Pool
from gateway.understand.tree import grown
from gateway.understand.true_type import TypeUnknown
from gateway.understand.walk import MAX_DEFECTS, Walk
from tests.corpus.payloads import TEXT, encoded, multipart
from tests.support.builders.judgement import settings


def box(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    """`BOX name=content;name=content`; `!` for trouble."""
    del declared
    for item in content[4:].split(b";"):
        name, _, inside = item.partition(b"=")
        if name == b"!defect":
            yield Defect("container.mismatch", "two views", 0)
        elif name == b"!broken":
            raise Unreadable("it ends early")
        elif name == b"!bug":
            raise RecursionError
        else:
            budget.take_entry()
            budget.take(len(inside))
            yield Member((name.decode(),), inside or None)


BOX = Opener("box", lambda content, declared: content.startswith(b"BOX "), box)
NEST = Opener(
    "nest",
    lambda content, declared: content.startswith(b"NEST"),
    lambda content, declared, budget: iter([Member(("deeper",), content[4:])]),
)
POST = Opener(
    "post",
    lambda content, declared: content.startswith(b"POST "),
    lambda content, declared, budget: iter([Member(("letter.eml",), content[5:], "message/rfc822")]),
)


def type_of(content: bytes) -> str:
    if content == b"unknowable":
        raise TypeUnknown("libmagic can't tell what it is")
    return "application/x-box" if content.startswith(b"BOX ") else "text/x-thing"


def walked(
    raw: bytes,
    *openers: Opener,
    allowance: Allowance = Allowance(),  # noqa: B008
    readings: Sequence[Reading] = (),
    readers: Sequence[Reader] = (),
) -> Message:
    walk = Walk(openers, lambda part: readings, type_of, Budget(allowance, len(raw)), readers)
    return grown(parse(raw), walk.message(raw))


def test_a_body_is_read_as_it_is_shown_whatever_document_it_also_is() -> None:
    """A file is read as the document alone."""
    reader = Reader("box", lambda content, declared: content.startswith(b"BOX"), lambda *_: iter(["inside"]))
    body = b"Content-Type: text/plain; name=a.rtf\r\n\r\nBOX x"
    for head, expected in ((b"", ["new", "attachment"]), (b"Content-Disposition: attachment\r\n", ["attachment"])):
        found = walked(multipart(head + body + b"\r\n"), readers=[reader]).view
        assert [one.kind for one in found.passages if one.part == "1.1"] == expected


def tree(message: Message) -> list[str]:
    return [part.path for part in message.parts]


def defects(message: Message) -> list[tuple[str, str, str]]:
    return [(part.path, d.code, d.what) for part in message.parts for d in part.defects]


def boxed(content: bytes) -> bytes:
    return multipart(TEXT, encoded(b"a.box", content))


def part(message: Message, path: str) -> Part:
    found = message.part(path)
    assert found is not None
    return found


def test_what_comes_out_are_parts_of_the_tree() -> None:
    """The parts have their names, content and true type, behind the part that they came out of."""
    message = walked(boxed(b"BOX x.exe=program;y.txt=text"), BOX)
    assert tree(message) == ["1", "1.1", "1.2", "1.2/a.box/x.exe", "1.2/a.box/y.txt"]
    member = part(message, "1.2/a.box/x.exe")
    assert (member.names, member.decoded, member.true_type) == (("x.exe",), b"program", "text/x-thing")
    assert member.carrier == "1.2"
    assert member.is_leaf
    assert part(message, "1.2").unpacked == (member, part(message, "1.2/a.box/y.txt"))
    assert part(message, "1.2").true_type == "application/x-box"
    assert part(message, "1").children == (part(message, "1.1"), part(message, "1.2"))


def test_the_body_is_not_typed() -> None:
    """The message's own text has no true type."""
    assert part(walked(boxed(b"BOX "), BOX), "1.1").true_type == ""


def test_containers_in_containers() -> None:
    """Contents are opened in turn, and their paths tell the way."""
    message = walked(boxed(b"NESTNESTBOX x.exe=program"), BOX, NEST)
    assert tree(message)[3:] == [
        "1.2/a.box/deeper",
        "1.2/a.box/deeper/deeper",
        "1.2/a.box/deeper/deeper/x.exe",
    ]


def test_members_of_one_name() -> None:
    """Each has a path of its own."""
    assert tree(walked(boxed(b"BOX x=1;x=2;x=3"), BOX))[3:] == ["1.2/a.box/x", "1.2/a.box/x#2", "1.2/a.box/x#3"]


def test_nested_message() -> None:
    """A message from inside a container has its own parts, which are opened too."""
    message = walked(boxed(b"POST " + boxed(b"BOX x.exe=program")), BOX, POST)
    inner = "1.2/a.box/letter.eml"
    assert tree(message)[3:] == [
        inner,
        f"{inner}/1",
        f"{inner}/1.1",
        f"{inner}/1.2",
        f"{inner}/1.2/a.box/x.exe",
    ]
    assert part(message, f"{inner}/1").header("subject") == "s"


def test_members_without_content() -> None:
    """A name alone is a part too: a folder, a link, something encrypted."""
    member = part(walked(boxed(b"BOX secret.exe="), BOX), "1.2/a.box/secret.exe")
    assert (member.decoded, member.true_type, member.names) == (b"", "", ("secret.exe",))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"BOX x=1;!defect;y=2", ("container.mismatch", "two views")),
        (b"BOX x=1;y=2;!broken", ("container.unreadable", "box: it ends early")),
        (b"BOX x=1;y=2;!bug", ("container.unreadable", "box: RecursionError")),
    ],
)
def test_trouble_is_a_defect_of_the_container(content: bytes, expected: tuple[str, str]) -> None:
    """The contents before the trouble count."""
    message = walked(boxed(content), BOX)
    assert tree(message)[3:] == ["1.2/a.box/x", "1.2/a.box/y"]
    assert defects(message) == [("1.2", *expected)]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (IndexError("out of range"), ("container.unreadable", "odd: IndexError")),
        (MemoryError(), ("container.limit", "odd: more memory than it may have")),
    ],
)
def test_an_opener_that_fails_as_it_looks(error: Exception, expected: tuple[str, str]) -> None:
    """The failure is a defect, and the other openers are asked all the same."""

    def looks(content: bytes, declared: Declared) -> bool:
        raise error

    odd = Opener("odd", looks, lambda content, declared, budget: iter(()))
    message = walked(boxed(b"BOX x.exe=program"), odd, BOX)
    assert ("1.2", *expected) in defects(message)
    assert tree(message)[-1] == "1.2/a.box/x.exe"


def test_failing_type_is_a_defect() -> None:
    """The defect names a file whose type libmagic can't tell."""
    assert defects(walked(boxed(b"unknowable"), BOX)) == [
        ("1.2", "container.unreadable", "libmagic can't tell what it is")
    ]


@pytest.mark.parametrize(("levels", "limited"), [(2, False), (3, False), (4, True)])
def test_depth(levels: int, limited: bool) -> None:
    """Containers in one another up to the budget's depth; deeper ones are called unread."""
    message = walked(boxed(b"NEST" * levels + b"x"), NEST, allowance=Allowance(depth=3))
    codes = [d.code for d in message.defects]
    assert codes == (["container.limit"] if limited else [])


def test_depth_of_nested_messages() -> None:
    """They count like any other container."""
    raw = boxed(b"x")
    for _ in range(4):
        raw = boxed(b"POST " + raw)
    assert [d.code for d in walked(raw, POST, allowance=Allowance(depth=4)).defects] == ["container.limit"]


@pytest.mark.parametrize(("entries", "seen"), [(1, 1), (2, 2), (3, 2)])
def test_entries(entries: int, seen: int) -> None:
    """Members up to the budget's entries are seen."""
    message = walked(boxed(b"BOX x=1;y=2"), BOX, allowance=Allowance(entries=entries))
    assert len(tree(message)) == 3 + seen
    assert [d.code for d in message.defects] == (["container.limit"] if seen < 2 else [])


def test_the_budget_is_one_for_all_parts() -> None:
    """Entries used up by one attachment are missing for another; both parts have the defect."""
    raw = multipart(TEXT, encoded(b"a.box", b"BOX x=1;y=2"), encoded(b"b.box", b"BOX z=3"))
    message = walked(raw, BOX, allowance=Allowance(entries=1))
    assert [(path, code) for path, code, _ in defects(message)] == [
        ("1.2", "container.limit"),
        ("1.3", "container.limit"),
    ]


def test_readings_are_parts() -> None:
    """Another reading of a doubtful part is opened like the first; as an entity it is parsed."""
    raw = multipart(TEXT, b"Content-Type: x/y\r\nContent-Transfer-Encoding: strange\r\n\r\nBOX no=1\r\n")
    readings = [
        Reading("as base64", b"BOX x.exe=program", False, "why"),
        Reading("epilogue", TEXT, True, "why"),
    ]
    message = walked(raw, BOX, readings=readings)
    assert tree(message)[2:] == [
        "1.2",
        "1.2/(as base64)",
        "1.2/(as base64)/x.exe",
        "1.2/(epilogue)",
        "1.2/(epilogue)/1",
        "1.2/no",
    ]


def test_sightings_speak_of_known_parts_only() -> None:
    """A sighting of a part that isn't there changes nothing: the sandbox can't add to the message itself."""
    message = grown(
        parse(boxed(b"x")), [InspectedPart("1.9", true_type="a/b"), InspectedPart("7/x", "7", ("x",), content=b"x")]
    )
    assert tree(message) == ["1", "1.1", "1.2"]


def test_parts_of_nested_messages_are_entries() -> None:
    """The parts of a message from inside a container count as what they are: entries of the one budget."""
    letter = multipart(*[TEXT] * 9)
    assert not defects(walked(boxed(b"POST " + letter), POST, allowance=Allowance(entries=10)))
    found = defects(walked(boxed(b"POST " + letter), POST, allowance=Allowance(entries=9)))
    assert found == [("1.2/a.box/letter.eml", "container.limit", "message: more than 9 entries")]


def test_defects_of_one_part_are_few() -> None:
    """The first of each code among them."""
    found = walked(boxed(b"BOX " + b"!defect=;" * (2 * MAX_DEFECTS) + b"!broken="), BOX).defects
    assert [d.code for d in found] == ["container.mismatch"] * MAX_DEFECTS + ["container.unreadable"]


def test_defects_of_a_container_point_to_its_part() -> None:
    """The offset in the container means nothing in the message: evidence quotes the part's first line."""
    raw = boxed(b"BOX !defect=")
    found = walked(raw, BOX).defects
    assert [raw[d.offset :].partition(b";")[0] for d in found] == [b"Content-Type: application/octet-stream"]


@pytest.mark.parametrize(
    ("filters", "read"),
    [
        ("structure: {}", False),
        ("attachments: {}", False),
        ("payment_change: {}", True),
        ("payment_change: {mode: off}", False),
    ],
)
def test_texts_are_read_for_filters_that_ask_for_them(tmp_path: Path, filters: str, read: bool) -> None:
    """Reading the text of attachments costs more than opening them: no chain pays for what no filter reads."""
    unfolder = build_unfolder(settings(tmp_path, f"- {filters}", FILTERS), Pool(1, "confined", 512 * 1024 * 1024))
    assert unfolder._allowance.texts is read
