"""Broken HTML by the thousand, to see whether a text at one of our places is seen in a browser's tree.

Tags are thrown together at random; or a sound document loses, gains and swaps some, and then characters. Deterministic.
`python -m tests.generated.html_soup --count N` prints how many documents and places there were, and each place that is
not seen.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from gateway.message.text.written import Written, written_html
from tests.support.probes.browser import times_visible

#: What is put in; it says itself that it has a size, and is to be seen.
WORDS = "Registered office: 1 High Street"

PLAIN = (
    "div", "p", "b", "i", "a href=x", "font color=red", "span", "table", "tr", "td", "th", "tbody", "caption", "ul",
    "li", "ol", "dl", "dd", "dt", "h1", "h2", "center", "blockquote type=cite", "pre", "form", "nobr", "button",
    "object", "ruby", "rt", "menu", "marquee", "applet", "main", "section", "fieldset", "label", "u", "code",
    "colgroup",
)  # fmt: skip
HIDING = (
    "div hidden", "span style='display:none'", "b hidden", "p style='display:none'", "a hidden href=x", "td hidden",
    "tr style='display:none'", "table hidden", "li hidden", "template", "template shadowrootmode=open", "select",
    "option", "noscript", "details", "dialog", "svg", "math", "foreignObject", "desc", "mi", "annotation-xml", "rp",
    "object hidden", "form hidden", "button hidden", "font hidden color=x", "div style='opacity:0'", "nobr hidden",
    "i style='max-height:0;overflow:hidden'", "h1 hidden", "marquee hidden", "audio", "optgroup", "mglyph",
)  # fmt: skip
RAW = ("style", "title", "textarea", "script", "xmp", "iframe", "noembed", "noframes", "plaintext")
ALONE = (
    "text", " ", "\n", "&nbsp;", "<br>", "<hr>", "<img src=x>", "<input>", "<col>", "<!-- c -->", "<!--", "<p title='",
    "'>", "</br>", "</p ", "<![CDATA[", "]]>", "<?x>", "<path/>", "<image>", "<body>", "</body>", "</html>", "<html>",
    "<head>", "</head>", "<frameset>", "<body style='display:none'>", "<html hidden>", "\x00", "<!doctype html>", "<a ",
)  # fmt: skip
#: What breaks the tokens of a document.
CHARACTERS = "<>!-/\"'= abdipstx&;#\n\t\x0c\x00?]["
MARKS = (
    "<!-->", "--!>", "<!--->", "</", "<a/", "</script>", "<script><!--<script>", "<![CDATA[", "<!doctype", "<?", "</>",
    "<//p>", "<p/>", "<div hidden/>", "<svg/>", "<b hidden/>", '<p hidden="', "&lt;", "<body hidden", "<template>",
    "</template>",
)  # fmt: skip
#: Shares of plain elements, hiding ones, raw ones and pieces that stand alone.
_SHARES = (45, 25, 5, 25)


@dataclass(frozen=True, slots=True)
class Miss:
    """A place at which nothing is seen."""

    html: str
    place: str


def documents(count: int, seed: int = 1) -> Iterator[str]:
    """A third of them soup, a third sound ones whose pieces were broken, a third such whose characters were too."""
    random = Random(seed)
    for number in range(count):
        if number % 3 == 0:
            yield "".join(_piece(random) for _ in range(random.randrange(1, 25)))
            continue
        html = "".join(_broken(random, list(_sound(random, random.randrange(1, 12)))))
        yield html if number % 3 == 1 else _mangled(random, html)


def misses(html: str) -> Iterator[Miss]:
    """Yield the places of one document at which inserted words can't be seen."""
    found = written_html(html)
    for name, at in places(found).items():
        before = found.end_prefix if at == found.end else ""
        amended = f"{html[:at]}{before}<div style='visibility:visible;font-size:13px'>{WORDS}</div>{html[at:]}"
        if not times_visible(amended, WORDS):
            yield Miss(html, name)


def places(found: Written) -> dict[str, int]:
    """Those that are known."""
    every = {"top": found.top, "above_quote": found.above_quote, "end": found.end}
    return {name: at for name, at in every.items() if at is not None}


def _piece(random: Random) -> str:
    kind = random.choices((PLAIN, HIDING, RAW, ALONE), _SHARES)[0]
    piece = random.choice(kind)
    if kind is ALONE:
        return piece
    return f"</{piece.split()[0]}>" if random.random() < 0.45 else f"<{piece}>"


def _sound(random: Random, size: int) -> Iterator[str]:
    """Elements inside each other and beside each other, all closed."""
    while size > 0:
        inside = random.randrange(size)
        tag = random.choice(random.choices((PLAIN, HIDING, RAW), (60, 30, 10))[0])
        yield f"<{tag}>"
        yield "text"
        yield from _sound(random, inside)
        yield f"</{tag.split()[0]}>"
        size -= inside + 1


def _broken(random: Random, pieces: list[str]) -> list[str]:
    for _ in range(random.randrange(4)):
        at = random.randrange(len(pieces))
        match random.randrange(4):
            case 0:
                pieces[at] = ""
            case 1:
                pieces.insert(at, _piece(random))
            case 2:
                pieces.insert(at, random.choice(pieces))
            case _:
                other = random.randrange(len(pieces))
                pieces[at], pieces[other] = pieces[other], pieces[at]
    return pieces


def _mangled(random: Random, html: str) -> str:
    for _ in range(random.randrange(1, 5)):
        at = random.randrange(len(html) + 1)
        behind = at + random.choice((0, 0, 1, 2, 3))
        html = html[:at] + random.choice((*CHARACTERS, *MARKS, "")) + html[behind:]
    return html


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    known = missed = 0
    for html in documents(asked.count, asked.seed):
        known += len(places(written_html(html)))
        for miss in misses(html):
            missed += 1
            print(f"{miss.place}: {miss.html!r}")
    print(f"{asked.count} documents, {known} places, {missed} at which nothing is seen")


if __name__ == "__main__":
    main()
