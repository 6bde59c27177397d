"""The HTML of a notice: what it shows, and that nothing in it can load, run, lead elsewhere or turn the text round."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from gateway.act.notices.html_alternative import html_of

TEXT = """\
It has probe.hold.
  From:     Eve <eve@outside.example>
  Subject:  Hello
  Id:       m1

What to do: if you expected this,
reply to this message.

- One thing
  that goes on.
- Another.

  mailwarden quarantine read m1
  mailwarden quarantine approve m1
"""


class Page(HTMLParser):
    """A parser that collects elements, attributes and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def test_its_form() -> None:
    """Fields are a table, items a list, commands stay on their lines, and other lines are put together."""
    page = Page(html_of("A message to you was held", TEXT))
    assert page.open == []
    assert [page.tags.count(tag) for tag in ("h1", "table", "tr", "ul", "li", "pre", "br")] == [1, 1, 3, 1, 2, 1, 1]
    assert "From Eve <eve@outside.example> Subject Hello Id m1" in page.text
    assert "if you expected this, reply to this message." in page.text
    assert "One thing that goes on. Another." in page.text


def test_paragraphs_and_lines_stay() -> None:
    """A line that ends a sentence stays a line; one that was wrapped is put together with the next."""
    made = html_of("Held", "What to do: if you expected this,\nreply.\nA reviewer decides.\n\nNobody else knows.\n")
    assert "<p><bdi>What to do: if you expected this, reply.</bdi><br><bdi>A reviewer decides.</bdi></p>" in made
    assert "<p><bdi>Nobody else knows.</bdi></p>" in made


def test_a_command_stays_whole() -> None:
    """A sentence may end inside it."""
    made = html_of("Held", "Do \x02mailwarden quarantine refuse --answer No.\nreview\x02 now.\n")
    assert "Do <code>mailwarden quarantine refuse --answer No. review</code> now." in made


def test_a_long_value_stands_in_one_cell() -> None:
    """Lines under a field's value go on it."""
    page = Page(html_of("Held", "  Warning:  Pay nothing; telephone the\n            sender.\n  Id:       m1\n"))
    assert [page.tags.count(tag) for tag in ("table", "tr", "pre")] == [1, 2, 0]
    assert "Warning Pay nothing; telephone the sender. Id m1" in page.text


def test_a_command_is_code() -> None:
    """Between two marks, also where the line ends; a backtick is a backtick."""
    made = html_of("Held", "Do \x02mailwarden quarantine\nreview\x02 or `that`.\n")
    assert "Do <code>mailwarden quarantine review</code> or `that`." in made


HOSTILE = [
    "<script>alert(1)</script><img src=http://evil.example/x.png onerror=x>",
    '"><a href="javascript:x">click</a><style>*{display:none}</style>',
    "</td></table></body><iframe src=//evil.example>",
    "&lt;script&gt;&#x3c;b&#x3e; &amp;quot;",
    "\u202eexe.gpj\u2066\u2069\u200f\u200b\x1b[2J\x00",
    "\u05d0\u05d1\u05d2 123 \u0627\u0628",
    "]]><!--",
    "<" * 200_000,
]


@pytest.mark.parametrize(
    "subject", HOSTILE, ids=["script", "link", "end", "entities", "bidi", "rtl", "comment", "200 KB"]
)
def test_a_hostile_subject_is_text(subject: str) -> None:
    """No element, attribute or address of its own; misleading characters are written out, and it is isolated."""
    page = Page(html_of(f"Released: {subject}", f"Words\n  Subject:  {subject}\n\n{subject}\n"))
    assert set(page.tags) <= {"html", "head", "meta", "title", "body", "h1", "p", "table", "tr", "td", "bdi"}
    assert page.attributes <= {"lang", "charset", "style"}
    assert page.open == []
    assert not set("\u202e\u2066\u2069\u200f\u200b\x1b\x00") & set(page.text)
    if subject.startswith(("<script", '"><a', "</td", "&lt;", "]]>", "\u05d0")):
        assert page.text.count(subject) == 4
    for data in page.texts:
        assert len(data) < 200_100
