"""The gateway finds a file that a page puts together when it is opened, or reports that the page does so."""

from __future__ import annotations

import pytest

from gateway.understand.member import Unreadable
from gateway.understand.openers.pages import entities, gathering, property_list, scripts
from gateway.understand.openers.pages.constants import put_together
from gateway.understand.openers.pages.entities import expanded
from gateway.understand.openers.pages.gathering import gathered
from gateway.understand.openers.pages.page_octets import readings
from gateway.understand.openers.pages.property_list import PROPERTY_LIST
from tests.generated.page_shells import SHELLS
from tests.generated.page_words import HIDINGS
from tests.generated.pages import generated, passes, payload
from tests.support.probes.opener import budget, fits, opened


def test_nothing_passes() -> None:
    """Each way to hide words in each place for a script; `python -m tests.generated.pages` for more."""
    count = len(SHELLS) * len(HIDINGS)
    passed = [
        what
        for number, (what, name, content) in enumerate(generated(count, seed=20))
        if passes(name, content, payload(number))
    ]
    assert passed == []


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a\x1b(Bb", b"ab"),
        (b"a\x1b$Bb\x1b(Jc", b"abc"),
        (b"a~{b~}c~\nd", b"abcd"),
        (b"+ADw-script+AD4-", b"<script>"),
        (b"a\0b", b"ab"),
        ("<a>".encode("utf-16-le"), b"<a>"),
        (b"\xfe\xff" + "<a>".encode("utf-16-be"), b"<a>"),
    ],
)
def test_each_decoding_is_read(content: bytes, expected: bytes) -> None:
    """Escapes stand inside of words; UTF-7 and UTF-16 spell them otherwise."""
    assert expected in readings(content)


@pytest.mark.parametrize("content", [b"<p>plain", b"<p>a+Axb+AAAA/AAA" + b"x" * 300, "<p>Grüße ~ €".encode()])
def test_most_pages_have_one_reading(content: bytes) -> None:
    """Letters of base64 are no UTF-7, a tilde is no shift."""
    assert readings(content) == [content]


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (b"t=['RL','ate','cre'];x=window['U'+t[0]][t[2]+t[0x1]]", b"x=URL['create']"),
        (b"x=atob('QmxvYg==')", b"x='Blob'"),
        (b"x=unescape('%42l')+\"ob\"", b"x='Blob\""),
        (b"x=String.fromCharCode(66,0x6c,111,98)", b"'Blob'"),
        (b"x='bolB'.split('').reverse().join('')", b"x='Blob'"),
        (b"x=['ob','Bl'].reverse().join('')", b"x='Blob'"),
        (b"x='B@lo@b'.replace(/@/g,'')", b"x='Blob'"),
        (b"v='Bl',w='ob';x[v+w]", b"x['Blob']"),
        (b"v='';v+='a';f(v)", b"f(v)"),
        (b"f(x)[3]+'a'", b"f(x)[3]+'a'"),
    ],
)
def test_constants_are_put_together(program: bytes, expected: bytes) -> None:
    """Constants that are written out are put together; the rest stays as it is."""
    assert expected in put_together(program)


def test_entities_and_attributes_of_a_document_type() -> None:
    """The gateway puts them in as an XML reader does."""
    page = b"<!DOCTYPE a [<!ENTITY b '&#60;c>'><!ENTITY d '&b;e'><!ATTLIST a onload CDATA 'f'>]><a>&d;</a>"
    assert b"<a><c>e</a>" in expanded(page)
    assert b"<default onload='f'>" in expanded(page)


@pytest.mark.parametrize(("limit", "is_read"), [(101, True), (100, True), (99, False)])
def test_entities_make_a_page_only_so_long(limit: int, is_read: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred octets more."""
    monkeypatch.setattr(entities, "MAX_GROWTH_BYTES", limit)
    page = b"<!ENTITY a '" + b"x" * 50 + b"'>&a;&a;"
    if is_read:
        assert expanded(page).endswith(b"x" * 100)
    else:
        with pytest.raises(Unreadable):
            expanded(page)


@pytest.mark.parametrize(("count", "is_read"), [(1, True), (2, True), (3, False)])
def test_inner_pages_are_only_so_many(count: int, is_read: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Different ones; the page itself counts as none."""
    monkeypatch.setattr(gathering, "MAX_INNER_PAGES", 2)
    page = b"".join(b"<iframe srcdoc='<script>%d</script>'>" % number for number in range(count))
    if is_read:
        assert {b"%d" % number for number in range(count)} <= set(gathered(page, budget(page)).programs)
    else:
        with pytest.raises(Unreadable):
            gathered(page, budget(page))


@pytest.mark.parametrize(("count", "is_read"), [(1, True), (2, True), (3, False)])
def test_scripts_with_two_ends_are_only_so_many(count: int, is_read: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is copied once more."""
    monkeypatch.setattr(scripts, "MAX_LONGER", 2)
    page = b"<script><!-- </script> a --> b</script>" * count
    if is_read:
        assert b"<!-- </script> a --> b" in list(scripts.scripts(page))
    else:
        with pytest.raises(Unreadable):
            list(scripts.scripts(page))


@pytest.mark.parametrize(("limit", "is_read"), [(5, True), (4, True), (3, False)])
def test_values_of_a_list_are_only_so_many(limit: int, is_read: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list itself and three values."""
    monkeypatch.setattr(property_list, "MAX_VALUES", limit)
    content = b"<plist><array><string>a</string><string>b</string><string>c</string></array></plist>"
    if is_read:
        assert opened(PROPERTY_LIST, content).members == ()
    else:
        with pytest.raises(Unreadable):
            opened(PROPERTY_LIST, content)


@pytest.mark.parametrize(
    "content", [b"bplist00junk", b"<plist><dict>", b'<!DOCTYPE plist [<!ENTITY a "b">]><plist>&a;']
)
def test_a_broken_list_is_unreadable(content: bytes) -> None:
    """Or one that declares entities."""
    assert fits(PROPERTY_LIST, content)
    with pytest.raises(Unreadable):
        opened(PROPERTY_LIST, content)
