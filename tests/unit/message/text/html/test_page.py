"""HTML as a person sees it: what is hidden isn't read, what is printed is, and words are joined as they stand."""

from __future__ import annotations

import pytest

from gateway.message.mime.parse import parse
from gateway.message.text.html.html_readings import readings_of_html
from gateway.message.text.html.page import MAX_DEPTH, MAX_TAGS
from gateway.message.text.html.style_sheet import MAX_RULES, StyleSheet
from gateway.message.text.part_reader import read_part


def read(html: str) -> list[tuple[str, str]]:
    """Kinds and texts of a page."""
    head = b"Content-Type: text/html; charset=utf-8\r\n\r\n"
    return list(read_part(parse(head + html.encode()).root).pieces)


def shown(html: str) -> list[str]:
    return [text for _, text in read(html)]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("a<br>b<br><br>c", "a\nb\n\nc"),
        ("<table><tr><td>a<td>b<tr><td>c</table>", "a\tb\nc"),
        ("<ul><li>a<li>b</ul>", "a\n\nb"),
        ("b<i>an</i>k d<unknown>et</unknown>ails", "bank details"),
        ("<div style='display:inline'>ba</div><div style='display:inline'>nk</div>", "bank"),
        ("<div style='float:left'>ba</div><div style='float:left'>nk</div>", "bank"),
        ("a<span style='display:block'>b</span>c", "a\n\nb\n\nc"),
        ("&lt;b&gt; &amp;lt; &copy;", "<b> &lt; \u00a9"),
        ("<select><option>one<option>two</select>", "one\ntwo"),
        ("<details><summary>s</summary>d</details>", "s\n\nd"),
        ("<button>Pay</button>", "Pay"),
        ("<textarea>a &amp; b</textarea>", "a & b"),
        ("<xmp>a <b> c</xmp>", "a <b> c"),
        ("<p aria-hidden=true>seen</p>", "seen"),
        ("<input type=hidden value=no><input type=submit value=Send>", "Send"),
        ("<p style='visibility:hidden'>no<b style='visibility:visible'>yes</b></p>", "yes"),
        ("<p style='font-size:0'>no<b style='font-size:12px'>yes</b></p>", "yes"),
    ],
)
def test_flow(html: str, text: str) -> None:
    """Blocks, cells and lines divide; everything else stands in the line."""
    assert shown(html) == [text]


@pytest.mark.parametrize(
    "hidden",
    [
        "<p style=display:none>no</p>", "<p style='DISPLAY : none !important'>no</p>", "<p hidden>no</p>",
        "<p style='opacity:0.0'>no</p>", "<p style='max-height:0;overflow:hidden'>no</p>",
        "<p style='position:absolute;top:-9999px'>no</p>",
        "<template><p>no</p></template>", "<script>no</script>", "<style>no</style>", "<title>no</title>",
        "<!-- no -->", "<iframe>no</iframe>", "<noframes>no</noframes>",
        "<p style='position:fixed;clip:rect(0,0,0,0)'>no</p>",
        "<style>.x{display:none}</style><p class='y x'>no</p>", "<style>#x{font:0/0 a}</style><p id=x>no</p>",
        "<style>B{visibility:hidden}</style><b>no</b>", "<style>@media all{b{display:none}}</style><b>no</b>",
        "<style>/* { */ .x /* } */ {display:none}</style><p class=x>no</p>",
        "<style>.x{color:red}.x.y{display:none}</style><p class='x y'>no</p>",
        "<p class=x>no</p><style>.x{display:none}</style>",
    ],
)  # fmt: skip
def test_hidden(hidden: str) -> None:
    """Text that no program shows is not read, whether its own style hides it or a sheet's."""
    assert shown(f"<p>yes</p>{hidden}") == ["yes"]


@pytest.mark.parametrize(
    "visible",
    [
        "<style>.x{display:none}</style><p class=X2>no</p>",
        "<style>@media print{p{display:none}}</style><p>no</p>",
        "<style>@media (max-width:600px){p{display:none}}</style><p>no</p>",
        "<style media=print>p{display:none}</style><p>no</p>",
        "<!-- <style>p{display:none}</style> --><p>no</p>",
        "<style>.x{display:none}.x{display:block}</style><p class=x>no</p>",
        "<style>p{display:none}</style><p style=display:block>no</p>",
        "<style>p.y{display:block}p{display:none}</style><p class=y>no</p>",
        "<p style='color:#fff;background:#036'>no</p>",
        "<table bgcolor=#000000><tr><td><font color=white>no</font></table>",
        "<p style='color:#fff;background:url(a.png)'>no</p>",
        "<body bgcolor=black text=white>no",
    ],
)
def test_visible(visible: str) -> None:
    """Rules that are for others, or that another outdoes, hide nothing; white on a dark ground is seen."""
    assert shown(visible) == ["no"]


@pytest.mark.parametrize(
    "doubtful",
    [
        "<b style=color:white>no</b>", "<b style='color:#fefefe'>no</b>", "<font color=#ffffff>no</font>",
        "<font size=0>no</font>", "<b style='font-size:1px'>no</b>", "<noscript>no</noscript>",
        "<object>no</object>", "<style>div b{display:none}</style><b>no</b>",
        "<style>@media screen and (min-width:1px){b{display:none}}</style><b>no</b>",
        "<b style='color:rgba(0,0,0,0)'>no</b>", "<b style='opacity:.01'>no</b>", "<b style='mso-hide:all'>no</b>",
    ],
)  # fmt: skip
def test_in_doubt(doubtful: str) -> None:
    """Text that some programs show is read both ways."""
    assert sorted(shown(f"<p>ba{doubtful}nk</p>"), key=len) == ["bank", "banonk"]


@pytest.mark.parametrize(
    ("html", "texts"),
    [
        ("<style>p::after{content:'b\\a c' attr(x)}</style><p x=d>a</p>", ["ab cd"]),
        ("<style>p:before{content:\"a;\"}</style><p>b</p>", ["a;b"]),
        ("<style>p:before{content:'a';display:none}</style><p>b</p>", ["b"]),
        ("<p>a</p><img alt='the alt'>", ["a", "the alt"]),
        ("<p>ba<img alt=xx>nk</p>", ["bank", "xx"]),
        ("<p title='the title'>a</p>", ["a", "the title"]),
        ("<svg><title>no</title><text>a</text></svg>", ["a"]),
        ("<p>a</p><!--[if gte mso 9]><p>b</p><![endif]-->", ["a", "a\n\nb"]),
        ("<p>a</p><!--[if gte mso 9]><xml><o:x>96</o:x></xml><![endif]-->", ["a"]),
        ("<bdo dir=rtl>knab</bdo>", ["\u202eknab\u202c"]),
    ],
)  # fmt: skip
def test_printed(html: str, texts: list[str]) -> None:
    """Style sheets print text; pictures have alternative text; Outlook alone shows some."""
    assert shown(html) == texts


def test_quotation() -> None:
    """A mail program's quotation is quoted, its alternative texts too."""
    html = '<p>new</p><div class="gmail_quote">On 1 May, A wrote:<blockquote>old <img alt=pic></blockquote></div>'
    assert read(html) == [("new", "new"), ("quoted", "On 1 May, A wrote:\n\nold"), ("quoted", "pic")]


@pytest.mark.parametrize("html", ["<b>x</b>" * MAX_TAGS + "end", "<div>" * (MAX_DEPTH + 2) + "x<p>end"])
def test_the_rest(html: str) -> None:
    """Behind what is read as a page, the rest is read without its tags."""
    assert shown(html)[-1].endswith("end")


def test_too_many_rules() -> None:
    """The view says that it doesn't know all of a style sheet."""
    sheet = "".join(f".a{number}{{display:none}}" for number in range(MAX_RULES + 1))
    assert not StyleSheet([sheet]).complete
    assert StyleSheet([sheet.partition("}")[2]]).complete
    assert not all(seen.is_whole for seen in readings_of_html(f"<style>{sheet}</style><p>a"))


@pytest.mark.parametrize(
    "page",
    [
        "<p>Hi</p><plaintext>\nWe have changed bank\n<b>now",
        "<plaintext>We have changed bank",
        "<xmp>We have changed bank</xmp>",
        "<p>Hi<xmp>We have changed bank",
        "<listing>We have changed bank</listing>",
        "<noembed>We have changed <b>bank</b></noembed>",
        "<textarea>We have changed bank</textarea>",
        "<textarea>We have changed bank",
        "<noscript>We have changed bank</noscript>",
    ],
)
def test_elements_of_raw_text_are_read(page: str) -> None:
    """Some program shows each."""
    raw = f"Content-Type: text/html; charset=utf-8\r\n\r\n{page}\r\n".encode()
    assert any("We have changed bank" in " ".join(one.text.split()) for one in parse(raw).view.of())


def test_what_is_hidden_stays_so_to_the_end() -> None:
    raw = b"Content-Type: text/html\r\n\r\n<p>Hi</p><plaintext style='display:none'>We have changed bank\r\n"
    assert not any("changed" in one.text for one in parse(raw).view.of())
