"""The time of a view grows in line with the size: compared between two sizes, never with a clock's limit."""

from __future__ import annotations

import time

import pytest

from gateway.message.mime.parse import parse

#: Repeated pieces that could make a reader or the folding slow, by the type of their part.
FLOODS = {
    "plain": (
        *(
            "a.",
            "a ",
            "b4",
            "aI",
            "a@",
            "+",
            "+AGI",
            "\n",
            "> ",
            "\u202e",
            "b\u0336",
            "\u0430",
            "\u200b",
            "b a n k  ",
            "~{",
        ),
    ),
    "html": (
        *("<", "<b>", "<div>", "<td>a", "<!--[if mso]>", "<!--[if mso]>a<![endif]-->", "<style>.a{color:red}</style>"),
        *(
            "<iframe srcdoc=a></iframe>",
            "<img src=data:image/svg+xml,a>",
            "<i style=mso-hide:all>a",
            "<li style='list-style:\"a\"'>",
        ),
        *("<style>*{top:0}</style><style>[a]{--a:var(--a);", "<i style=left:var(--a);--a:var(--a)>"),
        *("<p style=color:white>a", "<!--[if mso]><xml>", "&#98;", "<img alt=a>", "<bdo dir=rtl>a", "<textarea>"),
    ),
    "enriched": ("<param>", "<<", "<b>"),
    "calendar": ("SUMMARY:a\r\n b", 'SUMMARY;a="', "SUMMARY:\\n"),
}
CASES = [(kind, piece) for kind, pieces in FLOODS.items() for piece in pieces]
SMALL_BYTES = 8 * 1024


def seconds(kind: str, piece: str, octets: int) -> float:
    """The quicker of two."""
    encoded = piece.encode()
    raw = f"Content-Type: text/{kind}; charset=utf-8\r\n\r\n".encode() + encoded * (octets // len(encoded))
    times = []
    for _ in range(2):
        message = parse(raw)
        started = time.process_time()
        assert message.view.passages is not None
        times.append(time.process_time() - started)
    return min(times)


@pytest.mark.parametrize(("kind", "piece"), CASES)
def test_time_grows_in_line_with_size(kind: str, piece: str) -> None:
    """Eight times the size may take up to thirty-two times as long: a square would take sixty-four."""
    small, large = seconds(kind, piece, SMALL_BYTES), seconds(kind, piece, 8 * SMALL_BYTES)
    assert large <= 32 * max(small, 0.001)
