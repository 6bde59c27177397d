"""A crash of each library of the sandbox: that message is held with a finding, and nothing else happens."""

from __future__ import annotations

import asyncio
import lzma
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from tests.corpus.archives_made import of_tar, rar_samples
from tests.corpus.archives_zip import plain
from tests.corpus.letter_files import pdf
from tests.corpus.office import docx
from tests.corpus.payloads import TEXT, encoded, multipart
from tests.support.servers.crashing_gateway import CODE
from tests.support.servers.crashing_worker import ENTRIES
from tests.support.servers.gateway import ATTACHMENTS_ONLY, Gateway, send

BOB = "bob@example.co.uk"
NOTE = b"Minutes of the meeting\r\n" * 30
NOTES = [("minutes.txt", NOTE)]
#: Documents are read only where a filter wants their text.
FILTERS = f"{ATTACHMENTS_ONLY}  - payment_change:\n"


def files() -> Mapping[str, tuple[bytes, bytes]]:
    """Return the harmless file that each library is asked to open, with its name."""
    rar = rar_samples().get("rar5-crc.rar")  # they can't be had everywhere
    return {
        "libmagic": (b"a.dat", NOTE),
        "libarchive": (b"a.tar", of_tar(iter([("minutes.txt", tarfile.REGTYPE, NOTE)]))),
        **({"rarfile": (b"a.rar", rar)} if rar else {}),
        "pypdf": (b"a.pdf", pdf("Good morning")),
        "expat": (b"a.docx", docx()),
        "zlib": (b"a.zip", plain(NOTES)),
        "bz2": (b"a.zip", plain(NOTES, zipfile.ZIP_BZIP2)),
        "lzma": (b"a.txt.xz", lzma.compress(NOTE)),
    }


def letter(library: str, crash: bool) -> bytes:
    field = f"X-Crash: {library}\r\n".encode() if crash else b""
    return field + multipart(TEXT, encoded(*files()[library]))


async def test_a_crash_in_each_library_costs_that_message_a_finding(tmp_path: Path) -> None:
    """The same file beside it passes, by another client; a new cell takes the place of the dead one."""
    libraries = list(files())
    assert set(libraries) >= ENTRIES.keys() - {"rarfile"}
    more = "sandbox: {processes: 2}\n"
    async with Gateway(tmp_path, workers=1, filters=FILTERS, more=more, code=CODE) as gateway:
        for library in libraries:
            crashing, sound = await asyncio.gather(
                send(gateway.inbound, f"{library}@crash.example", [BOB], letter(library, crash=True)),
                send(
                    gateway.inbound, f"{library}@sound.example", [BOB], letter(library, crash=False), client="127.0.1.1"
                ),
            )
            assert (crashing[:3], sound[:3]) == ("250", "250"), library
        held = {row["from"]: row["codes"] for row in gateway.held()}
        assert held == {f"{library}@crash.example": ["attachment.uninspectable"] for library in libraries}
        assert all(one["restarts"] == 0 for one in gateway.ask("status")["running"]["processes"])
    assert gateway.log.read_text().count("sandbox.lost") == len(libraries)
