"""Names of charsets in any spelling."""

from __future__ import annotations

import pytest

from gateway.message.encodings.charsets import codec_name, standard_codec_name


@pytest.mark.parametrize(
    "name", ["utf-8", "UTF8", " Utf-8 ", '"utf-8"', "iso-8859-1", "windows-1252", "shift_jis", "ks_c_5601-1987"]
)
def test_charsets_in_any_spelling(name: str) -> None:
    """They have a codec."""
    assert codec_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "rot13",
        "base64",
        "zlib",
        "idna",
        "punycode",
        "unicode_escape",
        "undefined",
        "../x",
        "a\0b",
        "\u00e9",
        "x" * 200,
        "charmap",
    ],
)
def test_what_is_no_charset(name: str) -> None:
    """Codecs that do something else, slow ones, and nonsense."""
    assert codec_name(name) is None


def test_writing_uses_the_standard_not_its_superset() -> None:
    """Text declared as GB2312 is read as GB18030 and written as GB2312."""
    assert (codec_name("gb2312"), standard_codec_name("gb2312")) == ("gb18030", "gb2312")
