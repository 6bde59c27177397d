"""Addresses of other hosts in a page."""

from __future__ import annotations

import pytest

from gateway.understand.openers.pages import links

LOADED, PROGRAM = ("link.loaded",), ("link.program",)


@pytest.mark.parametrize(
    "tag",
    [
        rb'<a href="\\srv01\share\a.docx">',
        rb'<a href="file://srv01.corp.local/share">',
        rb'<a href="file://10.1.2.3/x">',
        rb'<img src="file:///C:\Users\a\x.png">',
        rb'<img src="//cdn.example.com/a.png">',
        rb'<a href="ms-word:ofe|u|https://firm.sharepoint.com/a.docx">',
        rb'<a href="https://example.com/search:query">',
        rb"<p>See file://evil.example.net/s</p>",
    ],
)
def test_ordinary_addresses(tag: bytes) -> None:
    """Shares of the firm's own, the web, programs that open documents, text."""
    assert list(links.links(tag)) == []


@pytest.mark.parametrize(("limit", "codes"), [(3, LOADED), (2, LOADED), (1, ())])
def test_addresses_are_only_so_many(limit: int, codes: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one is it."""
    monkeypatch.setattr(links, "MAX_ADDRESSES", limit)
    page = rb'<html><img src="a"><img src="\\evil.example.net\s">'
    assert tuple(one.code for one in links.links(page)) == codes
