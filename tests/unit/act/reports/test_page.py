"""The page of the report, taken apart by a parser: no script, nothing remote, no text that becomes markup."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from gateway.act.reports.page import page
from tests.support.builders.reports import figures

#: Texts that outsiders choose: addresses, replies of next hops.
HOSTILE = (
    '"><script>alert(1)</script><img src="http://evil.example/x.png" onerror="alert(2)">'
    "</style></svg></title>&lt;b&gt;{{ 7 * 7 }}\N{RIGHT-TO-LEFT OVERRIDE}\x1b[31m\0\udcff"
)
#: Attributes by which a page fetches or runs something.
REMOTE = {"src", "href", "xlink:href", "action", "formaction", "data", "poster", "background", "srcset", "ping"}


class Elements(HTMLParser):
    """All elements with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def hostile() -> dict[str, Any]:
    """Return figures in which every text from outside is hostile, and every code too."""
    changed = figures(organisation=HOSTILE)
    changed["held"]["senders"] = [{"sender": f"{HOSTILE}@evil.example", "messages": 3}]
    changed["held"]["by_code"][0]["code"] = HOSTILE
    changed["monitor"][0]["code"] = HOSTILE
    changed["waiting"]["oldest"][0]["codes"] = [HOSTILE]
    changed["trouble"]["replies"][0]["reply"] = f"451 {HOSTILE}"
    at = changed["since"]
    changed["trouble"]["given_up"] = [{"reply": HOSTILE, "messages": 1, "first": at, "last": at}]
    changed["trouble"]["outbox"] = [{"reply": HOSTILE, "messages": 1, "oldest": at, "attempts": 2}]
    return changed


@pytest.mark.parametrize("made", [figures, hostile])
def test_nothing_runs_and_nothing_is_fetched(made: Any) -> None:
    text = page(made())
    for tag, attributes in Elements(text).found:
        assert tag not in {"script", "iframe", "object", "embed", "link", "img", "base", "form", "foreignobject"}
        assert not {name for name in attributes if name.startswith("on")} | (REMOTE & attributes.keys()), (
            tag,
            attributes,
        )
    styles = " ".join(re.findall(r"<style[^>]*>(.*?)</style>", text, re.S))
    assert "@import" not in styles
    assert "url(" not in styles
    policy = LexborHTMLParser(text).css_first('head > meta[http-equiv="Content-Security-Policy"]')
    assert policy is not None
    assert (policy.attributes["content"] or "").startswith("default-src 'none'; style-src 'unsafe-inline';")


def test_hostile_text_is_shown_as_it_is_written() -> None:
    """In a browser's tree it is text in its cell; controls and overrides are question marks."""
    tree = LexborHTMLParser(page(hostile()))
    (sender,) = [cell.text() for cell in tree.css("td") if cell.text().endswith("@evil.example")]
    assert sender.startswith('"><script>alert(1)</script><img src=')
    assert "{{ 7 * 7 }}?" in sender
    assert not any(character in tree.html for character in "\N{RIGHT-TO-LEFT OVERRIDE}\x1b\0")
    assert len(tree.css("table")) == len(LexborHTMLParser(page(figures())).css("table")) + 2  # those of the outbox


def test_the_plots_and_the_numbers_are_there(shown: dict[str, Any]) -> None:
    tree = LexborHTMLParser(page(shown))
    assert len(tree.css("figure > svg")) == 4
    assert "payment_change.request" in tree.css("figure > svg")[2].text()
    cells = [cell.text(strip=True) for cell in tree.css("tr") if "audience.misdirected" in cell.text()]
    assert cells == ["audience.misdirectedemail.misdirectedquarantine030"]


def test_a_page_about_nothing() -> None:
    """No plot without a number in it, and days in place of hours."""
    nothing = figures(monitor=[], waiting={"messages": 0, "asked_for": 0, "oldest": []})
    nothing["held"] |= {"messages": 0, "by_code": [], "senders": []}
    nothing["volume"] |= {"step": "day", "steps": [["2026-11-16", 0, 0, 0]], "of_day": {"inbound": [0] * 24}}
    text = LexborHTMLParser(page(nothing)).body.text()
    assert "No message was held." in text
    assert "No message waits for a decision." in text
    assert "No filter in monitor would have kept a message." in text


def test_it_is_a_program(shown: dict[str, Any]) -> None:
    """The gateway's processes load nothing that draws: they run this."""
    done = subprocess.run(
        [sys.executable, "-m", "gateway.act.reports.page"],
        input=json.dumps(shown).encode(),
        capture_output=True,
        check=True,
    )
    assert done.stdout.startswith(b"<!DOCTYPE html>")
