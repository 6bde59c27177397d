"""Scripts gathered from a page."""

from __future__ import annotations

import pytest

from gateway.understand.openers.pages.gathering import gathered
from tests.corpus.wrapping import letters
from tests.support.probes.opener import budget


@pytest.mark.parametrize(
    "written",
    [
        b"<script>one</script>",
        b"<SCRIPT type=x>one</SCRIPT >",
        b"<svg:script>one</svg:script>",
        b"<script>one",
        b"<p onclick='one'>",
        b'<body onload = "one">',
        b"<svg/onload=one>",
        b'<a href="javascript:one">',
        b'<a href="javascript:%6fne">',
        b'<p onclick="&#111;ne">',
        b'<iframe srcdoc="&lt;script&gt;one&lt;/script&gt;">',
        b"<iframe srcdoc=&lt;script&#62;one&lt;/script&gt;>",
        b'<a href="java&#9;script&colon;one">',
        b'<a href="\x01 &#106;avascript:one">',
        b"<set attributeName=href to='javascript:one'>",
        b'<iframe src="data:text/html,<script>one</script>">',
        b"<iframe src=data:text/html;base64,%b>" % letters(b"<script>one</script>"),
        b'<embed src="data:image/svg+xml,%3Csvg%20onload=one%3E">',
        b'<script src="data:text/javascript,one">',
    ],
)
def test_where_scripts_stand(written: bytes) -> None:
    """Elements, handlers, links, and pages in attributes and in URIs."""
    assert {one for one in gathered(b"<html>" + written, budget()).programs if one} == {b"one"}
