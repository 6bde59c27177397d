"""Style sheets for a window of one width: which queries are decided, and which are left in doubt."""

from __future__ import annotations

import pytest

from gateway.message.text.html.window_widths import in_window


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("(max-width:600px)", False),
        ("(max-width:799px)", False),
        ("(max-width:800px)", True),
        ("(max-width:801px)", True),
        ("(min-width:799px)", True),
        ("(min-width:800px)", True),
        ("(min-width:801px)", False),
        ("(max-width: 37.5em)", False),
        ("(min-width: .5REM)", True),
        ("only screen and (max-device-width:600px)", False),
        ("screen and (min-width:400px) and (max-width:900px)", True),
        ("screen and(min-width:400px)and (max-width:700px)", False),
        ("(max-width:600px), (min-width:700px)", True),
        ("(max-width:600px), (min-width:900px)", False),
        ("ALL AND (MIN-WIDTH:1px)", True),
    ],
)
def test_a_query_for_widths_is_decided(query: str, holds: bool) -> None:
    """Its rules are for everybody then, or for nobody at a screen."""
    found = in_window(f"<p>a</p><style>@media {query} {{p{{display:none}}}}</style>b", 800)
    assert found == f"<p>a</p><style>@media {'all' if holds else 'print'} {{p{{display:none}}}}</style>b"


@pytest.mark.parametrize(
    "query",
    [
        "print",
        "screen",
        "(orientation:portrait)",
        "not screen and (max-width:600px)",
        "(max-width:600px) and (orientation:portrait)",
        "(max-width:600px), print",
        "(max-width:50vw)",
        "(max-width:calc(1px))",
        "(max-width:1e3px)",
        "(width<=600px)",
        "",
    ],
)
def test_every_other_query_is_left_as_it_is(query: str) -> None:
    html = f"<style>@media {query}{{p{{display:none}}}}</style>"
    assert in_window(html, 800) == html


def test_text_is_no_style_sheet() -> None:
    """Neither in the page, nor in a comment or a script."""
    html = (
        "<p>@media (max-width:1px){}</p><!-- <style>@media (max-width:1px){}</style> --><script>@media (max-width:1px){"
    )
    assert in_window(html, 800) == html


def test_many_queries_take_no_time_for_each_pair() -> None:
    """Queries that never end are read in one pass, whatever their number."""
    for piece in ("@media ", "@media (max-width:1px", "@media (min-width:1px) and "):
        html = f"<style>{piece * (200_000 // len(piece))}</style>"
        assert in_window(html, 800) == html
