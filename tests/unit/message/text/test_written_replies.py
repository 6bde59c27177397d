"""The corpus of replies: what each mail program's shape is taken for, and where text goes in it."""

from __future__ import annotations

import pytest

from gateway.message.text.written import Written, written_html, written_text
from tests.corpus.reply_files import PLACES, ReplyFile, reply_files
from tests.support.probes.browser import times_visible

FILES = reply_files()
PAGES = [file for file in FILES if file.is_html]


def read(file: ReplyFile) -> Written:
    return written_html(file.source) if file.is_html else written_text(file.source)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_places_and_segments(file: ReplyFile) -> None:
    """Each file says them itself, to the character."""
    found = read(file)
    assert {place: getattr(found, place) for place in PLACES} == file.places
    assert tuple((segment.kind, segment.start) for segment in found.segments) == file.segments


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_segments_leave_no_gap(file: ReplyFile) -> None:
    """They follow each other from the top to the end."""
    segments = read(file).segments
    assert segments[0].start == file.places["top"]
    assert segments[-1].end == file.places["end"]
    assert [one.end for one in segments[:-1]] == [one.start for one in segments[1:]]


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.name)
@pytest.mark.parametrize("place", PLACES)
def test_what_is_put_there_is_seen(file: ReplyFile, place: str) -> None:
    """Once, and nothing else is lost from sight."""
    at = file.places[place]
    amended = file.source[:at] + "<div>Registered office: 1 High Street</div>" + file.source[at:]
    assert times_visible(amended, "Registered office: 1 High Street") == 1
    for segment in read(file).segments:
        for line in filter(None, segment.text.split("\n")):
            assert times_visible(amended, line) >= times_visible(file.source, line) > 0


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.name)
def test_reading_again_finds_the_same_places(file: ReplyFile) -> None:
    """A text that was put above the quotation stands there still when the message comes by a second time."""
    at = file.places["above_quote"]
    added = "<div>Registered office: 1 High Street</div>"
    again = written_html(file.source[:at] + added + file.source[at:])
    assert again.above_quote is not None
    if any(kind == "quoted" for kind, _ in file.segments) and at != file.places["end"]:
        assert again.above_quote == at + len(added)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_line_breaks_of_the_wire_change_nothing(file: ReplyFile) -> None:
    """CRLF instead of LF."""
    found = read(ReplyFile(file.name, file.source.replace("\n", "\r\n"), file.places, file.segments))
    assert tuple(segment.kind for segment in found.segments) == tuple(kind for kind, _ in file.segments)
    for place, at in file.places.items():
        assert getattr(found, place) == at + file.source.count("\n", 0, at)
