"""Visibility of a text in the tree that a browser makes."""

from __future__ import annotations

import pytest

from gateway.message.text.html.declared import declarations
from gateway.message.text.html.look import SHOWN
from tests.support.probes.browser import is_visible_child_of_body, times_visible


@pytest.mark.parametrize(
    "html",
    [
        "x",
        "<p>x",
        "<html><head></head><body><table><tr><td><b>x</b></table>",
        "<table><tr>x</table>",
        "<div style='display:none'><div>a</div></div>x",
        "<div style='font-size:0'><p style='font-size: 12pt'>x</p></div>",
        "<div style='visibility:hidden'><p style='visibility: visible'>x</p></div>",
        "<p style='color:#000;height:0'>x",
        "<details open><p>x</details>",
        "</body></html>x",
        "<p>a</p><!-- b --><p><i>x</i></p>",
        "<p style='left:-10px;width:0.5em;overflow:hidden'>x",
    ],
)
def test_seen(html: str) -> None:
    """Inside the body, in nothing that hides it."""
    assert is_visible_child_of_body(html, "x")


@pytest.mark.parametrize(
    "html",
    [
        "",
        "<!-- x -->",
        "<title>x</title>",
        "<head><title>x",
        "<style>x",
        "<script>x</script>",
        "<textarea>x</textarea>",
        "<template><p>x</p></template>",
        "<body><noscript><p>x</p></noscript>",
        "<select><option>x</select>",
        "<iframe>x</iframe>",
        "<p title='x'>",
        "<p hidden>x",
        "<div style='display:none'><p>x",
        "<div style='color:red; DISPLAY : NONE !important'><p>x",
        "<div style='d\\69splay:none'>x",
        "<div style='disp/**/lay:none;/* a */display:/**/none'>x",
        "<div style='visibility:hidden'>x",
        "<div style='font-size:0px'><p style='font-size:2em'>x",
        "<div style='font:0/0 a'>x",
        "<div style='opacity:0'>x",
        "<div style='opacity:calc(0)'>x",
        "<div style='--a:none;display:var(--a)'>x",
        "<div style='transform:scale(0.001)'>x",
        "<div style='filter:opacity(0)'>x",
        "<progress>x",
        "<ruby>a<rp>x",
        "<div style='max-height:0;overflow:hidden'>x",
        "<div style='position:absolute;left:-9999px'>x",
        "<div style='text-indent:-999em'>x",
        "<div style='mso-hide:all'>x",
        "<div style='clip:rect(0,0,0,0)'>x",
        "<div style='transform:scale(0)'>x",
        "<body style='display:none'>x",
        "<html hidden>x",
        "x<body style='display:none'>",
        "<div style='display:none'>a<!-- </div> -->x",
        "<dialog>x</dialog>",
    ],
)
def test_not_seen(html: str) -> None:
    """Hidden, or no text at all."""
    assert not is_visible_child_of_body(html, "x")


def test_blanks_do_not_count() -> None:
    """Markup and line breaks inside a sentence change nothing; an empty marker is nowhere."""
    assert times_visible("<p>No.&nbsp;12\n  <b>High</b> Street</p><p>No. 12 HighStreet", "No. 12 High Street") == 2
    assert times_visible("<p>a", " \n") == 0


def test_what_is_too_deep_is_not_judged() -> None:
    """The time of lexbor would grow with the square of the depth."""
    assert is_visible_child_of_body("<div>" * 1_000 + "x", "x")
    assert not is_visible_child_of_body("<div>" * 100_000 + "x", "x")


def test_declarations() -> None:
    """Comments and escapes undone; what is no declaration does no harm."""
    assert declarations("A:b;;c; d : E/* ; */f;\\67:1") == [("a", "b"), ("", ""), ("c", ""), ("d", "e f"), ("g", "1")]
    assert SHOWN.inside("p", {"style": "\\110000:x;\\"}).shown
