"""Python's codecs for the charset names that messages declare.

Names are looked up in a table made at import, never by `codecs.lookup`: that would import modules by the sender's
words, remember every unknown name for ever, and offer codecs that are no charsets or take quadratic time.
"""

from __future__ import annotations

import encodings
import encodings.aliases
import pkgutil
from functools import lru_cache

#: Codecs that turn text or octets into something else, or whose time grows with the square of the length.
_NO_CHARSETS = {
    *("base64_codec", "bz2_codec", "hex_codec", "quopri_codec", "rot_13", "uu_codec", "zlib_codec"),
    *("idna", "punycode", "raw_unicode_escape", "unicode_escape"),
    *("aliases", "charmap", "mbcs", "oem", "undefined"),
}

#: Names seen in mail that Python doesn't know, and charsets whose senders write a superset of what they declare.
_BY_HAND = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x_gbk": "gb18030",
    "gb_2312_80": "gb18030",
    "euc_kr": "cp949",
    "ks_c_5601_1987": "cp949",
    "shift_jis": "cp932",
    "x_sjis": "cp932",
    "windows_874": "cp874",
    "iso_8859_8_i": "iso8859_8",
    "iso_8859_8_e": "iso8859_8",
    "iso_8859_6_i": "iso8859_6",
    "utf8mb4": "utf-8",
    "unicode_1_1_utf_7": "utf_7",
    "unicode_1_1_utf_8": "utf-8",
    "x_mac_roman": "mac_roman",
    "macintosh": "mac_roman",
    "windows_949": "cp949",
    "x_windows_949": "cp949",
    "windows_31j": "cp932",
    "iso_10646_ucs_2": "utf_16_be",
    "ucs_2": "utf_16_be",
    "unicode": "utf_16",
    "x_user_defined": "latin-1",
}


def _table() -> dict[str, str]:
    modules = {module.name for module in pkgutil.iter_modules(encodings.__path__) if module.name[0] != "_"}
    table = {name: name for name in modules} | encodings.aliases.aliases
    return {name: codec for name, codec in table.items() if codec not in _NO_CHARSETS}


_STANDARD = _table()


def codec_name(charset: str) -> str | None:
    """Return the codec to read a charset with, by its name in any case or spelling; None if unknown or no charset."""
    plain = _plain(charset)
    return _BY_HAND.get(plain) or _STANDARD.get(plain)


def standard_codec_name(charset: str) -> str | None:
    """Return the codec to write a charset with: that of the charset's own standard, no superset."""
    return _STANDARD.get(_plain(charset))


def _plain(charset: str) -> str:
    if len(charset) > 80 or not charset.isascii():  # no registered name is longer than 45 characters
        return ""
    return _normalized(charset)


@lru_cache(maxsize=256)
def _normalized(charset: str) -> str:
    return encodings.normalize_encoding(charset.strip().strip("'\"")).lower()
