"""Files inside text: which formats are found, and what is none."""

from __future__ import annotations

import base64
import binascii

import pytest

from gateway.message.encodings import binhex, embedded, uuencode, yenc
from gateway.message.encodings.base64_text import ALPHABET
from gateway.message.encodings.embedded import embedded_files, holds_files, whole_file
from tests.corpus.encoders import binhexed, uuencoded, xxencoded, yencoded
from tests.corpus.payloads import STUB

DATA = bytes(range(256)) * 3


def files(text: bytes) -> list[tuple[str, bytes]]:
    assert holds_files(text)
    return [(file.name, file.octets) for file in embedded_files(text)]


# --- uuencode --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "mode",
    [
        *(
            b"6",
            b"64",
            b"644",
            b"0644",
            b"100644",
            b"0000644",
            b"999",
            b"rw-r--r--",
            b"-rw-r--r--",
            b"u=rw,go=r",
            b"0o644",
        ),
        *(b"0x1a4", b"+644", b"-", b"*", b"\xa0", b"?", b"6\t", b"  644", b"\t644", b"mode"),
    ],
)
def test_uuencode_of_any_mode(mode: bytes) -> None:
    """Digits, letters, signs: what decoders take, and what they don't look at."""
    text = b"Hello\r\n" + uuencoded(DATA, b"evil.exe").replace(b"begin 644", b"begin " + mode) + b"Bye\r\n"
    assert files(text) == [("evil.exe", DATA)]


@pytest.mark.parametrize("line", [b"begin  evil.exe", b"begin evil.exe", b"begin \tevil.exe", b"begin 644  evil.exe"])
def test_uuencode_without_a_mode(line: bytes) -> None:
    """Outlook takes two blanks and a name."""
    text = b"Hello\r\n" + uuencoded(DATA, b"evil.exe").replace(b"begin 644 evil.exe", line)
    assert files(text) == [("evil.exe", DATA)]


@pytest.mark.parametrize("data", [b"x", b"calc.exe", DATA[:20]])
def test_short_files_behind_an_odd_mode(data: bytes) -> None:
    """Their one line stands above the end."""
    assert files(uuencoded(data, b"a.bat").replace(b"644", b"rw-")) == [("a.bat", data)]


def test_uuencode_without_a_name() -> None:
    """Some decoders need none."""
    text = b"Hello\r\n" + uuencoded(DATA, b"x").replace(b"begin 644 x\r\n", b"begin 644\r\n")
    assert files(text) == [("", DATA)]


def test_several_blocks() -> None:
    """Each is a file of its own, with its own name, blanks in it and all."""
    text = uuencoded(DATA, b"a b.exe") + b"and\r\n" + uuencoded(STUB, b"c.exe")
    assert files(text) == [("a b.exe", DATA), ("c.exe", STUB)]


def test_a_block_without_end_stops_at_the_next() -> None:
    """Or at the end of the text; to some decoders it goes on."""
    text = uuencoded(DATA, b"a").replace(b"`\r\nend\r\n", b"") + uuencoded(STUB, b"b").replace(b"end\r\n", b"")
    assert files(text) == [("a", DATA), ("a", DATA + STUB), ("b", STUB)]


@pytest.mark.parametrize(
    "junk", [b"begin 644 x\r\n", b"begin\r\n", b"a line\r\n", b"A LINE\r\n", b"M\r\n", b"#!!!!!!!!!!\r\n"]
)
def test_lines_between_the_data(junk: bytes) -> None:
    """Some decoders leave them out."""
    whole = uuencoded(STUB, b"a.exe")
    at = whole.index(b"\r\n", 200) + 2
    assert ("a.exe", STUB) in files(whole[:at] + junk + whole[at:])


@pytest.mark.parametrize("data", [DATA, STUB])
def test_blanks_for_backticks_even_if_they_were_cut(data: bytes) -> None:
    """Old encoders write blanks, and mailers cut them."""
    text = uuencoded(data, b"a.exe").replace(b"`", b" ")
    assert files(text) == [("a.exe", data)]
    cut = b"\r\n".join(line.rstrip() for line in text.split(b"\r\n"))
    assert files(cut)[0] == ("a.exe", data)


def test_lines_between_begin_and_the_first_of_data() -> None:
    """Mailers put empty ones there; readers skip what is no uuencode."""
    text = uuencoded(DATA, b"a.exe").replace(b"a.exe\r\n", b"a.exe\r\n\r\nwhat a file\r\n")
    assert files(text) == [("a.exe", DATA)]


@pytest.mark.parametrize("tried", [-1, 0, 1])
def test_the_limit_of_lines_tried(tried: int) -> None:
    """So many lines that are no uuencode hide a short line of it, and so many more a long one."""
    text = b"begin 644 a\r\n" + b"not me\r\n" * (uuencode.LINES_TRIED - 1 + tried) + b"#86)C\r\n"
    assert len(list(embedded_files(text))) == (tried <= 0)
    lines = b"a\r\n" + b"not me\r\n" * (uuencode.LINES_SEARCHED - 1 + tried)
    assert len(list(embedded_files(uuencoded(DATA, b"a").replace(b"a\r\n", lines, 1)))) == (tried <= 0)


def test_xxencode_and_begin_base64() -> None:
    """The same frame, other alphabets."""
    assert files(xxencoded(DATA, b"a.exe")) == [("a.exe", DATA)]
    base = b"begin-base64 644 b.exe\r\n" + base64.encodebytes(DATA) + b"====\r\n"
    assert files(b"Hello\r\n" + base + base) == [("b.exe", DATA)] * 2
    assert files(base.replace(b"====\r\n", b"")) == [("b.exe", DATA)]
    named = base.replace(b"begin-base64 644 b.exe", b"begin-base64-encoded 644 " + base64.b64encode(b"c.exe"))
    assert files(named) == [("c.exe", DATA)]


@pytest.mark.parametrize(
    "text",
    [
        b"Please begin 644 files now.\r\n",
        b"To do so, write\r\nbegin 644 name\r\nand then the data, and at last\r\nend\r\n",
        b"begin 644 permissions on all files of the server, please.\r\nThen tell me. Thanks\r\n",
        b"begin 644 x\r\n",
        b"begin 644 x\r\n\r\nend\r\n",
        b"begin reading at page 12\r\n",
        b"begin 2024 with a plan:\r\n1. BUY\r\n2. SELL\r\n",
        b"we will\r\nbegin 2024 with\r\n#1234\r\n#5678\r\n\r\nBest\r\n",
        b"begin 2024\r\n\r\nMONDAY\r\nTUESDAY\r\nWEDNESDAY\r\n",
        b"begin transaction;\r\nSELECT 1;\r\nend\r\n",
        b"begin (* Pascal *)\r\n  X := 1;\r\nend\r\n",
        b"begin \r\nA\r\nend\r\n",
        b"begin IMPORTANT NOTICE\r\nALL STAFF MUST READ THIS TEXT IN CAPITAL LETTERS, WHICH GOES ON AND ON\r\n",
        b"begin-base64 is a format of uuencode.\r\nIt is rare.\r\n",
        b"begin forwarded message:\r\n\r\nFrom: A\r\n",
        b"beginning\r\n",
        b"The =ybegin line names the file.\r\n",
        b"=ybegin is the first line\r\n",
        b"A file converted with BinHex begins so:\r\nthen comes the data: lots of it: really\r\n",
        b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\r\nis the check sum\r\n",
        b"Donaudampfschifffahrtsgesellschaft\r\nis a long word\r\n",
        b"abcdefghijklmnopqrstuvwxyz\r\n",
    ],
)
def test_prose_holds_no_file(text: bytes) -> None:
    """Even if it speaks of one, or begins a line as one would."""
    assert list(embedded_files(text)) == []


@pytest.mark.parametrize(("more", "may"), [(-1, False), (0, False), (1, True)])
def test_a_text_with_many_begin_lines_may_hold_a_file(more: int, may: bool) -> None:
    """The search for files in such a text is left to a place where time doesn't matter."""
    text = b"begin x\r\n" * (uuencode.MAX_BEGINS + more)
    assert holds_files(text) is may
    assert list(embedded_files(text)) == []


def test_a_limit_of_uuencode_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cut file carries the limit's sentence."""
    monkeypatch.setattr(uuencode, "MAX_UU_LINES", 3)
    assert [file.what for file in embedded_files(uuencoded(DATA, b"a"))] == ["there is more uuencode than is read"]


# --- yEnc ------------------------------------------------------------------------------------------------------------


def test_yenc() -> None:
    """Every octet comes back, and the name may have blanks."""
    assert files(b"Hello\r\n" + yencoded(DATA, b"my evil.exe") + b"Bye\r\n") == [("my evil.exe", DATA)]
    assert files(yencoded(DATA, b"a") + yencoded(STUB, b"b")) == [("a", DATA), ("b", STUB)]
    assert files(yencoded(DATA, b"a").partition(b"=yend")[0]) == [("a", DATA)]


@pytest.mark.parametrize("piece", [1, 2, 3, 64])
def test_yenc_in_pieces(piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """An escape is never cut in two."""
    monkeypatch.setattr(yenc, "PIECE_BYTES", piece)
    assert files(yencoded(bytes((214, 19, 227, 224)) * 50, b"a")) == [("a", bytes((214, 19, 227, 224)) * 50)]


def test_one_part_of_a_yenc_file() -> None:
    """The available part is returned, with a note that the rest is missing."""
    text = yencoded(STUB, b"a.exe", part=True)
    assert [(file.octets, bool(file.what)) for file in embedded_files(text)] == [(STUB, True)]


# --- BinHex ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [STUB, DATA, b"\x90" * 5, b"a" * 1000 + b"\x90\x90", b""])
def test_binhex(data: bytes) -> None:
    """Runs are unpacked, and both forks are given."""
    text = b"Hello\r\n\r\n" + binhexed(data, b"evil.exe", b"resource") + b"Bye\r\n"
    assert files(text) == [("evil.exe", data), ("evil.exe/rsrc", b"resource")]


def test_binhex_cut_short() -> None:
    """The available octets are returned, with a note."""
    text = binhexed(DATA, b"a.exe")
    cut = next(iter(embedded_files(text[: len(text) // 2])))
    assert DATA.startswith(cut.octets)
    assert cut.octets
    assert cut.what


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_the_limit_of_binhex_runs(more: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs grow no further."""
    monkeypatch.setattr(binhex, "GROWN_BYTES", 4000)
    header, data = 1 + 1 + 21, b"a" * (4000 - 23 + more)
    (file,) = embedded_files(binhexed(data, b"x"))
    assert len(file.octets) == min(len(data), 4000 - header)


# --- text as a whole -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        base64.encodebytes(STUB),
        b"\r\n" + base64.encodebytes(STUB).replace(b"\n", b"\r\n") + b"\r\n",
        base64.b64encode(STUB),
        binascii.hexlify(STUB),
        b"\n".join(binascii.hexlify(STUB[at : at + 30]).upper() for at in range(0, len(STUB), 30)),
    ],
)
def test_text_that_is_encoded_as_a_whole(text: bytes) -> None:
    """Base64 or hexadecimal digits, in lines or in one."""
    assert files(text) == [("", STUB)]


@pytest.mark.parametrize("letters", [embedded.WHOLE_LETTERS - 4, embedded.WHOLE_LETTERS, embedded.WHOLE_LETTERS + 4])
def test_the_least_length_of_text_encoded_as_a_whole(letters: int) -> None:
    """A key or a token is shorter."""
    assert (whole_file(b"QUJD" * (letters // 4)) is not None) == (letters >= embedded.WHOLE_LETTERS)


@pytest.mark.parametrize("letters", [16, 20, 24])
def test_the_least_length_of_the_first_line(letters: int) -> None:
    """A word is shorter."""
    text = b"\r\n".join([b"QUJD" * (letters // 4)] * 6)
    assert (whole_file(text) is not None) == (letters >= embedded.FIRST_LINE_LETTERS)


def test_rows_of_letters_are_a_pattern() -> None:
    """They decode to something, but say nothing: no file is made of a rule or a filler."""
    rows = b"".join(b"%d" % (row % 10) + b"X" * 79 + b"\r\n" for row in range(50))
    assert whole_file(rows) is None
    assert not holds_files(rows)


@pytest.mark.parametrize("letters", [embedded.PATTERN_LETTERS, embedded.PATTERN_LETTERS + 1])
def test_the_limit_of_letters_of_a_pattern(letters: int) -> None:
    """More of them say something."""
    text = (ALPHABET[-letters:] + b"////") * 8
    assert (whole_file(text[: len(text) // 4 * 4]) is None) == (letters <= embedded.PATTERN_LETTERS)


@pytest.mark.parametrize(
    "file", [b"MZ" + bytes(200), b"PK\x03\x04" + b"\xff" * 90, base64.b64encode(b"MZ" + bytes(90))]
)
def test_few_letters_that_begin_a_file(file: bytes) -> None:
    """A program full of zeros has few letters too, and so has one that is encoded twice."""
    text = base64.b64encode(file)
    assert files(text) == [("", file)]


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_the_limit_of_words_before_binhex(more: int) -> None:
    """A colon that begins a line further on has nothing to do with the sentence."""
    sentence, _, rest = binhexed(STUB, b"a.exe").partition(b"\r\n\r\n:")
    gap = binhex.GAP_BYTES - len(sentence) + sentence.index(binhex.MARKER) - 2 + more
    text = sentence + b"\r\n" + b"x" * (gap - 2) + b"\r\n:" + rest
    assert len(list(embedded_files(text))) == (more <= 0)
