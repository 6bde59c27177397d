"""The tokenizer: offsets as the HTML standard cuts, whatever it is fed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.message.text.html.tokens import RAW_TEXT, Tokens, attributes


def cut(html: str) -> list[tuple[str, str]]:
    return [(token.kind, html[token.start : token.end]) for token in Tokens(html)]


@pytest.mark.parametrize(
    ("html", "pieces"),
    [
        ("a<b>c</b>", ["text a", "start <b>", "text c", "end </b>"]),
        ("a < b <3 </", ["text a < b <3 </"]),
        ('<a href="x>y" b=\'>\'>z', ["start <a href=\"x>y\" b='>'>", "text z"]),
        ("<a b=c/>d", ["start <a b=c/>", "text d"]),
        ('<a b"c>d">e', ['start <a b"c>', 'text d">e']),
        ("<a b= >c", ["start <a b= >", "text c"]),
        ("<!-- a > b -->c", ["comment <!-- a > b -->", "text c"]),
        ("<!-->a", ["comment <!-->", "text a"]),
        ("<!--->a-->", ["comment <!--->", "text a-->"]),
        ("<!--a--!>b", ["comment <!--a--!>", "text b"]),
        ("<!--[if mso]><p><![endif]-->a", ["comment <!--[if mso]><p><![endif]-->", "text a"]),
        ("<![if !mso]>a<![endif]>", ["comment <![if !mso]>", "text a", "comment <![endif]>"]),
        ("<!doctype html>a", ["comment <!doctype html>", "text a"]),
        ("<?xml version='1'?>a", ["comment <?xml version='1'?>", "text a"]),
        ("</ p>a</>b", ["comment </ p>", "text a", "comment </>", "text b"]),
        ("<![CDATA[a>b]]>", ["comment <![CDATA[a>", "text b]]>"]),
        ("<style></p></STYLE >a", ["start <style>", "raw </p>", "end </STYLE >", "text a"]),
        ("<title></titles></title>", ["start <title>", "raw </titles>", "end </title>"]),
        ("<textarea></body></textarea>", ["start <textarea>", "raw </body>", "end </textarea>"]),
        ("<script><!--<script></script>--></script>a",
         ["start <script>", "raw <!--<script></script>-->", "end </script>", "text a"]),
        ("<script><!--</script>a", ["start <script>", "raw <!--", "end </script>", "text a"]),
        ("<script>'<script>'</script>a", ["start <script>", "raw '<script>'", "end </script>", "text a"]),
    ],
)  # fmt: skip
def test_cuts(html: str, pieces: list[str]) -> None:
    """The pieces are those of a browser."""
    assert [f"{kind} {source}" for kind, source in cut(html)] == pieces


@pytest.mark.parametrize(
    "html",
    ["<!-- </body>", "<p title='</body>", "<p", "<style></body>", "<title>", "<plaintext></plaintext>", "<script>",
     "<textarea></body></html>", "<?", "<!doctype", "</ ", "<script><!--<script></script>"],
)  # fmt: skip
def test_what_never_ends_is_swallowed(html: str) -> None:
    """An element that never ends swallows the text to the end of the document."""
    assert cut("a" + html)[-1] == ("swallowed", html)


def test_svg_has_no_raw_text() -> None:
    """The reader says when it is inside: a style holds elements then, and CDATA is CDATA."""
    tokens = Tokens("<style><b></style><![CDATA[>]]>x")
    tokens.foreign = True
    assert [token.kind for token in tokens] == ["start", "start", "end", "comment", "text"]


def test_attributes() -> None:
    """Names in lower case, references decoded, the first of a name."""
    assert attributes(""" ID="a&amp;b" x_y='1' hidden CLASS=q/r =z=1 id=c a = "d" """) == {
        "id": "a&b", "x_y": "1", "hidden": "", "class": "q/r", "=z": "1", "a": "d",
    }  # fmt: skip


MARKUP = st.sampled_from(
    ["<", ">", "/", "!", "--", "-", '"', "'", "=", " ", "a", "p", "<p>", "</p>", "<!--", "-->", "]]>", "<![CDATA[",
     "&lt", "\n", "\0", "é", *(f"<{name}>" for name in sorted(RAW_TEXT)), "<script>", "</script>", "</title>"]
)  # fmt: skip


@given(st.lists(MARKUP, max_size=60).map("".join))
def test_the_tokens_cover_the_document(html: str) -> None:
    """The tokens have no gap and no overlap."""
    assert "".join(source for _, source in cut(html)) == html
