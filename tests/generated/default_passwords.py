"""Documents with passwords that nobody has to know must be opened, and others must be called encrypted.

`python -m tests.generated.default_passwords --count 1000` makes files of a format, a scheme and a password. msoffcrypto
and pypdf, given the password, say whether a file is what it should be. Equal seeds make equal files.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msoffcrypto  # type: ignore[import-untyped]
from pypdf import PasswordType, PdfReader, PdfWriter
from pypdf.generic import StreamObject

from gateway.understand.budget import Allowance, Budget
from gateway.understand.openers.known import OPENERS
from gateway.understand.walk import Walk
from tests.corpus import office
from tests.corpus.archives_zip import plain
from tests.corpus.compound_file import compound_file
from tests.corpus.encrypted_office import Agile, Rc4, slides_rc4, standard, word_rc4, workbook_rc4, workbook_xor
from tests.corpus.payloads import STUB, encoded, multipart

DEFAULT = ("VelvetSweatshop", "/01Hannes Ruescher/01")
OTHERS = ("velvetsweatshop", "VelvetSweatshop ", "1234", "infected", "Rechnung2024!", "p\u00e4ssword")

_DOCUMENT = plain([("[Content_Types].xml", b"<Types/>"), ("word/evil.exe", STUB), ("x.bin", bytes(range(256)) * 40)])
_LINK = office.record(0x1AE, b"\1\0\x09\0\0cmd\3 /c x") + office.record(0x23, bytes(8))
_SHEET = office.workbook(0x10, _LINK, office.record(0x00FC, bytes(3_000)))
_TEXT = b"Hello " * 200 + b"\x13 DDEAUTO c:\\\\cmd.exe \x14x\x15"
_EMBEDDED = compound_file({"\1Ole10Native": office.ole10_native(STUB, b"evil.exe")})


@dataclass(frozen=True, slots=True)
class File:
    """One file, how it was made, and the password that opens it."""

    what: str
    name: str
    content: bytes
    password: str
    is_open: bool  # its program opens it without a question


def _agile(chance: random.Random, password: str) -> tuple[str, bytes]:
    scheme = Agile(
        chance.choice(["SHA1", "SHA256", "SHA384", "SHA512"]), chance.choice([128, 192, 256]), chance.randrange(2_000)
    )
    return f"agile {scheme}", scheme.encrypted(_DOCUMENT, password)


def _standard(chance: random.Random, password: str) -> tuple[str, bytes]:
    bits = chance.choice([128, 192, 256])
    return f"standard {bits}", standard(_DOCUMENT, password, bits)


def _rc4(chance: random.Random, password: str) -> tuple[str, bytes]:
    scheme = Rc4(chance.choice([0, 40, 56, 128]))
    make: Callable[[bytes, str, Rc4], bytes]
    what, make, content = chance.choice(
        [("xls", workbook_rc4, _SHEET), ("doc", word_rc4, _TEXT), ("ppt", slides_rc4, _EMBEDDED)]
    )
    if what == "ppt" and not scheme.bits:
        scheme = Rc4(128)
    return f"{what} {scheme}", make(content, password, scheme)


def _xor(chance: random.Random, password: str) -> tuple[str, bytes]:
    return "xls xor", workbook_xor(_SHEET, password[:15])


def _compress(writer: PdfWriter) -> None:
    """Compress the streams as most programs do: by Flate, which is undone behind the encryption."""
    for number, one in enumerate(writer._objects):
        if isinstance(one, StreamObject) and one.get("/Type") == "/EmbeddedFile":
            writer._objects[number] = one.flate_encode()


def _pdf(chance: random.Random, password: str) -> tuple[str, bytes]:
    algorithm = chance.choice(["RC4-40", "RC4-128", "AES-128", "AES-256-R5", "AES-256"])
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.add_attachment("evil.exe", STUB)
    if chance.random() < 0.5:
        _compress(writer)
    user = password if password in OTHERS else ""
    writer.encrypt(user, chance.choice([None, "owner", "1234"]) if not user else "owner", algorithm=algorithm)
    out = io.BytesIO()
    writer.write(out)
    return f"pdf {algorithm}", out.getvalue()


def files(count: int, seed: int = 1) -> Iterator[File]:
    """So many; every third with a password that has to be known."""
    chance = random.Random(seed)
    makers = [_agile, _standard, _rc4, _rc4, _rc4, _xor, _pdf]
    for _ in range(count):
        is_open = chance.random() < 0.67
        password = chance.choice(DEFAULT if is_open else OTHERS)
        make = chance.choice(makers)
        if make is _xor:
            password = "VelvetSweatshop" if is_open else chance.choice(OTHERS[2:5])  # fifteen letters count
        what, content = make(chance, password)
        yield File(what, chance.choice(["a.xlsx", "a.xls", "a.doc", "a.dat"]), content, password, is_open)


def is_sound(one: File) -> bool:
    """Return whether an independent program opens the file with the password, so that the file is what it says."""
    if one.what.startswith("pdf"):
        password = "" if one.is_open else one.password
        return PdfReader(io.BytesIO(one.content)).decrypt(password) != PasswordType.NOT_DECRYPTED
    try:
        document = msoffcrypto.OfficeFile(io.BytesIO(one.content))
        document.load_key(password=one.password)
        document.decrypt(io.BytesIO())
    except Exception:  # noqa: BLE001 - of many kinds
        return False
    return True


def verdict(one: File) -> str:
    """Return the walk's result for a file: "opened", "encrypted", or "passed" where it is neither."""
    raw = multipart(encoded(one.name.encode(), one.content))
    walk = Walk(OPENERS, lambda part: (), lambda content: "", Budget(Allowance(), len(raw)), texts=False)
    codes: set[str] = set()
    shown = False
    for seen in walk.message(raw):
        shown = shown or seen.content.startswith(STUB)
        codes |= {defect.code for defect in seen.defects}
    if "container.encrypted" in codes:
        return "encrypted"
    return "opened" if shown or "document.external" in codes else "passed"


def judged(made: Iterator[File]) -> tuple[Counter[str], list[File]]:
    """Figures, and the files of which the walk makes something else than their programs do."""
    figures: Counter[str] = Counter()
    wrong = []
    for one in made:
        found = verdict(one)
        figures["files"] += 1
        figures["sound by another program"] += is_sound(one)
        figures[f"{'opens without a question' if one.is_open else 'needs its password'}: {found}"] += 1
        if found != ("opened" if one.is_open else "encrypted"):
            wrong.append(one)
    return figures, wrong


def main() -> int:
    """Print figures, and what was judged wrongly."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    figures, wrong = judged(files(arguments.count, arguments.seed))
    for name, number in figures.items():
        print(f"{number:8} {name}")
    for one in wrong[:40]:
        print(f"wrong: {one.what}, password {one.password!r}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
