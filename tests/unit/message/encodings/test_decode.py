"""Transfer encodings and charsets, read leniently, with what was wrong."""

from __future__ import annotations

import base64
import binascii
import encodings.aliases
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.message.encodings import base64_text, decode, quoted_printable, uuencode
from gateway.message.encodings.decode import decode_base64, decode_text, decode_transfer, decode_uuencode


def wrapped(octets: bytes, width: int = 76) -> bytes:
    letters = base64.b64encode(octets)
    return b"".join(letters[at : at + width] + b"\r\n" for at in range(0, len(letters), width))


@pytest.mark.parametrize(
    ("body", "octets"),
    [
        (b"aGVsbG8=", b"hello"),
        (b"aGVs\r\nbG8=\r\n", b"hello"),
        (b" aGVs \t\nbG8=\r\n\r\n", b"hello"),
        (b"\r\naGVs\rbG8=\r\n", b"hello"),
        (b"aGVsbG8=====", b"hello"),
        (b"", b""),
        (b"\r\n", b""),
        (wrapped(b"x" * 500, 60), b"x" * 500),
    ],
)
def test_well_formed_base64(body: bytes, octets: bytes) -> None:
    """Line breaks and blanks around lines don't matter, and nothing is wrong."""
    found = decode_base64(body)
    assert (found.octets, found.problem in ("", "encoding.base64_lines")) == (octets, True)


FOOTER = b"____\r\nTo unsubscribe, write to list@x.test\r\nSincerely\r\n"


@pytest.mark.parametrize(
    ("body", "octets", "problem"),
    [
        (b"aGVsbG8", b"hello", "end"),
        (b"aGVsbG8A\r\nB", b"hello\0", "cut"),
        (b"A", b"", "cut"),
        (b"a.G.V.s.b.G.8.=", b"hello", "foreign"),
        (b"aGVs-bG8=", b"hello", "foreign"),
        (b"!!!", b"", "foreign"),
        (b"!!!! ~~~~\r\naGVsbG8=", b"hello", "foreign"),
        (b"aA==ZQ==bA==.bA==bw==", b"hello", "foreign"),
        (b"aGVs\0bG8=", b"hello", "foreign"),
        (b"aA==ZQ==bA==bA==bw==", b"hello", "padding"),
        (b"aGU=\r\nbGxv\r\n", b"hello", "padding"),
        (b"=aGVsbG8=", b"hello", "padding"),
        (b"====\r\naGVsbG8=", b"hello", "padding"),
        (b"a G\tV\ns\rbG8=\r\n\r\n", b"hello", "blanks"),
        (b"aGVsbG8=\r\n" + FOOTER, b"hello", "trailer"),
        (b"aGVsbG8h\r\n" + FOOTER, b"hello!", "trailer"),
        (wrapped(b"x" * 100, 6), b"x" * 100, "lines"),
        (wrapped(b"x" * 100, 77), b"x" * 100, "lines"),
        (wrapped(b"x" * 100, 5000), b"x" * 100, "lines"),
        (b"aGVs\r\nbG8haGVs\r\nbG8h", b"hello!hello!", "lines"),
    ],
)
def test_base64_with_something_wrong(body: bytes, octets: bytes, problem: str) -> None:
    """Decoded as far as it makes sense, and noted."""
    found = decode_base64(body)
    assert (found.octets, found.problem) == (octets, f"encoding.base64_{problem}")


@pytest.mark.parametrize("letters", [59, 60, 61])
def test_more_base64_behind_foreign_lines_is_no_footer(letters: int) -> None:
    """Whole lines of its letters count, from a line's length on."""
    found = decode_base64(wrapped(b"x" * 300) + b"....\r\n" + b"A" * letters)
    assert found.problem == ("encoding.base64_trailer" if letters < 60 else "encoding.base64_foreign")


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_the_limit_of_base64_runs(more: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Past it, runs are no longer decoded one by one."""
    monkeypatch.setattr(base64_text, "MAX_BASE64_RUNS", 10)
    found = decode_base64(b"aA==" * (10 // 2 + more)).octets  # each run is followed by two "="
    assert found == b"h" * min(10 // 2 + more, 6)


@pytest.mark.parametrize(
    ("body", "octets"),
    [
        (b"a=3Db", b"a=b"),
        (b"a=3db=C3=BC", b"a=b\xc3\xbc"),
        (b"soft=\r\nbreak\r\n", b"softbreak\r\n"),
        (b"bad =ZZ escape =", b"bad =ZZ escape "),
        (b"==41==", b"=A="),
        (b"blank= \r\nbehind=\t\r\nit", b"blankbehindit"),
        (b"lone=\rCR=\nLF", b"loneCRLF"),
        (b"nothing", b"nothing"),
        (b"\xff=FF", b"\xff\xff"),
    ],
)
def test_quoted_printable(body: bytes, octets: bytes) -> None:
    """Text that is no escape stays."""
    assert decode_transfer(body, "quoted-printable").octets == octets


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"a=3Db soft=\r\nbreak=\nlower=c3=bc\r\nend=", ""),
        (b"a=b and c=", "encoding.qp_escape"),
        (b"====================20\r\n" * 10, "encoding.qp_escape"),
        (b'<a href="x?a=yes&b=no">' * 10, "encoding.qp_escape"),
        (b"=5=35" * 3, "encoding.qp_escape"),
        (b"=5=35" * 4, "encoding.qp_escapes"),
        (b"a==35" * 4, "encoding.qp_escapes"),
        (b"=0x=35" * 4, "encoding.qp_escapes"),
        (b"=@=35" * 4, "encoding.qp_escapes"),
        (b"=\t=35" * 4, "encoding.qp_escapes"),
        (b"=3\r\n5" * 4, "encoding.qp_escapes"),
        (b"=3=\r\n5" * 4, "encoding.qp_escapes"),
        (b"a= \r\nb", "encoding.qp_soft_break"),
        (b"a=\rb", "encoding.qp_soft_break"),
        (b"a=\r\n\r\nb", "encoding.qp_layout"),
        (b" =41=\r\n =42", "encoding.qp_layout"),
        (b"a\xaab=41", "encoding.qp_raw"),
        (b"a\xaab", "encoding.qp_raw"),
    ],
)
@pytest.mark.parametrize("looked_at", [0, 1000])
def test_quoted_printable_with_something_wrong(
    body: bytes, problem: str, looked_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few bad escapes are accidents; many that double or hide an octet are none."""
    monkeypatch.setattr(quoted_printable, "LOOKED_AT_BYTES", looked_at)
    if looked_at or problem != "encoding.qp_layout":
        assert decode_transfer(body, "quoted-printable").problem == problem


def test_a_line_lost_behind_a_lone_cr_is_not_made_up_for_by_bad_escapes() -> None:
    """Octets that binascii leaves out and such that it leaves in may be as many."""
    body = b"=41" * 200_000 + b"=\rXYZ\n" + b"=Q" * 2
    assert decode_transfer(body, "quoted-printable").problem == "encoding.qp_escape"
    assert b"XYZ" in decode_transfer(body, "quoted-printable").octets


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
    monkeypatch.setattr(uuencode, "MAX_UU_LINES", 10)
    body = b"begin 644 a\r\n" + b"#86)C\r\n" * 3 + b"end\r\nbegin 644 b\r\n" + b"#86)C\r\n" * (4 + more)
    found = decode_uuencode(body)
    assert (found.octets, found.problem) == (b"abc" * min(7 + more, 7), problem)


def test_uuencode_grows_no_further_than_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that lacks all but its length stands for 45 octets."""
    monkeypatch.setattr(uuencode, "GROWN_BYTES", 0)
    found = decode_uuencode(b"begin 644 a\r\n" + b"M\r\n" * 100)
    assert found.problem == "limit.uuencode"
    assert len(found.octets) < 13 + 300 + 46


@pytest.mark.parametrize("encoding", ["x-uuencode", "uuencode", "x-uue", "uue"])
def test_the_names_of_uuencode(encoding: str) -> None:
    """All that are in use."""
    assert decode_transfer(uu(b"abc"), encoding).octets == b"abc"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"Good morning.\r\n", "encoding.odd"),
        (b"", "encoding.odd"),
        (b"aGVsbG8=", "encoding.unknown"),
        (b"Look:\r\n" + b"A" * 60 + b"\r\n", "encoding.unknown"),
        (b"caf=E9, he said", "encoding.unknown"),
        (b"x\r\nbegin 644 a\r\n", "encoding.unknown"),
    ],
)
def test_an_unknown_encoding_changes_nothing_and_is_noted(body: bytes, problem: str) -> None:
    """It matters where the body may be encoded; "8bits" above plain text is somebody's mistake."""
    found = decode_transfer(body, "base65")
    assert (found.octets, found.problem) == (body, problem)


@pytest.mark.parametrize("encoding", ["x-gzip64", "x-uuencode", "x-binhex40", "x-yenc"])
def test_rare_encodings_are_noted(encoding: str) -> None:
    """So that the body is looked at as it stands, too: it may name the file."""
    bodies = {
        "x-gzip64": b"H4sIAAAA",
        "x-uuencode": uu(b"abc"),
        "x-yenc": b"=ybegin line=9 size=1 name=a\r\n+\r\n=yend\r\n",
    }
    assert decode_transfer(bodies.get(encoding, b":"), encoding).problem == "encoding.rare"


def test_every_problem_has_a_class() -> None:
    """One of the four."""
    assert set(decode.DEFECTS.values()) <= {"ambiguous", "malformed", "limit", "note"}


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
        (b"\xff\xfeb\0", "utf-16", "b", "utf-16", ""),
        (b"b\0", "utf-16le", "b", "utf-16-le", ""),
        (b'\x1b$B$"\x1b(B', "iso-2022-jp", "\u3042", "iso2022-jp", ""),
        (b"~{VP~}", "hz-gb-2312", "\u4e2d", "hz", ""),
        (b"\x82", "IBM500", "b", "cp500", ""),
        (b"\x82", "cp037", "b", "cp037", ""),
        (b"\xfc", "x-user-defined", "\u00fc", "latin-1", ""),
    ],
)
def test_text(octets: bytes, charset: str | None, text: str, codec: str, problem: str) -> None:
    """The declared charset, else UTF-8, else Windows-1252, else latin-1; never half characters."""
    found = decode_text(octets, charset)
    assert (found.text, found.problem) == (text, problem)
    assert found.codec.replace("_", "-").replace("iso8859-1", "latin-1").replace("utf8", "utf-8") == codec.replace(
        "_", "-"
    )


def test_every_charset_reads_any_octets() -> None:
    """No codec of the table raises what isn't caught."""
    for name in {*encodings.aliases.aliases, *encodings.aliases.aliases.values()}:
        assert isinstance(decode_text(bytes(range(256)), name).text, str)


def test_large_base64_without_its_padding_is_few_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Almost well-formed text is decoded at one go too, however many lines it has."""
    calls: list[int] = []
    real = binascii.a2b_base64

    def counted(data: bytes) -> bytes:
        calls.append(len(data))
        return real(data)

    monkeypatch.setattr(binascii, "a2b_base64", counted)
    assert len(decode_base64(base64.encodebytes(b"x" * 100_000).replace(b"=", b"")).octets) == 100_000
    assert len(calls) == 2


_PIECES = st.sampled_from([b"A", b"b/9+", b"=", b"==", b"\r\n", b"\n", b"\r", b" ", b"\t", b"-", b"\0", b"\xff"])


@given(
    octets=st.binary(max_size=300),
    width=st.sampled_from([4, 60, 75, 76, 80]),
    line_break=st.sampled_from([b"\r\n", b"\n", b"\r", b" \r\n"]),
    changes=st.lists(st.tuples(st.integers(0, 500), st.integers(0, 2), st.lists(_PIECES).map(b"".join)), max_size=3),
)
def test_well_formed_base64_is_decoded_as_any_other_is(
    octets: bytes, width: int, line_break: bytes, changes: list[tuple[int, int, bytes]]
) -> None:
    """The quick way for even lines of base64 and nothing else gives what the lenient one would, defect and all."""
    letters = base64.b64encode(octets)
    body = line_break.join(letters[at : at + width] for at in range(0, len(letters), width))
    for at, dropped, added in changes:
        body = body[:at] + added + body[at + dropped :]
    assert decode_base64(body) == base64_text._decode_leniently(body)


def test_begin_lines_without_an_end_cost_little() -> None:
    """Each begins a file in the one before; of 100 KB a million lines were read, which takes 1.5 seconds."""
    text = b"begin 644 a\r\n" * 8_000
    began = time.process_time()
    assert decode_uuencode(text).problem == "limit.uuencode"
    assert time.process_time() - began < 0.5


def test_many_files_in_one_part_are_read_whole() -> None:
    """Each in both readings, with lines whose lengths are wrong."""
    text = b"begin 644 a\n" + b"#0V%T!\n%0V%T\n" * 1_500 + b"`\nend\n"
    found = decode_uuencode(text * 10)
    assert not found.problem
    assert found.octets.count(b"Cat") == 45_000
