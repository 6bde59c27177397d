"""Laws of the view: any octets have one, in linear time, and whatever is folded leads back into the text."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.message.folding.folding import fold
from gateway.message.folding.layers import Folded
from gateway.message.mime.parse import parse
from gateway.understand.sandbox.passage_frames import as_frame, of_frame

settings.register_profile("text", deadline=None)  # nothing here is measured
settings.load_profile("text")

#: What disguises are made of.
PIECES = [
    *(
        "bank",
        "details",
        " ",
        "  ",
        "\n",
        "\r\n",
        "\n\n",
        "\t",
        "\u00a0",
        "\u2028",
        "b a n k",
        "b.a.n.k",
        "b4nk",
        "1",
        "I",
    ),
    *(
        "\u200b",
        "\u202e",
        "\u202c",
        "\u0336",
        "\u0301",
        "\u0430",
        "ß",
        "ﬁ",
        "½",
        "İ",
        "\U0001d41b",
        "\U000e0041",
        "\ufdfa",
    ),
    *(
        "payrnent",
        "detaiIs",
        "acount",
        "\u0667",
        "\u3164",
        "xx12",
        "GB29",
        "@",
        "$",
        "|",
        "\x00",
        "\ud800",
        "é",
        "И",
        "銀",
    ),
]
texts = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=40).map("".join)

#: What pages are made of.
MARKUP = [
    *(
        "<p>",
        "</p>",
        "<b>",
        "<div style='display:none'>",
        "</div>",
        "<span style=color:white>",
        "</span>",
        "<td>",
        "<tr>",
    ),
    *("<table>", "</table>", "<style>", "</style>", ".a{display:none}", "p::after{content:'x'}", "@media screen{", "}"),
    *(
        "<!--[if mso]>",
        "<![endif]-->",
        "<!--",
        "-->",
        "<img alt=x>",
        "<input value=y>",
        "<bdo dir=rtl>",
        "<svg>",
        "</svg>",
    ),
    *(
        "<textarea>",
        "</textarea>",
        "<noscript>",
        "<template>",
        "<blockquote>",
        "<body bgcolor=#000>",
        "&lt;",
        "&#x202e;",
    ),
    *(
        "<select><option>",
        "<a title='t'>",
        "<font size=0>",
        "<plaintext>",
        "<title>",
        "class=a",
        "<p class=a>",
        "text",
        " ",
    ),
]
pages = st.lists(st.one_of(st.sampled_from(MARKUP), st.text(max_size=4)), max_size=40).map("".join)

HEADS = [
    *(b"Subject: =?utf-8?q?b=C3?=\r\n", b'From: "a" <b@c>\r\n', b"Reply-To: x (y)\r\n", b"Content-Type: text/html\r\n"),
    *(b"Content-Type: text/plain; charset=utf-7\r\n", b"Content-Type: text/plain; charset=utf-16\r\n", b"\r\n"),
    *(b"Content-Type: text/calendar\r\n", b"Content-Type: text/enriched\r\n", b"Content-Type: message/rfc822\r\n"),
    *(
        b"Content-Type: multipart/mixed; boundary=b\r\n",
        b"--b\r\n",
        b"--b--\r\n",
        b"+AGI-",
        b"\x1b(B",
        b"~{",
        b"\xff\xfe",
    ),
    *(b"Content-Transfer-Encoding: base64\r\n", b"Content-Disposition: attachment; filename=a.html\r\n", b"\xe1\xe0"),
]
messages = st.lists(
    st.one_of(st.sampled_from(HEADS), pages.map(lambda page: page.encode("utf-8", "replace")), st.binary(max_size=8)),
    max_size=20,
).map(b"".join)


def leads_back(folded: Folded, length: int) -> None:
    """Every stretch of up to five characters lies inside the text, and later ones never begin earlier."""
    before = 0
    for at in range(len(folded.text)):
        start, _ = folded.origin(at, at + 1)
        _, end = folded.origin(at, min(len(folded.text), at + 5))
        assert 0 <= before <= start <= end <= length
        before = start


@given(texts)
def test_the_way_back(text: str) -> None:
    """It lies inside the text, in the same order."""
    leads_back(fold(text), len(text))


@given(texts)
def test_whole_text(text: str) -> None:
    """The origin of the whole folded text is the whole text, but for edges that fold to nothing or to blanks."""
    folded = fold(text)
    start, end = folded.origin(0, len(folded.text))
    assert not fold(text[:start]).text.strip() or folded.text[:1].isspace()
    assert not fold(text[end:]).text.strip() or folded.text[-1:].isspace()


@given(texts)
def test_folded_text(text: str) -> None:
    """Small letters alone, white space of two kinds, each once."""
    folded = fold(text).text
    assert folded == folded.casefold()
    assert not any(one.isspace() and one not in " \n" for one in folded)
    assert "  " not in folded
    assert " \n" not in folded


@given(messages)
def test_any_octets(raw: bytes) -> None:
    """A view never raises; its passages are of its parts, say something, and lead back."""
    message = parse(raw)
    for passage in message.view.passages:
        assert passage.text.strip()
        assert message.part(passage.part) is not None
        leads_back(passage.folded, len(passage.text))


@given(pages)
def test_any_page(page: str) -> None:
    """Nor on any page."""
    raw = b"Content-Type: text/html; charset=utf-8\r\n\r\n" + page.encode("utf-8", "replace")
    for passage in parse(raw).view.passages:
        leads_back(passage.folded, len(passage.text))


@given(messages)
def test_on_the_way_from_the_sandbox(raw: bytes) -> None:
    """A passage is the same behind the sandbox."""
    for passage in parse(raw).view.passages:
        assert of_frame(*as_frame(passage)) == passage
