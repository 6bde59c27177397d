"""The libraries in C, C++ and Rust that are loaded where mail is taken, after mail of every kind: a list with reasons.

The list is the table "What a worker has loaded" in docs/security.md.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path

import pytest

from gateway.act.signing.key_record import record_text
from gateway.understand.authentication.dkim_keys import key_name
from tests.corpus import archives, archives_zip, decoding, documents, mime, nested, nested_pdfs
from tests.support.builders.authentication import PLAIN, outside_key, signed_by
from tests.support.servers.clamd import Clamd
from tests.support.servers.gateway import Gateway, command, send
from tests.support.servers.name_server import NameServer, txt

CONFIGURATION = Path(__file__).resolve().parents[2] / "config"
SECURITY = Path(__file__).resolve().parents[2] / "docs/security.md"
HEADING = "### What a worker has loaded"

BOB, EVE = "bob@example.co.uk", "eve@outside.example"
THEIRS = outside_key()
HTML = (
    b"From: Eve <eve@outside.example>\r\nTo: bob@example.co.uk\r\nSubject: Hello\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/html; charset=iso-2022-jp\r\n\r\n<p>Hello <b>Bob<div hidden>x</b></p><svg><desc>\r\n"
)

_LIBRARY = re.compile(r"(/\S+\.so(?:\.[0-9.]+)?)(?: \(deleted\))?$", re.MULTILINE)
_ROW = re.compile(r"^\| (`[^|]+`) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)


def letters() -> Iterator[bytes]:
    """Yield letters of every kind that the corpus has."""
    yield HTML
    yield signed_by(THEIRS)
    yield PLAIN
    for module in (archives, archives_zip, decoding, documents, mime, nested, nested_pdfs):
        yield from (case.message for case in islice(module.cases(), 4))


def allowed() -> list[str]:
    """Names of libraries, as patterns, from the table."""
    text = SECURITY.read_text("utf-8")
    section = text[text.index(HEADING) :].partition("\n#")[0]
    return [name for names, _, _ in _ROW.findall(section) for name in re.findall(r"`([^`]+)`", names)]


def loaded(pid: int) -> set[str]:
    """Names of the libraries that a process has mapped, without what Python and the linker add to them."""
    paths = _LIBRARY.findall(Path(f"/proc/{pid}/maps").read_text("ascii"))
    return {Path(path).name.partition(".")[0] for path in paths}


def shipped(folder: Path, clamd: str) -> str:
    """The shipped chain with a banner on all mail from outside, and the files that it names."""
    for one in CONFIGURATION.iterdir():
        if one.name not in ("filters.yaml", "gateway.yaml"):
            (shutil.copytree if one.is_dir() else shutil.copy)(one, folder / one.name)
    text = (CONFIGURATION / "filters.yaml").read_text("utf-8").replace("127.0.0.1:3310", clamd)
    return text.replace("  - external:\n", "  - external: {actions: {external.sender: {inbound: amend}}}\n")


@pytest.fixture(scope="module")
def clamd() -> Iterator[Clamd]:
    with Clamd() as started:
        yield started


async def test_every_library_that_is_loaded_has_a_reason(tmp_path: Path, clamd: Clamd) -> None:
    """The workers are asked, and the keeper after it has shown and released a message."""
    records = [txt(key_name(THEIRS.selector, THEIRS.domain), record_text(THEIRS.key))]
    with NameServer(records) as dns:
        ((address, port),) = dns.servers
        more = f"authentication: {{verify: true, nameservers: ['{address}:{port}']}}\n"
        keys = "next_hop_trusts_us: true, "
        filters = shipped(tmp_path, clamd.address)
        gateway = Gateway(tmp_path, workers=1, filters=filters, inbound_keys=keys, more=more, command=command())
        async with gateway:
            replies = [await send(gateway.inbound, EVE, [BOB], letter) for letter in letters()]
            replies.append(await send(gateway.outbound, BOB, [EVE], HTML))
            assert {reply[:3] for reply in replies} == {"250"}
            for held in gateway.held()[:3]:
                gateway.ask("quarantine.show", id=held["id"], reason="a test")
                gateway.cli("quarantine", "release", held["id"], "--reason", "a test")
            found = {name: loaded(pid) for name, pid in gateway.pids().items()}
            assert b"EXTERNAL E-MAIL" in b"".join(_delivered(gateway))
    patterns = allowed()
    strangers = {
        f"{library} in {process}"
        for process, libraries in found.items()
        for library in libraries
        if not any(fnmatchcase(library, pattern) for pattern in patterns)
    }
    assert not strangers, (
        f"{sorted(strangers)}: import it in the sandbox alone (gateway/understand), where content is opened. If "
        f"it takes no format of a message apart, give it a row in the table {HEADING!r} of docs/security.md that says "
        "what it sees and why it may."
    )


def test_the_list_names_no_parser() -> None:
    """Those that the sandbox is for; and a library that isn't listed is found."""
    patterns = allowed()
    assert patterns
    for library in ("libmagic", "libarchive", "lexbor", "pyexpat", "libxml2", "_imaging", "libpoppler"):
        assert not any(fnmatchcase(library, pattern) for pattern in patterns)


def _delivered(gateway: Gateway) -> list[bytes]:
    return [path.read_bytes() for path in (gateway.data_dir / "delivered/new").iterdir()]
