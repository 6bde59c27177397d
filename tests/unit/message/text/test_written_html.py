"""HTML: places at which text is seen, whatever is left open, hidden, swallowed or said twice."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from gateway.message.text.html.page import MAX_DEPTH, MAX_TAGS
from gateway.message.text.lines import MAX_LINES
from gateway.message.text.written import Written, written_html
from tests.support.probes.browser import times_visible

WORDS = "Registered office: 1 High Street"


def put(html: str, at: int, before: str = "") -> str:
    return f"{html[:at]}{before}<div>{WORDS}</div>{html[at:]}"


def expected(marked: str) -> tuple[str, int]:
    before, after = marked.split("|")
    return before + after, len(before)


@pytest.mark.parametrize(
    "marked",
    [
        "<html><body><p>a</p>|</body></html>",
        "<html><BODY bgcolor=x><p>a</p>|</BODY ></html>",
        "<p>a</p>|",
        "<html><p>a</p>|</html>\n",
        "<html><head><title>t</title></head><p>a|",
        "<body>a<!-- </body> -->|</body>",
        "<body>a<script>'</body>'</script>|</body>",
        "<body><p title='</body>'>a</p>|</body>",
        "<body>a</body><p>b</p>|</body></html>",
        "<body>a</body></html>\nPosted by a list|",
        "<body>a</body></html><p>b</p>|",
        "<body>a|</body></html>\n<!-- c -->\n",
        "<body>a|</body><!-- unclosed",
        "<table><tr><td>a</td></tr></table>|</body>",
    ],
)
def test_the_end(marked: str) -> None:
    """Before the last </body> that a browser takes for one, unless something is seen behind it."""
    html, at = expected(marked)
    found = written_html(html)
    assert (found.end, found.above_quote, found.end_prefix) == (at, at, "")
    assert times_visible(put(html, at), WORDS) == 1


@pytest.mark.parametrize(
    "marked",
    [
        "<html><head><title>t</title></head><body lang=en>|<p>a</p></body></html>",
        "<!doctype html><html><head><style>p{}</style><!-- <body> --></head>\n<body\nclass='>'>|a",
        "<html><head><meta charset=utf-8></head>|<p>a",
        "|<p>a",
        "\ufeff|text",
        "\ufeff<html><body>|a",
        "\n  |text",
        "<html>|<div><body>a",
        "<head><template><p>x</p></template></head><body>|a",
        "|<noscript>a</noscript>b",
        "<body>|<title>a</title>b",
    ],
)
def test_the_top(marked: str) -> None:
    """Behind the tag that begins the body; where there is none, before what begins it."""
    html, at = expected(marked)
    assert written_html(html).top == at
    assert times_visible(put(html, at), WORDS) == 1


@pytest.mark.parametrize(
    "marked",
    [
        "<body>a|<!-- </body>",
        "<body>a|<style></body></html>",
        "<body>a|<textarea></body></html>",
        "<body>a|<title></body></html>",
        "<body>a|<plaintext></body></html>",
        "<body>a|<script></body></html>",
        "<body>a|<xmp></body></html>",
        "<body>a|<p title='</body></html>",
        "|<head><title>a</head><body>b</body>",
        "|<!-- <body>b</body>",
    ],
)
def test_what_is_swallowed_stands_behind(marked: str) -> None:
    """Nobody sees what follows an unclosed comment, tag or raw text: the end is before it, and that is said (H10)."""
    html, at = expected(marked)
    found = written_html(html)
    assert found.swallowed
    assert found.end == at
    assert times_visible(put(html, at), WORDS) == 1


@pytest.mark.parametrize(
    "marked",
    [
        "<body><p>a</p>|<div style='display:none'>b</body></html>",
        "<body><p>a</p>|<div style='DISPLAY : none !important'><p>b</p></body>",
        "<body><p>a</p>|<div hidden>b<span>c",
        "<body><p>a</p>|<div style='font-size:0'>b",
        "<body><p>a</p>|<div style='visibility:hidden'>b",
        "<body><p>a</p>|<div style='opacity:0.0'><div>b</div>",
        "<body><p>a</p>|<div style='max-height:0;overflow:hidden'>b",
        "<body><p>a</p>|<template>b",
        "<body><p>a</p>|<select><option>b",
        "<body><p>a</p>|<noscript>b",
        "<body><p>a</p>|<svg><text>b",
        "<body><p>a</p>|<details><p>b",
        "<body><p>a</p>|<div style='display:none'><table><tr></div>b",
    ],
)
def test_what_is_hidden_to_the_end_stands_behind(marked: str) -> None:
    """An element that shows nothing and is never closed (H10)."""
    html, at = expected(marked)
    found = written_html(html)
    assert found.end == at
    assert times_visible(put(html, at), WORDS) == 1


@pytest.mark.parametrize(
    ("html", "prefix"),
    [
        ("<table><tr><td><table><tr><td>a</td></tr></body>", "</table></table>"),
        ("<table><tr><td>a<td><p>b<b>c</body>", "</b></table>"),
        ("<div><a href=x>a<p>b</body>", "</a></div>"),
        ("<a href=x><table><tr><td>a</body>", "</table></a>"),
        ("<ul><li><font color=white>a", "</font></ul>"),
        ("<div style='zoom:0.01'><pre>a", "</pre></div>"),
        ("<button>a", "</button>"),
        ("<div><b><p>a", "</b></div>"),
    ],
)
def test_what_was_left_open_is_closed_first(html: str, prefix: str) -> None:
    """Open elements are closed first.

    Text between rows would fall out of the table, to above it. In a cell or a link it would be part of that, and in any
    element it would look as that says.
    """
    found = written_html(html)
    assert (found.end, found.end_prefix) == (len(html.removesuffix("</body>")), prefix)
    assert found.end is not None
    amended = put(html, found.end, found.end_prefix)
    assert times_visible(amended, WORDS) == 1
    (node,) = (one for one in LexborHTMLParser(amended).css("div") if one.text(deep=False) == WORDS)
    around = []
    while node.parent is not None:
        node = node.parent
        around.append(node.tag)
    assert around[:2] == ["body", "html"]


@pytest.mark.parametrize(
    "html",
    [
        "<body style='display:none'>a</body>",
        "<html style='opacity:0'><body>a",
        "a<body hidden>",
        "<html><frameset><frame></frameset></html>",
    ],
)
def test_no_place_in_a_hidden_document(html: str) -> None:
    """Nothing is seen wherever it is put: the caller has to take another way."""
    found = written_html(html)
    assert (found.top, found.above_quote, found.end) == (None, None, None)


@pytest.mark.parametrize(
    "marked",
    [
        "<table><tr><td>new|<blockquote type=cite>old</blockquote></td></tr></table>",
        "new|<table><tr><td><blockquote type=cite>old</blockquote></table>",
        "<table><tr><td>new</td></tr><tr><td>|<blockquote type=cite>old</blockquote></table>",
        "<ul><li>new</li></ul>|<div><div><blockquote type=cite>old</blockquote></div></div>",
        "new|<div style='border-top:1px solid'><b>From:</b> a@b<br><b>Sent:</b> x<br><b>To:</b> c</div>old",
        "new<br>|<b>From:</b> a@b<br><b>Sent:</b> x<br><b>To:</b> c<br><br>old",
        "<p>new</p>|<hr><p>From: a@b<br>Sent: x<br>To: c</p>old",
        "<p>new</p>|<p>________________________________</p><p>From: a@b<br>Sent: x<br>To: c</p>old",
        "<pre>new\n\n|On 3 Mar 2026 10:11, Ann wrote:\n&gt; old\n</pre>",
        "<p>new</p>|<p>&gt; old<br>&gt; older</p>",
        "new|<div class=x_gmail_quote>Ann:<blockquote>old</blockquote></div>",
        "|<blockquote type=cite>only</blockquote>",
    ],
)
def test_above_the_quotation(marked: str) -> None:
    """Outside of its frame, and never between the rows of a table."""
    html, at = expected(marked)
    assert written_html(html).above_quote == at
    amended = put(html, at)
    assert times_visible(amended, WORDS) == 1
    assert written_html(amended).own_text.split("\n")[-1] == WORDS


def test_no_place_above_a_quotation_in_a_link() -> None:
    """Text would become part of the link: only the end is known."""
    found = written_html("<a href=x>new<blockquote type=cite>old</blockquote></a>")
    assert found.above_quote is None
    assert found.end is not None


@pytest.mark.parametrize("style", ["font-size:0", "visibility:hidden", "font-size:0;visibility:hidden"])
def test_a_body_without_a_size_may_show_what_is_inside(style: str) -> None:
    """An attacker could show a text of another size in it, and no banner."""
    html = f"<body style='{style}'><p style='visibility:visible;font-size:12px'>a</p></body>"
    found = written_html(html)
    assert (found.top, found.end) == (html.index("<p"), html.index("</body>"))


def test_an_own_blockquote_is_no_quotation() -> None:
    """Unless somebody was said to have written it, or a mail program drew it."""
    own = "<p>As they say</p><blockquote>Ask</blockquote>"
    assert written_html(own).quoted_text == ""
    assert written_html("<p>Ann Lee wrote:</p><blockquote>Ask</blockquote>").quoted_text == "Ann Lee wrote:\nAsk"
    assert written_html("<p>x</p><blockquote style='border-left: 2px solid blue'>Ask</blockquote>").quoted_text == "Ask"


def test_a_picture_below_the_quotation_is_no_answer() -> None:
    """Mail programs and counters of readers put one there."""
    html = "<p>new</p><blockquote type=cite>old</blockquote><img src=x width=1>"
    assert written_html(html).above_quote == len("<p>new</p>")


def test_only_what_is_seen_was_written() -> None:
    """Hidden text, comments, styles and scripts are not; references and blanks are read as a person reads them."""
    html = (
        "<style>a</style><p>x &amp;\n  y<!-- b --><span style='display:none'>c</span></p><script>d</script><p hidden>e"
    )
    found = written_html(html)
    assert found.new_text == found.own_text == "x & y"


def test_a_size_of_zero_can_be_undone_inside() -> None:
    """Newsletters set it to close gaps between cells."""
    html = "<table><tr><td style='font-size:0px'><div style='font-size:13px'>text</div></td></tr></table>"
    assert written_html(html).new_text == "text"


def test_marks_of_outlook_on_the_web_count_though_they_are_empty() -> None:
    """The place is above `appendonsend`; a second one, quoted, has another prefix and comes later."""
    html = "<div>new</div><div id=appendonsend></div><hr><div id=divRplyFwdMsg>x</div><div id=x_divRplyFwdMsg>y</div>"
    assert written_html(html).above_quote == html.index("<div id=appendonsend>")


def test_without_text() -> None:
    """No lines, no segments; the places are there."""
    for html in ("", "<html><body></body></html>", "<p>&nbsp;</p>"):
        found = written_html(html)
        assert (found.segments, found.new_text) == ((), "")
        assert found.end is not None


# --- limits ----------------------------------------------------------------------------------------------------------


def fits(found: Written) -> bool:
    assert found.complete == (found.end is not None)
    assert found.top == 0
    return found.complete


@pytest.mark.parametrize(("more", "complete"), [(-1, True), (0, True), (1, False)])
def test_the_limits_of_tags_depth_and_lines(more: int, complete: bool) -> None:
    """Beyond, no end is known; the top is."""
    assert fits(written_html("<br>" * (MAX_TAGS + more))) is complete
    assert fits(written_html("<div>" * (MAX_DEPTH - 1 + more))) is complete
    assert fits(written_html("<pre>" + "x\n" * (MAX_LINES + more))) is complete


@pytest.mark.parametrize(
    "html",
    ["<" * 300_000, "<div>" * 100_000, "<!--" * 80_000, "<a " + "b " * 150_000, "<p style='" + "a:b;" * 80_000,
     "<blockquote>" * 40_000, "<i><div>" + "<b>" * 40_000 + "</i>" * 40_000, "<table>" + "<td>" * 80_000, "&" * 300_000,
     "<script>" + "<!--<script>" * 30_000, "<select>" * 50_000 + "</table>" * 50_000, "\n" * 300_000],
)  # fmt: skip
def test_hostile_documents_are_read_in_one_pass(html: str) -> None:
    """They end, and no place lies outside of the document."""
    found = written_html(html)
    for at in (found.top, found.above_quote, found.end):
        assert at is None or 0 <= at <= len(html)


SOUP = st.lists(
    st.sampled_from(
        ["<div>", "</div>", "<p>", "</p>", "<b>", "</b>", "<table>", "</table>", "<tr>", "<td>", "</td>", "text", " ",
         "<ul>", "<li>", "</ul>", "<br>", "<hr>", "<blockquote type=cite>", "</blockquote>", "<!-- c -->", "<!--",
         "<style>", "</style>", "<title>", "</title>", "<body>", "</body>", "</html>", "<p title='", "'>", "<h1>",
         "<span style='display:none'>", "</span>", "<template>", "</template>", "<textarea>", "</textarea>", "&nbsp;",
         "<div hidden>"]
    ),
    max_size=25,
)  # fmt: skip


@settings(max_examples=300)
@given(SOUP.map("".join))
def test_the_top_of_any_soup_is_seen(html: str) -> None:
    """Whatever an attacker leaves open, nothing stands before it."""
    at = written_html(html).top
    assert at is not None
    assert times_visible(put(html, at), WORDS) == 1


@settings(max_examples=300)
@given(SOUP.map("".join))
def test_segments_of_any_soup_are_in_order(html: str) -> None:
    """And within the document."""
    offsets = [at for segment in written_html(html).segments for at in (segment.start, segment.end)]
    assert offsets == sorted(offsets)
    assert not offsets or offsets[-1] <= len(html)
