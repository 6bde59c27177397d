"""LibreOffice's documents."""

from __future__ import annotations

import pytest

from gateway.understand.openers.office.odf import ODF
from tests.corpus import office
from tests.support.probes.document_opener import codes, opened

ODT = {"mimetype": b"application/vnd.oasis.opendocument.text", "META-INF/manifest.xml": b"<manifest/>"}


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("Basic/Standard/Module1.xml", b"<module/>", ["document.macro"]),
        ("Basic/Standard/script-lb.xml", b"<library/>", []),
        ("Scripts/python/a.py", b"x", ["document.macro"]),
        ("content.xml", b'<event-listener href="vnd.sun.star.script:a"/>', ["document.macro"]),
        (
            "content.xml",
            b'<s:event-listener xmlns:s="s" xmlns:x="x" x:href="&#118;nd.sun.star.script:a"/>',
            ["document.macro"],
        ),
        ("META-INF/manifest.xml", b"<m:a xmlns:m='m'><m:encryption-data/></m:a>", ["container.encrypted"]),
        ("content.xml", b"<o:dde-source xmlns:o='o'/>", ["document.external"]),
        ("content.xml", b"<t:section-source xmlns:t='t' t:href='http://a.example.net/x'/>", ["document.external"]),
        ("content.xml", b"<d:object xmlns:d='d' d:href='./Object 1'/>", []),
        ("content.xml", b"<t:a xmlns:t='t' t:href='http://a.example.net/x'/>", []),
        ("content.xml", b'<!DOCTYPE a PUBLIC "-//x" "office.dtd"><a dde-="1"/>', []),
    ],
)
def test_opendocument(name: str, content: bytes, expected: list[str]) -> None:
    """Macros, their callers, encryption, DDE and what is loaded; lists of libraries and plain links are ordinary."""
    assert codes(opened(ODF, office.zipped({**ODT, name: content}))) == expected
