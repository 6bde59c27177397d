"""Words count as seen only where every reader sees them, by Chromium's kept verdicts and by what mail programs do."""

from __future__ import annotations

import pytest

from gateway.message.text.possible_rules import MAX_RULES
from gateway.message.text.written import is_surely_seen
from tests.generated.hidden_words import STRUCTURES, WORDS, Case, cases, verdicts

KEPT = verdicts()


@pytest.fixture(scope="module")
def judged() -> list[tuple[Case, bool, bool]]:
    """Return each case, whether Chromium shows its words, and whether they are taken for seen."""
    found = cases(len(KEPT))
    return [(case, shown, is_surely_seen(case.html(), WORDS)) for case, shown in zip(found, KEPT, strict=True)]


def test_nothing_that_a_browser_hides_is_taken_for_seen(judged: list[tuple[Case, bool, bool]]) -> None:
    """Hundreds of styles, in every place and by every selector."""
    assert [case.page for case, shown, taken in judged if taken and not shown] == []


def test_most_of_what_is_shown_in_a_usual_way_is_taken_for_seen(judged: list[tuple[Case, bool, bool]]) -> None:
    """A disclaimer whose visibility is in doubt is added twice at worst."""
    own = [taken for case, shown, taken in judged if case.kind == "own style" and shown]
    assert sum(own) >= 0.7 * len(own)


@pytest.mark.parametrize(
    "page",
    [
        "<p>{}</p>",
        "<html><head><style>p.MsoNormal{{margin:0cm;font-size:11.0pt;font-family:Calibri,sans-serif}}</style></head>"
        "<body lang=EN-GB link=blue style='word-wrap:break-word'><div class=WordSection1><p class=MsoNormal>{}",
        "<div dir=ltr style='font-size:small;color:rgb(34,34,34)'>{}</div>",
        "<table width=600 bgcolor=#ffffff><tr><td style='padding:10px;color:#666666;font:12px/1.4 Arial'>{}</table>",
        "<!--[if mso]><style>td{{font-family:Arial}}</style><![endif]--><p style='color:#1f497d'>{}</p>",
        "<blockquote style='border-left:1px solid #ccc;margin:0 0 0 .8ex;padding-left:1ex'><font size=2>{}</font>",
        "<style>@media print {{ p {{ display:none }} }} a:hover {{ color:#fff }}</style><p>{}</p>",
        "<div style='background:#003366'><p style='color:#ffffff'>{}</p></div>",
    ],
)
def test_what_mail_programs_write_is_seen(page: str) -> None:
    assert is_surely_seen(page.format(WORDS), WORDS)


@pytest.mark.parametrize("style", ["mso-hide:all", "display:none", "color:#fff"])
def test_what_word_alone_hides_is_not_seen_by_all(style: str) -> None:
    assert not is_surely_seen(f"<p>a</p><p style='{style}'>{WORDS}</p>", WORDS)
    assert not is_surely_seen(f"<!--[if mso]><style>p{{{style}}}</style><![endif]--><p>{WORDS}</p>", WORDS)
    assert not is_surely_seen(f"<!--[if mso]><div style='{style}'><![endif]--><p>{WORDS}</p>", WORDS)


@pytest.mark.parametrize(("rules", "seen"), [(MAX_RULES - 1, True), (MAX_RULES, True), (MAX_RULES + 1, False)])
def test_of_more_rules_nothing_is_known(rules: int, seen: bool) -> None:
    sheet = ".a{color:red}" * rules
    assert is_surely_seen(f"<style>{sheet}</style><p>{WORDS}", WORDS) is seen


def test_blank_words_are_never_seen() -> None:
    assert not is_surely_seen("<p>a", " \n")
    assert len(STRUCTURES) > 100
