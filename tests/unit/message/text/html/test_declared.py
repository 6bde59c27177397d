"""The declaration of a style that holds, and differences of mail programs.

Visible text is read, and hidden text splits no word. Each row is put into the middle of a word; `read` gives the texts
that are read, shortest first.
"""

from __future__ import annotations

import base64
import time
from html import escape

import pytest

from gateway.message.mime.parse import parse
from gateway.message.text.html.declared import MAX_RESOLVED_CHARACTERS, declarations, said
from gateway.message.text.part_reader import MAX_DOCUMENTS_DEEP, read_part
from tests.unit.message.text.html.test_page import shown

INLINE = "display:inline-block;"


def read(middle: str) -> list[str]:
    return sorted(shown(f"<p>ba{middle}nk</p>"), key=len)


def styled(style: str) -> list[str]:
    return read(f'<i style="{style}">no</i>')


@pytest.mark.parametrize(
    "style",
    [
        "opacity:0;opacity:1", "opacity:0;opacity:.5", "display:none;display:block", "display:none;display:inline flow",
        "display:block!important;display:none", "display:none;display:inline ! IMPORTANT", "display:nonee",
        "display:none none", "display:none;;display:inline", "visibility:hidden;visibility:visible",
        "position:absolute;left:-9999px;left:10px", "text-indent:-9999px;text-indent:0",
        "display:inline-block;max-height:0;overflow:hidden;max-height:none", "max-height:0;overflow:hidden",
        "display:inline-block;max-height:0;overflow:hidden;overflow:visible",
        "display:inline-block;max-height:0;overflow:hidden;min-height:9em",
        "left:-9999px", "position:static;left:-9999px", "position:sticky;left:-9999px", "clip:rect(0,0,0,0)",
        "position:relative;clip:rect(0,0,0,0)", "position:absolute;clip:rect(0,900px,900px,0)",
        "position:absolute;left:-9999px;position:static", "font-size:0;font-size:14px", "font-size:0;font:12px a",
        "color:#fff;color:#000", "color:#000!important;color:#fff", "color:#fff;color:tomato", "color:#000;color:foo",
        "font-family:'a;display:none;b'", "font-family:a\\3b display:none\\3b", "width:calc(1;display:none",
        "--a:{b;display:none;c}", "/*display:none*/color:red", "--display:none", "display:none!ie", "opacity:0foo",
        "display:var(--a);--a:inline", "display:var(--b, inline)", "clip-path:inset(0 0 50% 0)", "transform:scale(0)",
    ],
)  # fmt: skip
def test_seen(style: str) -> None:
    """The later declaration holds, if it is valid and the earlier not important; some need others to have an effect."""
    assert ["".join(text.split()) for text in styled(style)] == ["banonk"]


@pytest.mark.parametrize(
    "style",
    [
        "display:none!important;display:inline", "display:none;display:nonee", "display:inline;display:none",
        "display:none;display:-foo-box", "opacity:0;opacity:x", "opacity:-1", "opacity:0%", "opacity:0.0e1",
        "position:absolute;left:10px;left:-9999px", "position:fixed;top:-9999px",
        "position:absolute;clip:rect(0,0,0,0)",
        "position:absolute;clip:rect(1px 1px 1px 1px)", f"{INLINE}transform:rotate(3deg) scale(0,1)",
        f"{INLINE}text-indent:-9999px;overflow:hidden", f"{INLINE}max-height:0px;overflow:hidden;max-height:foo",
        f"{INLINE}max-height:0;overflow-y:hidden", "font:12px a;font-size:0", "font-family:'a;b';display:none",
        "background:url(a'b);display:none", "font-family:'/*';display:none;quotes:'*/'", "clip-path:inset(50%)",
        "--a:none;display:var(--a)", "display:var(--b,none)", "--a:0;opacity:var(--a)", "DISPLAY:NONE;color:red",
        "d\\69splay:n\\6fne", "position:fixed;inset:-9999px auto auto", "content:'!';display:none",
    ],
)  # fmt: skip
def test_hidden(style: str) -> None:
    """The declaration that holds in the end hides the text."""
    assert styled(style) == ["bank"]


@pytest.mark.parametrize(
    "style",
    [
        "mso-hide:all", "color:hsl(0,0%,100%)", "color:hsla(0deg 0% 100% / 1)", "color:rgb(100%,100%,100%)",
        "color:rgb(255.0 255 255 / 90%)", "color:rgba(100%,100%,100%,.9)", "color:hsl(120,50%,99.9%)",
        "color:#fff;color:foo", "color:#ffff", "color:transparent", "color:oklch(1 0 0)", "color:var(--a)",
        "display:var(--a)", "opacity:calc(1 - 1)", "color:white;background:foo", "position:absolute;left:-9999",
        "position:absolute;left:-100px", "position:absolute;left:-9999px;padding-left:9999px",
        "display:inline-block;max-height:0;overflow:hidden;padding-bottom:9em", "position:absolute;right:9999px",
        "float:left;height:0.1px;overflow:hidden",
    ],
)  # fmt: skip
def test_either(style: str) -> None:
    """Text that some programs show, or whose style nobody here can compute, is read both ways."""
    assert styled(style) == ["bank", "banonk"]


@pytest.mark.parametrize(
    ("middle", "texts"),
    [
        ("<i hidden style='display:inline'>no</i>", ["banonk"]),
        ("<style>i{display:inline}</style><i hidden>no</i>", ["banonk"]),
        ("<i hidden style='display:none'>no</i>", ["bank"]),
        ("<i hidden style='color:red'>no</i>", ["bank"]),
        ("<i style='color:transparent'><b style='color:#000'>no</b></i>", ["banonk"]),
        ("<i style='display:none;mso-hide:all'>no</i>", ["bank"]),
        ("<style type=text/foo>i{display:none}</style><i>no</i>", ["banonk"]),
        ("<style type=TEXT/CSS>i{display:none}</style><i>no</i>", ["bank"]),
        ("<style type=''>i{display:none}</style><i>no</i>", ["bank"]),
        ("<svg><style>i{display:none}</style></svg><i>no</i>", ["bank"]),
        ("<style>[data-x]{display:none}</style><i data-x>no</i>", ["bank", "banonk"]),
        ("<style>[data-x]{display:none}</style><i data-y>no</i>", ["banonk"]),
        ("<style>i[a='x,{y}' i]{display:none}</style><i a='X,{Y}'>no</i>", ["bank", "banonk"]),
        ("<style>i[a^=x],i[a$=x],i[a*=xx],i[a~=x],i[a|=x]{display:none}</style><i a='yxy'>no</i>", ["banonk"]),
        ("<style>i[a*=x]{display:none}</style><i a='yxy'>no</i>", ["bank", "banonk"]),
        ("<style>p > i:nth-child(n), [data-x]{display:none}</style><i data-x>no</i>", ["bank", "banonk"]),
        ("<style>i:not(:hover){display:none}</style><i>no</i>", ["bank", "banonk"]),
        ("<style>i:hover,i::first-line,:is(b,u):hover{display:none}</style><i>no</i>", ["banonk"]),
        ("<style>.a\\:b{display:none}</style><i class='a:b'>no</i>", ["bank"]),
        ("<style>:root{--a:none}i{display:var(--a)}</style><i>no</i>", ["bank"]),
        ("<style>:root{--a:inline}i{display:var(--a)}</style><i>no</i>", ["banonk"]),
        ("<style>:root{--a:none}b{--a:inline}i{display:var(--a)}</style><i>no</i>", ["bank", "banonk"]),
        ("<style>:root{--a:none}</style><i style='display:var(--a)'>no</i>", ["bank"]),
        ("<style>q{i{display:none}}</style><i>no</i>", ["bank", "banonk"]),
        ("<style>i{color:red;&:hover{color:blue}display:none}</style><i>no</i>", ["bank"]),
        ("<style>a{font-family:'}i{display:none}'}</style><i>no</i>", ["banonk"]),
        ("<style>a{font-family:'/*'}i{display:none}a{font-family:'*/'}</style><i>no</i>", ["bank"]),
        ("<style>@media print, screen{i{display:none}}</style><i>no</i>", ["bank"]),
        ("<style>@media not print{i{display:none}}</style><i>no</i>", ["bank", "banonk"]),
        ("<style>@media (max-width:9999px){i{display:none}}</style><i>no</i>", ["bank", "banonk"]),
        ("<style>u i{display:none}</style><i><b style='color:#fff'>zz</b>no</i>", ["bank", "banonk", "bazznonk"]),
        ("<i style='mso-hide:all'>no<b style='color:#fff'>zz</b></i>", ["bank", "banonk", "banozznk"]),
        ("<style>i::before{content:'no'}i::before{color:red}</style><i></i>", ["banonk"]),
        ("<style>i::before{content:'no'}i::before{display:none}</style><i></i>", ["bank"]),
        ("<style>i::before{content:'no';color:#fff}</style><i></i>", ["bank", "banonk"]),
        ("<style>i::before{content:'x';content:'no';left:-9999px;mso-hide:none}</style><i></i>", ["banonk"]),
        ("<style>b{color:red}</style><i ::before=no =/before=no></i>", ["bank"]),
        ("<noscript style='display:none'>no</noscript>", ["bank"]),
        ("<select style='display:none'><option>no</option></select>", ["ba\n\nnk"]),
        ("<textarea style='max-height:0;overflow:hidden;'>no</textarea>", ["ba\tnk"]),
        ("<b style='--a:display:block'>no</b>", ["banonk"]),
        ("<b style='display:block;display:inline'>no</b>", ["banonk"]),
        ("<style>:is(b,i){display:none}</style><i>no</i>", ["bank", "banonk"]),
        ("<style>.x:where(.y, b):is(i){display:none}</style><i class=x>no</i>", ["bank", "banonk"]),
        ("<style>i,,b{display:none}</style><i>no</i>", ["bank", "banonk"]),
        ("<style>i,b:foo{display:none}</style><i>no</i>", ["bank", "banonk"]),
        ("<style>i,b::-foo{display:none}</style><i>no</i>", ["bank", "banonk"]),
        ("<style>i,!{display:none}</style><i>no</i>", ["bank", "banonk"]),
        ("<style>i >{display:none}</style><i>no</i>", ["bank", "banonk"]),
        ("<style>i,b::after,u:hover,q:link{display:none}</style><i>no</i>", ["bank"]),
        ("<style>i:is(.y){display:none}</style><i class=y>no</i>", ["bank", "banonk"]),
        ("<style>:not(p){display:none}</style><i>no</i>", ["bank", "banonk"]),
        ("<style>i:not(.y, b){display:none}</style><i class=y>no</i>", ["banonk"]),
        ("<i style='-webkit-text-fill-color:#fff'>no</i>", ["bank", "banonk"]),
        ("<i style='color:#fff;-webkit-text-fill-color:#000'>no</i>", ["banonk"]),
        ("<style>:root{--x:'no'}i::before{content:var(--x)}</style><i></i>", ["banonk"]),
        ("<style>q{quotes:'n' 'o'}</style><q></q>", ["banonk"]),
        ("<style>i::after{content:'no'}</style><i><b style=display:none></i>", ["banonk"]),
        ("<optgroup label=no></optgroup>", ["ba\n\nno\n\nnk"]),
    ],
)  # fmt: skip
def test_sheets(middle: str, texts: list[str]) -> None:
    """Selectors match, or may match; text doubtful in one way is read with text doubtful in another."""
    assert read(middle) == texts


SVG = "<svg xmlns='http://www.w3.org/2000/svg'><text>no</text></svg>"
SVG64 = base64.b64encode(SVG.encode()).decode()


@pytest.mark.parametrize(
    "inside",
    [
        '<iframe srcdoc="<p>no</p>"></iframe>', '<iframe srcdoc="&lt;p>n<!-- -->o">x</iframe>',
        f"<img src='data:image/svg+xml;base64,{SVG64}'>", f'<img src="data:image/svg+xml,{SVG}">',
        f"<img src=' DATA:image/svg+xml;charset=utf-8;base64,{SVG64[:20]}&#10; {SVG64[20:]}'>",
        '<img src="data:image/svg+xml;utf8,%3Csvg%3E%3Ctext%3Eno%3C/text%3E%3C/svg%3E">',
        '<iframe src="data:text/html,<p>no</p>"></iframe>',
        f"<object data='data:image/svg+xml;base64,{SVG64}'></object>",
        f"<embed src='data:image/svg+xml;base64,{SVG64}'>",
        f'<svg><image href="data:image/svg+xml,{SVG}"/></svg>',
        f'<table background="data:image/svg+xml,{SVG}"></table>',
        "<style>p::after{content:'no'}</style><p>", "<style>.a::after{content:'no'}</style><p class=a><p hidden></p>",
        "<iframe srcdoc='<iframe srcdoc=&quot;<b>n</b>o&quot;></iframe>'></iframe>",
        "<style>li{list-style-type:'no'}</style><ul><li></li></ul>", "<ul><li style='list-style:\"no\" inside'></ul>",
        "<style>ul{list-style-type:'no'}</style><ul><li></li></ul>", "<style>li::marker{content:'no'}</style><li></li>",
    ],
)  # fmt: skip
def test_documents_inside(inside: str) -> None:
    """Pages and pictures of text that stand in an attribute are read, and what marks a list's items."""
    assert shown(f"<div>yes</div>{inside}")[-1].removeprefix("yes").strip() == "no"


@pytest.mark.parametrize(
    "inside",
    [
        '<iframe style="display:none" srcdoc="no"></iframe>', '<p hidden><iframe srcdoc="no"></iframe></p>',
        f"<img style='display:none' src='data:image/svg+xml;base64,{SVG64}'>", "<img src='data:image/png;base64,bm8='>",
        "<img src='data:image/svg+xml'>", "<img src='data:image/svg+xml;base64,*'>", "<img src='data:'>",
        "<p style='list-style-type:\"no\"'></p>", "<li style='display:none;list-style-type:\"no\"'></li>",
    ],
)  # fmt: skip
def test_nothing_inside(inside: str) -> None:
    """Hidden, or no text."""
    assert shown(f"<div>yes</div>{inside}") == ["yes"]


@pytest.mark.parametrize("deep", [MAX_DOCUMENTS_DEEP - 1, MAX_DOCUMENTS_DEEP, MAX_DOCUMENTS_DEEP + 1])
def test_documents_inside_each_other(deep: int) -> None:
    """Those that stand deeper are not read, and the view says so."""
    page = "no"
    for _ in range(deep):
        page = f'<iframe srcdoc="{escape(page)}"></iframe>'
    found = read_part(parse(b"Content-Type: text/html\r\n\r\n" + page.encode()).root)
    is_read = deep <= MAX_DOCUMENTS_DEEP
    assert (found.complete, found.pieces) == (is_read, (("new", "no"),) if is_read else ())


@pytest.mark.parametrize(("length", "texts"), [(-1, ["bank"]), (0, ["bank"]), (1, ["bank", "banonk"])])
def test_long_properties(length: int, texts: list[str]) -> None:
    """A custom property is put in if it is short; else it is a matter of doubt."""
    assert styled(f"--a:none;display:var(--a{' ' * (MAX_RESOLVED_CHARACTERS + length - 8)})") == texts


def test_declarations() -> None:
    """Strings, brackets and escapes hold what they hold; what is left open is closed."""
    assert declarations("a:';';b:(;]);c:\\3b;d:'x\ne:f;g:[h") == [
        ("a", "';'"), ("b", "(;])"), ("c", "\ufffd"), ("d", "\ufffdx\ne:f"), ("g", "[h]"),
    ]  # fmt: skip
    assert list(said("font-size:0!important;font:1px a;a:b;a:c").items()) == [
        ("font", "1px a"),
        ("a", "c"),
        ("font-size", "0"),
    ]


@pytest.mark.parametrize(
    "piece", ["a:var(--a);", "(", "'", "/*", "\\", "url(", "--a:var(--a)var(--a);", "a:b!", "{", ";"]
)
def test_hostile_styles_take_no_time(piece: str) -> None:
    """Each is read to its end, and grows no further."""
    started = time.process_time()
    said(piece * 50_000)
    assert time.process_time() - started < 2
