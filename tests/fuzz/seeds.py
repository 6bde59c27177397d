"""Seeds for fuzzing: the catalogue's examples, cut to the size that is fuzzed, and words of the formats."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from gateway.message.mime.parse import parse
from tests.corpus.case import Case

#: Larger inputs are slow to change and teach nothing more.
MAX_BYTES = 16 * 1024

_MODULES: Mapping[str, tuple[str, ...]] = {
    "parser": ("mime", "decoding"),
    "names": ("names",),
    "unpacker": ("archives", "documents", "nested"),
}

WORDS: Mapping[str, tuple[bytes, ...]] = {
    "parser": (
        *(b"\r\n", b"\r\n\r\n", b"\n\n", b"\r", b"--b", b"--b--", b"\r\n--b\r\n", b"; boundary=b", b'; boundary="b"'),
        *(b"Content-Type: ", b"Content-Transfer-Encoding: ", b"Content-Disposition: ", b"multipart/mixed", b"From "),
        *(b"message/rfc822", b"multipart/digest", b"text/plain", b"text/html", b"base64", b"quoted-printable"),
        *(b"x-uuencode", b"; charset=", b"utf-7", b"utf-16", b"=?utf-8?b?", b"?=", b"=0D", b"=\r\n", b"begin 644 x"),
    ),
    "names": (
        *(b"filename=", b"filename*=", b"filename*0*=", b"filename*1=", b"utf-8''", b'"', b"\\", b"%2e", b"%00"),
        *(b"=?utf-8?b?", b"=?utf-8?q?", b"?=", b".exe", b"::$DATA", b"&#46;", b"&period;", b"=2E", b"/", b"..\\"),
        *(b"\xe2\x80\xae", b"\xe2\x80\x8b", b"\xef\xbc\x8e", b"\xd0\xb5", b"{ECF03A32-103D-11D2-854D-006008059367}"),
    ),
    "unpacker": (
        *(b"PK\3\4", b"PK\1\2", b"PK\5\6", b"PK\6\6", b"PK\7\x08", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\0", b"MSCF"),
        *(
            b"7z\xbc\xaf\x27\x1c",
            b"Rar!\x1a\7\0",
            b"Rar!\x1a\7\1\0",
            b"ustar",
            b"-lh5-",
            b"\x60\xea",
            b"CD001",
            b"070701",
        ),
        *(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x78\x9f\x3e\x22", b"%PDF-1.7", b"/EmbeddedFile", b"/JavaScript"),
        *(
            b"{\\rtf1",
            b"\\objdata",
            b"data:application/octet-stream;base64,",
            b"<script>",
            b"!<arch>\n",
            b"\xed\xab\xee\xdb",
        ),
        *(
            b"\x30\x82",
            b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02",
            b"begin 644 x",
            b"=ybegin line=128 size=9 name=x",
        ),
    ),
}


def write(target: str, folder: Path) -> Path:
    """The seeds as files of a folder, and the words as a libFuzzer dictionary, whose path is given back."""
    for number, seed in enumerate(dict.fromkeys(_seeds(target))):
        (folder / f"seed-{number}").write_bytes(seed)
    dictionary = folder.with_suffix(".dict")
    lines = ('"' + "".join(f"\\x{octet:02x}" for octet in word) + '"\n' for word in WORDS[target])
    dictionary.write_text("".join(lines))
    return dictionary


def _seeds(target: str) -> Iterator[bytes]:
    yield from WORDS[target]
    for name in _MODULES[target]:
        for case in importlib.import_module(f"tests.corpus.{name}").cases():
            for seed in _of(target, case):
                if len(seed) <= MAX_BYTES:
                    yield seed


def _of(target: str, case: Case) -> Iterator[bytes]:
    """The part of an example that the target is shown."""
    if target == "parser":
        yield case.message
        return
    for part in parse(case.message).parts:
        if target == "names":
            yield from (header.raw_value for header in part.headers if header.key.startswith("content-"))
        elif part.is_leaf:
            yield part.decoded
