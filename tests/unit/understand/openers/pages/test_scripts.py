"""Places of scripts in a page, and strings that they add."""

from __future__ import annotations

import pytest

from gateway.understand.openers.pages.scripts import joined, scripts


@pytest.mark.parametrize("written", [b"<p>&lt;script&gt;one&lt;/script&gt;", b"<p>once = 'one'", b"<pre>onload</pre>"])
def test_where_no_scripts_stand(written: bytes) -> None:
    """Code that is shown."""
    assert [one for one in scripts(written) if b"script" in one or b"load" in one] == []


def test_strings_that_are_added() -> None:
    """Become one."""
    assert joined(b"'a' + \"b\" +'c'.concat('d')+('e')") == b"'abcde')"


@pytest.mark.parametrize(
    "before",
    [
        b"<!--<script>\n//</script>\n",
        b"<!--<SCRIPT/x>\n//</script>\n<script></script >\n",
        b"<!-- a <script>\n//</script>\n//-->\n",
    ],
)
def test_end_tags_that_end_no_script(before: bytes) -> None:
    """Browsers take no notice of one behind a comment that opens a script."""
    assert any(b"evil()" in one for one in scripts(b"<script>%bevil()</script><p>shown" % before))
    assert all(b"shown" not in one for one in scripts(b"<script>%bevil()</script><p>shown" % before))
