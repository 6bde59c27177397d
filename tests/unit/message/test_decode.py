"""Transfer encodings and charsets, read leniently, with what was wrong."""

from __future__ import annotations

import base64
import binascii
import encodings.aliases

import pytest

from gateway.message import decode
from gateway.message.charsets import codec_name, standard_codec_name
from gateway.message.decode import decode_base64, decode_text, decode_transfer, decode_uuencode


@pytest.mark.parametrize(
    ("body", "octets"),
    [
        (b"aGVsbG8=", b"hello"),
        (b"aGVs\r\nbG8=\r\n", b"hello"),
        (b"a G\tV\ns\rbG8=\r\n\r\n", b"hello"),
        (b"aGVsbG8=====", b"hello"),
        (b"", b""),
        (b"\r\n", b""),
    ],
)
def test_well_formed_base64(body: bytes, octets: bytes) -> None:
    """Line breaks and blanks don't matter, and nothing is wrong."""
    assert decode_base64(body) == decode.Octets(octets)


@pytest.mark.parametrize(
    ("body", "octets"),
    [
        (b"aGVsbG8", b"hello"),
        (b"aGVsbG8A\r\nB", b"hello\0"),
        (b"a.G.V.s.b.G.8.=", b"hello"),
        (b"aGVs-bG8=", b"hello"),
        (b"aA==ZQ==bA==bA==bw==", b"hello"),
        (b"aGU=\r\nbGxv\r\n", b"hello"),
        (b"=aGVsbG8=", b"hello"),
        (b"aGVsbG8=\r\n____\r\na list's footer", b"hello"),
        (b"!!!", b""),
        (b"A", b""),
    ],
)
def test_base64_with_something_wrong(body: bytes, octets: bytes) -> None:
    """Decoded as far as it makes sense, and noted."""
    found = decode_base64(body)
    assert (found.octets, found.problem) == (octets, "encoding.base64")


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_the_limit_of_base64_runs(more: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Past it, runs are no longer decoded one by one."""
    monkeypatch.setattr(decode, "MAX_BASE64_RUNS", 10)
    found = decode_base64(b"aA==" * (10 // 2 + more)).octets  # each run is followed by two "="
    assert found == b"h" * min(10 // 2 + more, 6)


@pytest.mark.parametrize(
    ("body", "octets"),
    [
        (b"a=3Db", b"a=b"),
        (b"a=3db=C3=BC", b"a=b\xc3\xbc"),
        (b"soft=\r\nbreak\r\n", b"softbreak\r\n"),
        (b"bad =ZZ escape =", b"bad =ZZ escape "),
        (b"nothing", b"nothing"),
        (b"\xff=FF", b"\xff\xff"),
    ],
)
def test_quoted_printable(body: bytes, octets: bytes) -> None:
    """What is no escape stays."""
    assert decode_transfer(body, "quoted-printable").octets == octets


def uu(data: bytes, name: bytes = b"x") -> bytes:
    lines = b"".join(binascii.b2a_uu(data[at : at + 45]) for at in range(0, len(data), 45))
    return b"begin 644 " + name + b"\n" + lines + b"`\nend\n"


def test_uuencode() -> None:
    """The text around it is left out; several files are joined."""
    data = bytes(range(256))
    assert decode_uuencode(b"hello\n" + uu(data) + b"between\n" + uu(b"abc")).octets == data + b"abc"
    assert decode_uuencode(uu(data).replace(b"\n", b"\r\n")).octets == data


def test_uuencode_without_end_or_with_broken_lines() -> None:
    """Decoded as far as possible; no begin line is a problem."""
    assert decode_uuencode(b"begin 644 x\n%:&5L;&\\ \n").octets == b"hello"
    assert decode_uuencode(b"begin 644 x\n%:&5L;&\\ trailing words\n\xff\xff\n").octets.startswith(b"hello")
    assert decode_uuencode(b"nothing").problem == "encoding.uuencode"


@pytest.mark.parametrize(("more", "problem"), [(-1, ""), (0, ""), (1, "limit.uuencode")])
def test_the_limit_of_uuencoded_lines(more: int, problem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines of two octets, 17 million in 50 MiB, would take seconds and gigabytes; all files of a part count."""
    monkeypatch.setattr(decode, "MAX_UU_LINES", 10)
    body = b"begin 644 a\r\n" + b"#86)C\r\n" * 3 + b"end\r\nbegin 644 b\r\n" + b"#86)C\r\n" * (4 + more)
    found = decode_uuencode(body)
    assert (found.octets, found.problem) == (b"abc" * min(7 + more, 7), problem)


def test_uuencode_never_grows() -> None:
    """A line that lacks all but its length stands for 45 octets."""
    found = decode_uuencode(b"begin 644 a\r\n" + b"M\r\n" * 100)
    assert found.problem == "limit.uuencode"
    assert len(found.octets) < 13 + 300 + 46


@pytest.mark.parametrize("encoding", ["x-uuencode", "uuencode", "x-uue", "uue"])
def test_the_names_of_uuencode(encoding: str) -> None:
    """All that are in use."""
    assert decode_transfer(uu(b"abc"), encoding).octets == b"abc"


def test_an_unknown_encoding_changes_nothing_and_is_noted() -> None:
    """So that the octets are looked at as they are."""
    assert decode_transfer(b"abc", "base65").octets == b"abc"
    assert decode_transfer(b"abc", "base65").problem == "encoding.unknown"


@pytest.mark.parametrize(
    ("octets", "charset", "text", "codec", "problem"),
    [
        (b"abc", None, "abc", "ascii", ""),
        (b"\xc3\xbc", None, "\u00fc", "utf-8", ""),
        (b"\x93x\xfc", None, "\u201cx\u00fc", "cp1252", ""),
        (b"\x81\xfc", None, "\x81\u00fc", "latin-1", ""),
        (b"\xfc", "ISO-8859-1", "\u00fc", "latin_1", ""),
        (b"\xc3\xbc", "utf-8", "\u00fc", "utf-8", ""),
        (b"\xfc", "utf-8", "\u00fc", "cp1252", "charset.undecodable"),
        (b"\xfc", "x-nobody-knows", "\u00fc", "cp1252", "charset.unknown"),
        (b"\xd6\xd0", "gb2312", "\u4e2d", "gb18030", ""),
        (b"+AGI-", "utf-7", "b", "utf_7", ""),
        (b"+2AA-", "utf-7", "\ufffd", "utf_7", ""),
    ],
)
def test_text(octets: bytes, charset: str | None, text: str, codec: str, problem: str) -> None:
    """The declared charset, else UTF-8, else Windows-1252, else latin-1; never half characters."""
    found = decode_text(octets, charset)
    assert (found.text, found.problem) == (text, problem)
    assert found.codec.replace("_", "-").replace("iso8859-1", "latin-1").replace("utf8", "utf-8") == codec.replace(
        "_", "-"
    )


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


def test_every_charset_reads_any_octets() -> None:
    """No codec of the table raises what isn't caught."""
    for name in {*encodings.aliases.aliases, *encodings.aliases.aliases.values()}:
        assert isinstance(decode_text(bytes(range(256)), name).text, str)


def test_writing_uses_the_standard_not_its_superset() -> None:
    """What is declared as GB2312 is read by GB18030 and written by GB2312."""
    assert (codec_name("gb2312"), standard_codec_name("gb2312")) == ("gb18030", "gb2312")


def test_large_base64_is_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """A well-formed body is decoded at one go, however many lines it has."""
    calls: list[int] = []
    real = binascii.a2b_base64
    monkeypatch.setattr(decode.binascii, "a2b_base64", lambda data: calls.append(len(data)) or real(data))
    assert len(decode_base64(base64.encodebytes(b"x" * 100_000)).octets) == 100_000
    assert len(calls) == 1
