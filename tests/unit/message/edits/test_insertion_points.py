"""Named places: where text goes so that it is seen, and what becomes of it in HTML that would swallow it (H10)."""

from __future__ import annotations

import re

import pytest

from gateway.message.edits import InsertText, NothingSeen, insertion_points, render
from gateway.message.edits.insertion_points import has_place, insertion_point, what_was_written
from gateway.message.edits.types import NamedPlace
from gateway.message.mime.parse import parse
from gateway.message.part import Part
from tests.support.probes.browser import is_visible_child_of_body

WORDS = "The words that must be seen"


def page(html: str) -> bytes:
    return b"Content-Type: text/html; charset=utf-8\r\n\r\n" + html.encode()


def text(body: str, params: str = "") -> bytes:
    return f"Content-Type: text/plain; charset=utf-8{params}\r\n\r\n{body}".encode()


def inserted(raw: bytes, place: NamedPlace = "above_quote", words: str = WORDS) -> Part:
    return parse(render(parse(raw), [InsertText("1", place, words, html(words))])).root


def html(words: str) -> str:
    return f'<div style="visibility:visible;font-size:13px">{words}</div>'


SWALLOWING = [
    "<p>Hello</p></body></html>",
    "<p>Hello",
    "Hello",
    "",
    "<html><head><title>x</title></head></html>",
    "<html><body><p>Hello</p><!-- </body></html>",
    "<html><body><p>Hello</p><!-- </body> --></html>",
    "<html><body><script>'</body>'</script><p>Hello</p></body></html>",
    "<html><body><p>Hello</p><style>",
    "<html><body><p>Hello</p><textarea>",
    "<html><body><p>Hello</p><title>",
    "<html><body><p>Hello</p><plaintext>",
    "<html><body><p>Hello</p><xmp></body></html>",
    "<html><body><p>Hello</p><iframe>",
    "<html><body><p>Hello</p><select><option>",
    '<html><body><p>Hello</p><div style="display:none">',
    '<html><body><p>Hello</p><div style="display : NONE"><p></body></html>',
    "<html><body><p>Hello</p><div hidden><div></div></body></html>",
    '<html><body><p>Hello</p><span style="font-size:0">',
    "<html><body><p>Hello</p><table><tr><td>x",
    "<html><body><p>Hello</p><a href='",
    "<html><body><p>Hello</p><svg><desc>",
    "<html><body><p>Hello</p><template>",
    "<html><body><p>Hello</p><noscript>",
    "<html><body><p>Hello</p><object>",
    "<html><body><p>Hello</p><details>",
    "<html><body><p>Hello</p><!DOCTYPE </body>",
    "<html><body><p>Hello</p><![CDATA[ </body>",
    "<body style='font-size:0'><p style='font-size:12px'>Hello",
    "<html style='visibility:hidden'><body><p style='visibility:visible'>Hello</body>",
    "<div>\x00Hello</div><script><!--<script></body></html>",
]


@pytest.mark.parametrize("source", SWALLOWING)
@pytest.mark.parametrize("place", ["top", "above_quote", "end"])
def test_nothing_swallows_it(source: str, place: NamedPlace) -> None:
    """A browser shows it inside the body, at the place that was asked for or at another one."""
    part = inserted(page(source), place)
    assert is_visible_child_of_body(part.text, WORDS)
    before, _, after = part.text.partition(html(WORDS))
    assert re.fullmatch(re.escape(before[: len(source) - len(after)]) + "(?:</[a-z]+>)*", before)
    assert before[: len(source) - len(after)] + after == source


@pytest.mark.parametrize("html", ['<body style="display:none">Hello', "<html hidden><body>Hello</body></html>"])
def test_where_nothing_is_seen_nothing_is_put(html: str) -> None:
    """The filter is told beforehand, and the renderer refuses."""
    part = parse(page(html)).root
    assert not has_place(part, "above_quote")
    with pytest.raises(NothingSeen, match="would not be seen"):
        inserted(page(html))


def test_what_was_read_is_kept_with_the_part() -> None:
    """The filter asks first, the renderer again."""
    part = parse(text("Hello\r\n")).root
    assert what_was_written(part) is what_was_written(part)
    assert insertion_point(part, "end") is insertion_point(part, "end")


REPLY = "On Mon, 2 Mar 2026 at 10:00, Bob <b@x.example> wrote:\r\n> old\r\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Hello\r\n\r\n", "Hello\r\n\r\nW\r\n\r\n"),
        ("Hello\r\n", "Hello\r\n\r\nW\r\n\r\n"),
        ("Hello\r\n \r\n", "Hello\r\n \r\nW\r\n\r\n"),
        ("", "W\r\n\r\n"),
        ("\r\n", "\r\nW\r\n\r\n"),
        ("\ufeff", "\ufeffW\r\n\r\n"),
    ],
)
def test_blank_lines_stand_around_it(before: str, after: str) -> None:
    """One above and one below, unless they are there."""
    assert inserted(text(before + REPLY), words="W").text == after + REPLY


def test_at_the_end_nothing_follows() -> None:
    """No blank line below."""
    assert inserted(text("Hello"), words="W").text == "Hello\r\n\r\nW\r\n"
    assert inserted(text(""), words="W").text == "W\r\n"


FLOWED = "; format=flowed"


@pytest.mark.parametrize(
    ("params", "words", "expected"),
    [
        (FLOWED, "short", "short"),
        (FLOWED, " blank\n>quote\nFrom me\nend ", "  blank\r\n >quote\r\n From me\r\nend"),
        (FLOWED, "word " * 20, ("word " * 15) + "\r\n" + ("word " * 5).rstrip()),
        (FLOWED + "; delsp=yes", "word " * 20, ("word " * 15) + " \r\n" + ("word " * 5).rstrip()),
        ("", " blank\n>quote\nend ", " blank\r\n>quote\r\nend "),
        (FLOWED, "x" * 100, "x" * 100),
    ],
)
def test_flowed_text_is_stuffed_and_broken_softly(params: str, words: str, expected: str) -> None:
    """RFC 3676: 4.2 and 4.4; other text stays as it is given."""
    assert inserted(text("Hello\r\n", params), words=words).text == f"Hello\r\n\r\n{expected}\r\n"


@pytest.mark.parametrize(("last", "blank"), [("Hello ", True), ("Hello", False), ("-- ", False)])
def test_a_soft_break_before_it_is_ended(last: str, blank: bool) -> None:
    """Else it would be joined to the paragraph above."""
    part = inserted(text(f"{last}\r\n", FLOWED), "end", "W")
    assert part.text == f"{last}\r\n{'' if not blank else chr(13) + chr(10)}W\r\n"


@pytest.mark.parametrize(("more", "sheet", "looked"), [(-1, "", True), (0, "", False), (0, "<style>p{}</style>", True)])
def test_the_look_at_a_large_document(more: int, sheet: str, looked: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is made where a style sheet could hide what is put there; else the tree tells enough."""
    start = f"{sheet}<p>"
    text = start + "x" * (insertion_points.LOOKED_AT_CHARACTERS + more - len(start))
    asked: list[str] = []
    monkeypatch.setattr(insertion_points, "is_surely_seen", lambda html, words, **_: not asked.append(words))
    part = parse(b"Content-Type: text/html\r\n\r\n" + text.encode()).root
    assert has_place(part, "end")
    assert bool(asked) is looked
