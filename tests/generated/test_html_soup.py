"""Broken HTML: at every place that is known, a browser shows what is put there."""

from __future__ import annotations

import pytest

from gateway.message.text.html.page import MAX_TAGS
from gateway.message.text.written import written_html
from tests.generated.html_soup import documents, misses
from tests.support.probes.browser import times_visible

COUNT = 4_000


def test_what_stands_at_a_known_place_is_seen() -> None:
    """No document hides it; the same ones each time."""
    missed = [miss for html in documents(COUNT) for miss in misses(html)]
    assert missed == []


@pytest.mark.parametrize(
    "html",
    [
        "<p>a</p><p>|<b hidden>b</p>c",  # a browser opens the b again
        "<p>a</p><form>|<div hidden></form>b",
        "<p>a</p>|<svg></br><iframe></svg>b</iframe>c",
        "<p>a</p>|<svg><title><style><!--</style></title></svg>b",
        "<p>a</p>|<math><annotation-xml><style><!--</style></annotation-xml></math>b",
        "<p>a</p>|<select><iframe><!--</iframe></select>b",
        "<p>a</p>|<p hidden><button><dd>b</button>c",
        "<table><tr><td>a|<div hidden></td></tr></table>b",
    ],
)
def test_no_place_is_known_behind_what_was_not_closed_well(html: str) -> None:
    """A browser may show nothing from there on: the end is before it."""
    before, after = html.split("|")
    assert written_html(before + after).end == len(before)


@pytest.mark.parametrize(
    "html",
    [
        "<div style='display:none'>preheader</div><p>a",
        "<div hidden><p>a<p>b</div><p>c",
        "<select><option>a<option>b</select><p>c",
        "<svg viewBox='0 0 1 1'><g></g></svg><p>a",
        "<table><tr hidden><td>a</td></tr><tr><td>b</td></tr></table>",
        "<head><title>a</title><style>p{}</style></head><body>b",
    ],
)
def test_what_was_closed_well_costs_no_place(html: str) -> None:
    """The end is the end."""
    assert written_html(html).end == len(html)


def test_a_head_that_was_not_closed_well() -> None:
    """The top is before it: a browser may have its template open still."""
    html = "<title>a</title><template><svg><title><![CDATA[</title></svg></template>b"
    assert written_html(html).top == len("<title>a</title>")


def test_a_body_that_is_hidden_behind_all_that_is_read() -> None:
    """Its tags may stand anywhere: then nothing is known to be seen."""
    many = "<br>" * (MAX_TAGS + 1)
    assert written_html(many).top == 0
    assert written_html(f"{many}<body style='display:none'>").top is None


def test_the_oracle_sees_what_is_hidden_so() -> None:
    """Else the figures above would mean nothing."""
    assert times_visible("<p><b hidden>b</p>words", "words") == 0
