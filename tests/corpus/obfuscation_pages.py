"""A letter as a page that shows it to a person: rows T05, T06 and T08 to T11 of the evasion catalogue, by code."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping

from tests.corpus.letters import Letter, Obfuscation, page
from tests.corpus.obfuscation_words import words


def paragraphs(change: Callable[[str], str]) -> Callable[[str], str]:
    """A page of the text, its lines changed."""
    return lambda text: "".join(f"<p>{change(line)}</p>" for line in text.split("\n"))


def in_words(mark: str) -> Callable[[str], str]:
    """Markup inside every word."""
    return paragraphs(lambda line: words(lambda word: f"{word[:2]}{mark}{word[2:]}")(html.escape(line, quote=False)))


def noise(style: str, tag: str = "span") -> Callable[[str], str]:
    """Letters that nobody sees inside every word."""
    return in_words(f"<{tag} {style}>qzx</{tag}>")


def hidden_by_sheet(rule: str) -> Callable[[Letter], bytes]:
    return lambda letter: page(letter, in_words('<span class="k">qzx</span>')(letter.text), f"<style>{rule}</style>")


def _cells(*texts: str) -> str:
    return f"<table><tr><td>{'</td><td>'.join(texts)}</td></tr></table>"


def _escaped(pattern: str) -> Callable[[str], str]:
    return paragraphs(lambda line: "".join(pattern.format(ord(one)) if one.isalpha() else one for one in line))


PAGES: Mapping[str, Callable[[str], str]] = {
    "T05 letters in cells": paragraphs(words(lambda word: _cells(*word))),
    "T06 bdo": paragraphs(lambda line: f"<bdo dir=rtl>{html.escape(line[::-1])}</bdo>"),
    "T06 bidi-override": paragraphs(
        lambda line: f'<span style="unicode-bidi:bidi-override;direction:rtl">{html.escape(line[::-1])}</span>'
    ),
    "T08 decimal": _escaped("&#{};"),
    "T08 hexadecimal": _escaped("&#x{:x};"),
    "T08 no semicolon": paragraphs(lambda line: re.sub(r"[A-Za-z](?=[^0-9;]|$)", lambda m: f"&#{ord(m[0]):07d}", line)),
    "T08 soft hyphens": in_words("&shy;"),
    "T08 joiners": in_words("&zwnj;&#8203;"),
    "T08 new lines": paragraphs(lambda line: line.replace(" ", "&NewLine;")),
    "T09 comments": in_words("<!-- x -->"),
    "T09 empty elements": in_words("<b></b>"),
    "T09 wbr": in_words("<wbr>"),
    "T09 unknown elements": in_words("<unknown>"),
    "T09 spans": in_words("</span><span>"),
    "T09 cells": paragraphs(lambda line: _cells(*html.escape(line).split(" "))),
    "T10 font-size": noise('style="font-size:0"'),
    "T10 display": noise('style="display:none"'),
    "T10 visibility": noise('style="visibility:hidden"'),
    "T10 opacity": noise('style="opacity:0"'),
    "T10 white on white": noise('style="color:#fff"'),
    "T10 ink of the paper": noise('style="color:rgb(1,2,3);background-color:#010203"'),
    "T10 max-height": noise('style="display:inline-block;max-height:0;overflow:hidden"'),
    "T10 off the page": noise('style="position:absolute;left:-9999px"'),
    "T10 indented away": noise('style="display:inline-block;text-indent:-9999px;overflow:hidden"'),
    "T10 mso-hide": noise('style="mso-hide:all"'),
    "T10 hidden": noise("hidden"),
    "T10 small font": noise('size="0"', "font"),
    "T10 font colour": noise('color="white"', "font"),
    "T10 template": noise("", "template"),
    "T10 noscript": noise("", "noscript"),
    "T10 tiny": noise('style="font-size:1px"'),
    "T10 transparent": noise('style="color:transparent"'),
}  # fmt: skip


def _attribute(letter: Letter) -> str:
    return html.escape(letter.line)


def _css_text(letter: Letter) -> str:
    return letter.line.replace("\\", "\\\\").replace('"', '\\"')


def printed_by(rule: str, body: str) -> Obfuscation:
    """Return the obfuscation by a style sheet that prints the text."""
    return lambda letter: page(letter, body, f"<style>{rule.replace('%s', _css_text(letter))}</style>")


SHEETS: Mapping[str, Obfuscation] = {
    "T10 class": hidden_by_sheet(".k{display:none}"),
    "T10 class in a media query": hidden_by_sheet("@media screen{span.k{font-size:0px !important}}"),
    "T10 class below another": hidden_by_sheet("body p .k { position:absolute; left:-5000px }"),
    "T11 after": printed_by('.a::after{content:"%s"}', "<p class=a></p>"),
    "T11 before": printed_by('#b:before{text-decoration:none;content:"%s"}', "<p id=b>.</p>"),
    "T11 attribute in after": lambda letter: page(
        letter, f'<p data-t="{_attribute(letter)}"></p>', "<style>p::after{content:attr(data-t)}</style>"
    ),
    "T11 input": lambda letter: page(letter, f'<form><input value="{_attribute(letter)}" readonly></form>'),
    "T11 textarea": lambda letter: page(letter, f"<textarea>{html.escape(letter.text)}</textarea>"),
    "T11 alt": lambda letter: page(letter, f'<p>Hello</p><img src="cid:x" alt="{_attribute(letter)}">'),
    "T11 title": lambda letter: page(letter, f'<p title="{_attribute(letter)}">Hello</p>'),
    "T11 svg": lambda letter: page(letter, f"<svg width=9 height=9><text x=1>{_attribute(letter)}</text></svg>"),
    "T11 mathml": lambda letter: page(letter, f"<math><mtext>{_attribute(letter)}</mtext></math>"),
    "T11 for outlook": lambda letter: page(letter, f"<p>Hello</p><!--[if mso]><p>{_attribute(letter)}</p><![endif]-->"),
    "T11 not for outlook": lambda letter: page(
        letter, f"<p>Hello</p><!--[if !mso]><!--><p>{html.escape(letter.text)}</p><!--<![endif]-->"
    ),
}  # fmt: skip
