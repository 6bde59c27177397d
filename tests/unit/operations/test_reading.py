"""A held message as a reviewer reads it: hidden text, parts, bounds."""

from __future__ import annotations

import pytest

from gateway.message.mime.parse import parse
from gateway.operations.reading import (
    PAGE_CHARACTERS,
    STRETCH_CHARACTERS,
    _bounded,
    _is_cut,
    _stretches,
    _value,
    all_text,
)

HEAD = b"Subject: x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"


def kinds(html: str) -> dict[str, str]:
    return {one["kind"]: one["text"] for one in _bounded(_stretches(parse(HEAD + html.encode())))}


def test_hidden_text_is_marked() -> None:
    """Whatever hides it; nothing is rendered."""
    html = (
        "<p>Seen</p><div style='display:none'>not shown</div><span style='color:#fff'>white</span>"
        "<span style='font-size:0'>tiny</span><style>.x{color:red}</style><script>run()</script>"
    )
    found = kinds(html)
    assert found["new"] == "Seen"
    assert found["doubtful"] == "white"
    assert found["hidden"].split("\n") == ["not shown", "tiny"]


@pytest.mark.parametrize(
    ("css", "text", "more"),
    [
        ("@media (min-width:601px){.n{display:none!important}}", "Wide\n\nBoth", {"widths": "Narrow"}),
        (".n{display:none} @media (max-width:600px){.n{display:block}}", "Wide\n\nBoth", {"widths": "Narrow"}),
        ("@media (max-width:600px){.w{display:none}}", "Wide\n\nNarrow\n\nBoth", {}),
        ("@media (max-width:1200px){.w{display:none}}", "Narrow\n\nBoth", {"widths": "Wide"}),
        ("@media (min-width:1px){.w{display:none}}", "Narrow\n\nBoth", {"hidden": "Wide"}),
        ("@media (orientation:landscape){.w{display:none}}", "Narrow\n\nBoth", {"doubtful": "Wide"}),
    ],
)
def test_a_newsletter_for_several_screens_is_read_as_on_a_desk(css: str, text: str, more: dict[str, str]) -> None:
    """Text for other screens follows; text for none is hidden still."""
    assert kinds(f"<style>{css}</style><p class=w>Wide</p><p class=n>Narrow</p><p>Both</p>") == {"new": text, **more}


def test_a_page_that_hides_nothing_has_no_hidden_text() -> None:
    assert set(kinds("<p>One <b>two</b> three&nbsp;four</p><blockquote>five</blockquote>")) <= {"new", "quoted"}


def test_a_long_text_is_cut_and_says_so() -> None:
    (one,) = _bounded(iter([("new", "1", "x" * (STRETCH_CHARACTERS + 5))]))
    assert (len(one["text"]), one["left_out"]) == (STRETCH_CHARACTERS, 5)


def test_styles_and_scripts_are_no_text() -> None:
    assert all_text("<p>a&amp;b</p><style>c</style><script>d</script><!-- e -->").split() == ["a&b"]


def test_blanks_push_nothing_out_of_sight() -> None:
    assert _value('"CEO" <ceo@corp.example>' + " " * 990 + ", <evil@x.example>").endswith(", <evil@x.example>")


@pytest.mark.parametrize(
    "html",
    ['<p>Hi</p><img src=x alt="Pay DE99">', '<p>Hi</p><iframe srcdoc="Pay DE99"></iframe>', '<p title="Pay DE99">Hi'],
)
def test_text_in_place_of_pictures_frames_and_tips_is_read(html: str) -> None:
    assert kinds(html) == {"new": "Hi", "beside": "Pay DE99"}


def test_a_message_inside_is_read_once_as_an_attachment() -> None:
    inner = b"Content-Type: text/html\r\n\r\n<p>In</p><p style='display:none'>not shown</p>"
    found = list(_stretches(parse(b"Subject: x\r\nContent-Type: message/rfc822\r\n\r\n" + inner)))
    assert sorted((kind, text) for kind, _, text in found) == [("attachment", "In"), ("hidden", "not shown")]


def test_only_a_page_is_read_as_a_page() -> None:
    """Another text is the message's own too, and shown as it stands."""
    found = list(_stretches(parse(b"Subject: x\r\nContent-Type: text/csv; name=a.csv\r\n\r\n1;<b>;2\r\n")))
    assert found == [("new", "1", "1;<b>;2")]


def test_much_hidden_text_takes_no_time_for_each_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a bound, text is hidden without being looked for among all that is shown."""
    monkeypatch.setattr("gateway.operations.reading.SEARCHED_CHARACTERS", 10)
    found = kinds("<p>One<i> two</i></p><p>three</p><p style='display:none'>four</p>")
    assert found == {"new": "One two\n\nthree", "hidden": "One\ntwo\nfour"}


def test_links_are_listed() -> None:
    """A text that looks like an address may lead elsewhere."""
    html = '<p><a href="http://evil.example/login">http://bank.example</a> <img src="cid:x"></p>'
    found = kinds(html)
    assert found["new"] == "http://bank.example"
    assert found["links"] == "http://evil.example/login"


@pytest.mark.parametrize(("more", "cut"), [(0, False), (1, True)])
def test_a_page_is_read_to_a_length_and_that_is_said(more: int, cut: bool) -> None:
    """It is read in the gateway's own process."""
    assert _is_cut(parse(HEAD + b"x" * (PAGE_CHARACTERS + more))) is cut
