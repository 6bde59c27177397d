"""The openers of files that are packed into text."""

from __future__ import annotations

import base64

import pytest

from gateway.message.defect import Defect
from gateway.understand.budget import Allowance, Budget, Exhausted
from gateway.understand.member import Declared, Member, Opener, Unreadable
from gateway.understand.openers.in_text.encoded_text import APPLE_FILE, ENCODED_TEXT
from tests.corpus.encoders import apple_double, binhexed, uuencoded, yencoded
from tests.corpus.payloads import STUB


def opened(
    content: bytes, media_type: str = "text/plain", opener: Opener = ENCODED_TEXT, entries: int = 100
) -> tuple[list[Member], list[str]]:
    declared = Declared((), media_type)
    assert opener.fits(content, declared)
    found = list(opener.open(content, declared, Budget(Allowance(entries=entries), len(content))))
    members = [one for one in found if isinstance(one, Member)]
    return members, [one.code for one in found if isinstance(one, Defect)]


def test_a_file_in_text() -> None:
    """A member with its name, and a note on the text."""
    assert opened(b"Hello\r\n" + uuencoded(STUB, b"a.exe")) == ([Member(("a.exe",), STUB)], ["body.encoded_file"])


def test_undeclared_base64() -> None:
    """It has no name; that it holds a program is said of the text."""
    members, codes = opened(base64.encodebytes(STUB))
    assert (members, codes) == ([Member((), STUB)], ["encoding.undeclared", "body.encoded_file"])
    assert opened(base64.encodebytes(b"some words " * 20))[1] == ["body.encoded_file"]


def test_a_part_of_a_file() -> None:
    """The member says that the rest is missing."""
    (member,), _ = opened(yencoded(STUB, b"a.exe", part=True))
    assert [defect.code for defect in member.defects] == ["container.unreadable"]


@pytest.mark.parametrize("media_type", ["application/mac-binhex40", "application/mac-binhex", "application/binhex"])
def test_declared_binhex(media_type: str) -> None:
    """The sentence that announces it isn't needed; without a file it can't be read."""
    bare = binhexed(STUB, b"a.exe").partition(b"\r\n")[2]
    assert [member.content for member in opened(bare, media_type)[0]] == [STUB]
    with pytest.raises(Unreadable):
        opened(b"nothing", media_type)


def test_the_forks_of_an_apple_file() -> None:
    """Both are members."""
    content = apple_double([(3, b"a.exe"), (1, STUB), (2, b"icon")])
    members, codes = opened(content, "application/applefile", APPLE_FILE)
    assert (members, codes) == ([Member(("a.exe",), STUB), Member(("a.exe/rsrc",), b"icon")], [])


@pytest.mark.parametrize(("entries", "stops"), [(1, True), (2, False), (3, False)])
def test_each_file_takes_an_entry(entries: int, stops: bool) -> None:
    """The entries are those of the message's budget."""
    text = uuencoded(STUB, b"a") + uuencoded(STUB, b"b")
    if stops:
        with pytest.raises(Exhausted):
            opened(text, entries=entries)
    else:
        assert len(opened(text, entries=entries)[0]) == 2


def test_what_is_not_searched() -> None:
    """Plain prose, and files that are no text unless they are declared as one."""
    assert not ENCODED_TEXT.fits(b"Good morning\r\n", Declared())
    assert not APPLE_FILE.fits(b"Good morning\r\n", Declared())
    behind = b"\0\r\n" + uuencoded(STUB, b"a")
    assert not ENCODED_TEXT.fits(behind, Declared((), "application/zip"))
    assert ENCODED_TEXT.fits(behind, Declared((), "text/plain"))
