"""Archives behind content of another kind: the walk must show or doubt every program that an archiver extracts.

`python -m tests.generated.foreign_archives --count 10000` makes files of a start, an archive, an end and a name, and
asks 7-Zip, libarchive and The Unarchiver about each. Equal seeds make equal files. Exits with 1 when one passes.
"""

from __future__ import annotations

import argparse
import bz2
import gzip
import lzma
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import libarchive

from gateway.understand.budget import Allowance, Budget
from gateway.understand.openers.known import OPENERS
from gateway.understand.walk import Walk
from tests.corpus.archives_made import made, of_tar
from tests.corpus.archives_zip import plain
from tests.corpus.payloads import STUB, encoded, multipart
from tests.corpus.variants_archives import _block, _file, _number

NOTE = b"Good morning\r\n" * 40
#: Codes of defects for which the gateway holds a message as shipped.
HELD = frozenset({"container.unreadable", "container.limit", "container.mismatch"})


# --- archives with evil.exe in them -----------------------------------------------------------------------------------


def _written(form: str, compression: str | None = None) -> bytes:
    out: list[bytes] = []

    def write(octets: bytes) -> int:
        out.append(bytes(octets))
        return len(octets)

    with libarchive.custom_writer(write, form, compression) as archive:
        archive.add_file_from_memory("evil.exe", len(STUB), STUB)
    return b"".join(out)


def _rar5() -> bytes:
    return b"Rar!\x1a\7\1\0" + _block(1, 0, _number(0)) + _file(2, b"evil.exe", STUB) + _block(5, 0, _number(0))


def _rar5_long() -> bytes:
    """A main header of more than 127 octets, as archives with a comment's place and their own name have."""
    extra = _number(202) + _number(9) + bytes(201)
    return b"Rar!\x1a\7\1\0" + _block(1, 0, _number(0), extra) + _file(2, b"evil.exe", STUB) + _block(5, 0, _number(0))


def _by_seven_zip(suffix: str, *options: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "evil.exe").write_bytes(STUB)
        subprocess.run(["7z", "a", *options, f"a.{suffix}", "evil.exe"], cwd=folder, check=True, capture_output=True)
        return (Path(folder) / f"a.{suffix}").read_bytes()


def _compressed_codes() -> bytes:
    """`compress` without a repetition: nine bits for each octet, cleared before they would grow."""
    codes: list[int] = []
    for number, octet in enumerate(STUB):
        if number and number % 240 == 0:
            codes += [256] + [0] * (-(len(codes) + 1) % 8)  # behind a clear, what is left of eight codes is skipped
        codes.append(octet)
    bits = sum(code << 9 * number for number, code in enumerate(codes))
    return b"\x1f\x9d\x90" + bits.to_bytes((len(codes) * 9 + 7) // 8, "little")


_OTHER_LZMA = [{"id": lzma.FILTER_LZMA1, "dict_size": 3 << 16, "lc": 1, "lp": 2, "pb": 0}]
_BCJ2 = ("-m1=LZMA2", "-m2=LZMA", "-m3=LZMA", "-mb0:1", "-mb0s1:2", "-mb0s2:3")
ARCHIVES: Mapping[str, Callable[[], bytes]] = {
    "zip": lambda: plain([("evil.exe", STUB)]),
    "7z": lambda: _written("7zip"),
    "rar": _rar5,
    "long.rar": _rar5_long,
    "gz": lambda: gzip.compress(STUB, mtime=0),
    "blocks.gz": lambda: (whole := gzip.compress(STUB, mtime=0))[:10] + b"\0\0\0\xff\xff" * 1_000 + whole[10:],
    "other.lzma": lambda: lzma.compress(STUB, lzma.FORMAT_ALONE, filters=_OTHER_LZMA),
    "bz2": lambda: bz2.compress(STUB),
    "xz": lambda: lzma.compress(STUB),
    "lzma": lambda: lzma.compress(STUB, lzma.FORMAT_ALONE),
    "lzma86": lambda: b"\0" + lzma.compress(STUB, lzma.FORMAT_ALONE),
    "oversized.lzma": lambda: (whole := lzma.compress(STUB, lzma.FORMAT_ALONE))[:8] + b"\x7f" + whole[9:],
    "reserved.cab": lambda: (whole := made("plain.cab"))[:4] + b"\1" + whole[5:],
    "flags.gz": lambda: b"\x1f\x8b\x08\xe0" + gzip.compress(STUB, mtime=0)[4:],
    "empty.bz2": lambda: bz2.compress(b"") + bz2.compress(STUB),
    "zst": lambda: _written("raw", "zstd"),
    "lz4": lambda: _written("raw", "lz4"),
    "lz": lambda: _written("raw", "lzip"),
    "z": _compressed_codes,
    "tar": lambda: of_tar(iter([("evil.exe", b"0", STUB)])),
    "tgz": lambda: gzip.compress(of_tar(iter([("evil.exe", b"0", STUB)])), mtime=0),
    "cab": lambda: made("plain.cab"),
    "cab2": lambda: made("a.cab"),
    "iso": lambda: made("a.iso"),
    "lzh": lambda: made("a.lzh"),
    "arj": lambda: made("stored.arj"),
    "arj2": lambda: made("a.arj"),
    "cpio": lambda: _written("cpio_newc"),
    "old.cpio": lambda: _written("cpio"),
    "ar": lambda: _written("ar_svr4"),
    "xar": lambda: _written("xar"),
    "warc": lambda: _written("warc"),
    "wim": lambda: _by_seven_zip("wim"),
    "deflate64.zip": lambda: _by_seven_zip("zip", "-mm=Deflate64"),
    "ppmd.zip": lambda: _by_seven_zip("zip", "-mm=PPMd"),
    "lzma.zip": lambda: _by_seven_zip("zip", "-mm=LZMA"),
    "deflate64.7z": lambda: _by_seven_zip("7z", "-m0=Deflate64"),
    "ppmd.7z": lambda: _by_seven_zip("7z", "-m0=PPMd"),
    "bcj2.7z": lambda: _by_seven_zip("7z", "-m0=BCJ2", *_BCJ2),
}
archive = cache(lambda kind: ARCHIVES[kind]())

# --- what stands before and behind, and names -------------------------------------------------------------------------

_GIF = b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"
_PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0\x1f\x15\xc4\x89\0\0\0\0IEND\xaeB`\x82"
_USTAR = b"GIF89a".ljust(257, b"\1") + b"ustar\x0000".ljust(255, b"\1")
STARTS: Mapping[str, bytes] = {
    "none": b"",
    "gif": _GIF,
    "png": _PNG,
    "jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0" + b"\xff\xd9",
    "pdf": b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n",
    "text": b"Dear Sirs,\r\nplease find enclosed our invoice.\r\n",
    "page": b"<!DOCTYPE html><html><body>Hello</body></html>\n",
    "script": b"#! nothing\n",
    "program": STUB,
    "mz": b"MZ",
    "class": b"\xca\xfe\xba\xbe\0\0\0\x34",
    "octet": b"x",
    "zeros": bytes(512),
    "7z": b"7z\xbc\xaf\x27\x1c\0\4" + b"\1" * 24,
    "zip": b"PK\3\4",
    "end of zip": b"PK\5\6" + bytes(18),
    "rar": b"Rar!\x1a\7\1\0" + b"\1" * 16,
    "gz": b"\x1f\x8b\x08\0\0\0\0\0\0\3" + b"\xff" * 10,
    "xz": b"\xfd7zXZ\0\0\4" + b"\1" * 9,
    "cab": b"MSCF\0\0\0\0" + b"\1" * 40,
    "ar": b"!<arch>\nxxxx",
    "ole": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\1" * 90,
    "mbox": b"From a@x.test Mon Jan  1 00:00:00 2024\n",
    "sqlite": b"SQLite format 3\0\x10\0\1\1" + bytes(12),
    "only sqlite": b"SQLite format 3\0",
    "tnef": b"\x78\x9f\x3e\x22\0\0",
    "pst": b"!BDN",
    "onenote": b"\xe4\x52\x5c\x7b\0\0",
    "apple double": b"\0\5\x16\7\0\2\0\0" + bytes(18),
    "crx": b"Cr24\3\0\0\0\0\0\0\0",
    "koly": b"koly\0\0\0\4",
    "ustar": _USTAR,
    "riff": b"RIFF\x24\0\0\0WAVEfmt ",
    "id3": b"ID3\4\0\0\0\0\0\0",
    "rtf": b"{\\rtf1 hello}",
    "ico": b"\0\0\1\0\1\0\1\1\0\0\1\0\x18\0",
    "mp4": b"\0\0\0\x18ftypmp42\0\0\0\0",
    "harmless gz": gzip.compress(NOTE, mtime=0),
    "harmless zip": plain([("ok.txt", NOTE)]),
    "harmless tar": of_tar(iter([("ok.txt", b"0", NOTE)])),
    "picture, harmless gz": _GIF + gzip.compress(NOTE, mtime=0),
    "picture, harmless tar": _GIF + of_tar(iter([("ok.txt", b"0", NOTE)])),
    "picture, harmless zip": _GIF + plain([("ok.txt", NOTE)]),
    "picture, false lzh": _GIF + b"!!-lh5-" + b"\1" * 13 + b"\0" + b"\1" * 8,
    "picture, false gz": _GIF + b"\x1f\x8b\x08\0" + b"\xff" * 10,
    "picture, many signatures": _GIF + b"\x60\xea\x1f\x9d\x71\xc7\x71\x55\xaa\x1f\x8b" * 60 + b"\x1f",
}
TAILS: Mapping[str, bytes] = {
    "none": b"",
    "zeros": bytes(700),
    "text": b"\r\nKind regards\r\n",
    "picture": _GIF,
    "far": b"\1\2\3" * 30_000,
    "end of zip": b"PK\5\6" + bytes(18),
    "harmless zip": plain([("ok.txt", NOTE)]),
}
NAMES = (
    "a.dat",
    "a",
    "a.gif",
    "a.pdf",
    "a.zip",
    "a.rar",
    "a.7z",
    "a.gz",
    "a.001",
    "a.part1.rar",
    "a.exe.gz",
    "a.{kind}",
)


@dataclass(frozen=True, slots=True)
class File:
    """One file, and the names of what it was made of."""

    what: str
    name: str
    content: bytes


def files(count: int, seed: int = 1) -> Iterator[File]:
    """So many, in a random order of all combinations; some with padding of a random length, some inside an archive."""
    chance = random.Random(seed)
    kinds, starts, tails = list(ARCHIVES), list(STARTS), list(TAILS)
    for _ in range(count):
        kind, start, tail = chance.choice(kinds), chance.choice(starts), chance.choice([*tails[:1] * 4, *tails])
        padding = chance.choice(
            [b"", b"", b"", b"\x01" * chance.randrange(1, 3000), b" " * chance.randrange(1, 70_000)]
        )
        name = chance.choice(NAMES).format(kind=kind)
        content = STARTS[start] + (padding if start != "none" else b"") + archive(kind) + TAILS[tail]
        if chance.random() < 0.05:
            content = content[: len(content) - chance.randrange(1, 40)]
            tail += ", cut"
        yield File(f"{start} + {len(padding)} + {kind} + {tail}", name, content)


# --- the judges -------------------------------------------------------------------------------------------------------

_COMMANDS: Mapping[str, Sequence[str]] = {
    "7-Zip": ("7z", "x", "-y", "-p", "-oout"),
    "libarchive": ("bsdtar", "-x", "-C", "out", "-f"),
    "The Unarchiver": ("unar", "-q", "-f", "-p", "", "-o", "out"),
}


def extracts(program: str, one: File) -> bool:
    """Return whether that program brings the program out of the file; a copy of the whole file is nothing new."""
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder)
        (at / one.name).write_bytes(one.content)
        (at / "out").mkdir()
        command = [*_COMMANDS[program], one.name]
        try:
            subprocess.run(command, cwd=at, capture_output=True, stdin=subprocess.DEVNULL, timeout=30, check=False)
        except subprocess.TimeoutExpired:
            return False
        out = (path for path in (at / "out").rglob("*") if path.is_file() and not path.is_symlink())
        contents = [path.read_bytes() for path in out]
        return any(content.startswith(STUB) and content != one.content for content in contents)


def sees(one: File) -> bool:
    """Return whether the walk shows the program, or has a defect that holds the message."""
    raw = multipart(encoded(one.name.encode(), one.content))
    walk = Walk(OPENERS, lambda part: (), lambda content: "", Budget(Allowance(), len(raw)), texts=False)
    for seen in walk.message(raw):
        if seen.content.startswith(STUB) or any(defect.code in HELD for defect in seen.defects):
            return True
    return False


def passing(
    made_files: Iterator[File], programs: Sequence[str], *, count_all: bool = False
) -> tuple[Counter[str], list[File]]:
    """Figures, and the files that pass though a program extracts them; `count_all` asks about those seen as well."""
    figures: Counter[str] = Counter()
    passed = []
    for one in made_files:
        figures["files"] += 1
        seen = sees(one)
        figures["seen or held"] += seen
        if seen and not count_all:
            continue
        if opening := [program for program in programs if extracts(program, one)]:
            figures["extracted by a program"] += 1
            figures.update(opening)
            if not seen:
                passed.append(one)
    figures["passed"] = len(passed)
    return figures, passed


def main() -> int:
    """Print figures, and what passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--all", action="store_true", help="ask the programs about files that the walk sees as well")
    arguments = parser.parse_args()
    programs = [name for name, command in _COMMANDS.items() if shutil.which(command[0])]
    figures, passed = passing(files(arguments.count, arguments.seed), programs, count_all=arguments.all)
    for name, number in figures.items():
        print(f"{number:8} {name}")
    for one in passed[:40]:
        print(f"passed: {one.what}, named {one.name}")
    return 1 if passed else 0


if __name__ == "__main__":
    sys.exit(main())
