"""Office's old documents and embedded objects, all Compound Files: embedded files, programs, links, encryption.

Embedded documents stand in storages of the same file, so every stream at any depth is looked at in one pass. No stream
of the document itself is given as a member. Outlook's messages have their own opener beside this one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from gateway.message.defect import Defect
from gateway.understand.budget import Budget, Exhausted
from gateway.understand.member import Declared, Member, Opener, Unreadable
from gateway.understand.openers.inflation import inflate
from gateway.understand.openers.office import biff, word_binary
from gateway.understand.openers.office.cfb import MAGIC, CompoundFile, Entry
from gateway.understand.openers.office.decryption.decrypted_document import decrypted_document
from gateway.understand.openers.office.ole_package import native_members
from gateway.understand.openers.remote import is_remote

_SECRETS = frozenset({"encryptedpackage", "drmcontent", "\tdrmcontent", "encryptedsummary"})
_ENCRYPTED = Defect("container.encrypted", "The document is encrypted", 0)
_PROJECT = "_vba_project"  # also _VBA_PROJECT_CUR, a storage, of Excel

#: Storages of embedded objects: Word's, Excel's, and an attachment's in an Outlook message.
_OBJECTS = re.compile(r"objectpool|mbd[0-9a-f]{8}|__substg1\.0_3701000d")

#: Streams that embedded objects have besides their content, in lower case: their documents' own streams.
_OWN = re.compile(r"worddocument|[01]table|data|workbook|book|powerpoint document|current user|pictures|__.*")

#: Streams that hold embedded content, wherever they stand.
_CONTENTS = frozenset({"package", "contents", "embeddedodf"})

# [MS-PPT] 2.10.34, ExOleObjStg: deflated, with its length in front of the zlib stream, or not compressed.
_SLIDE_OBJECT = re.compile(rb"\x10\0\x11\x10(?=.{8}\x78)|\0\0\x11\x10(?=.{4}\xd0\xcf\x11\xe0)", re.DOTALL)

# [MS-OLEDS] 2.3.3, OLEStream: monikers by their class, each with its target behind it.
_URL_MONIKER = bytes.fromhex("e0c9ea79f9bace118c8200aa004ba90b")
_FILE_MONIKER = bytes.fromhex("0303000000000000c000000000000046")
_RUNNING_MONIKERS = (  # the scriptlet moniker and the SOAP moniker: their targets are run
    bytes.fromhex("d30b2906aa48d2118432006008c3fbfc"),
    bytes.fromhex("c7b0abec197fd211978e0000f8757e2a"),
)
#: Monikers of one kind in one object; a composite moniker has two or three.
MAX_MONIKERS = 100
_TARGET_BYTES = 2 * 2083  # of a URL: the longest that Windows takes
_LINK = "A linked object is loaded from another host"


def _fits(content: bytes, declared: Declared) -> bool:
    return content.startswith(MAGIC)


def _open(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    file = CompoundFile(content)
    said: set[Defect] = set()
    encrypted: list[Defect] = []
    for one in _all(file, budget):
        if isinstance(one, Defect):
            if one in said:
                continue
            said.add(one)
            if one.code == "container.encrypted":
                encrypted.append(one)
                continue
        yield one
    yield from _decrypted(file, encrypted, declared, budget)


def _decrypted(
    file: CompoundFile, encrypted: Sequence[Defect], declared: Declared, budget: Budget
) -> Iterator[Member | Defect]:
    """Yield the decrypted document where no password is needed for it; else the defects that report its encryption."""
    if not encrypted:
        return
    try:
        clear = decrypted_document(file, budget)
    except (Unreadable, Exhausted):
        yield from encrypted
        raise
    for content in clear.contents:
        budget.take_entry()
        yield Member(declared.names, content, declared.media_type, reading="decrypted")
    yield from (one for one in encrypted if (clear.hides_packages if one == _ENCRYPTED else clear.hides_streams))


def _all(file: CompoundFile, budget: Budget) -> Iterator[Member | Defect]:
    yield from _macros(file)
    for entry in file.streams:
        read = _STREAMS.get(entry.key)
        if entry.key in _SECRETS:
            yield _ENCRYPTED
        elif entry.key.endswith("ole10native"):
            yield from native_members(file.read(entry, budget), budget)
        elif read is not None:
            yield from read(file, entry, budget)
        elif entry.key in _CONTENTS or _is_embedded(entry):
            budget.take_entry()
            yield Member((entry.name,), file.read(entry, budget))
    if file.is_cut:
        yield Defect("container.unreadable", "A stream of the document is cut short", 0)


def _macros(file: CompoundFile) -> Iterator[Defect]:
    """Yield a defect where the document has a Visual Basic project ([MS-OVBA] 2.2.1).

    A project without code counts too: compiled code can't be told from none.
    """
    if any(entry.key.startswith(_PROJECT) or _is_directory(entry) for entry in file.entries):
        yield Defect("document.macro", "The document has a Visual Basic project", 0)


def _is_directory(entry: Entry) -> bool:
    return entry.key == "dir" and len(entry.path) > 1 and entry.path[-2].lower() == "vba"


def _is_embedded(entry: Entry) -> bool:
    """Return whether a stream is an embedded object's own.

    Names that begin with a control are OLE's notes on the object.
    """
    if entry.key[:1] < " " or _OWN.fullmatch(entry.key):
        return False
    return any(_OBJECTS.fullmatch(storage.lower()) for storage in entry.path[:-1])


# --- streams of known names -------------------------------------------------------------------------------------------


def _workbook(file: CompoundFile, entry: Entry, budget: Budget) -> Iterator[Defect]:
    yield from biff.defects_of(file.read(entry, budget))


def _word(file: CompoundFile, entry: Entry, budget: Budget) -> Iterator[Defect]:
    stream = file.read(entry, budget)
    yield from word_binary.defects_of(stream)
    name = word_binary.table_name(stream)
    for table in file.streams:
        if table.key == name and table.path[:-1] == entry.path[:-1]:
            yield from word_binary.template_defects(stream, file.read(table, budget))


def _slides(file: CompoundFile, entry: Entry, budget: Budget) -> Iterator[Member | Defect]:
    """Yield the embedded objects and the Visual Basic project of a presentation: compound files in records."""
    stream = file.read(entry, budget)
    for match in _SLIDE_OBJECT.finditer(stream):
        budget.take_entry()
        at = match.end() + 4
        if match[0][:1] == b"\0":
            record = stream[at : at + int.from_bytes(stream[match.end() : at], "little")]
            budget.take(len(record))
            yield Member((), record)
        else:
            inflated = inflate(stream, budget, start=at + 4)
            broken = Defect("container.unreadable", "An embedded object is cut short or damaged", match.start())
            yield Member((), inflated.octets, defects=() if inflated.whole else (broken,))


def _user(file: CompoundFile, entry: Entry, budget: Budget) -> Iterator[Defect]:
    """Yield a defect where the token of CurrentUserAtom ([MS-PPT] 2.3.2) says that the presentation is encrypted."""
    if file.read(entry, budget)[12:16] == b"\xdf\xc4\xd1\xf3":
        yield Defect("container.encrypted", "The presentation is encrypted", 0)


def _link(file: CompoundFile, entry: Entry, budget: Budget) -> Iterator[Defect]:
    """Yield a defect where the OLE stream of an object links to another host."""
    stream = file.read(entry, budget)
    if any(moniker in stream for moniker in _RUNNING_MONIKERS) or any(map(is_remote, _linked(stream))):
        yield Defect("document.external", _LINK, 0)


def _linked(stream: bytes) -> Iterator[str]:
    """Yield the URLs ([MS-OSHARED] 2.3.7.6) and the paths (2.3.7.8) that the stream's monikers name."""
    for at in _places(stream, _URL_MONIKER):
        yield stream[at + 20 : at + 20 + _TARGET_BYTES].decode("utf-16-le", "replace").partition("\0")[0]
    for at in _places(stream, _FILE_MONIKER):
        yield stream[at + 22 : at + 22 + _TARGET_BYTES].partition(b"\0")[0].decode("latin-1")


def _places(stream: bytes, mark: bytes) -> Iterator[int]:
    at = stream.find(mark)
    for _ in range(MAX_MONIKERS):
        if at < 0:
            return
        yield at
        at = stream.find(mark, at + 1)


_STREAMS: Mapping[str, Callable[[CompoundFile, Entry, Budget], Iterator[Member | Defect]]] = {
    "workbook": _workbook,
    "book": _workbook,
    "worddocument": _word,
    "powerpoint document": _slides,
    "current user": _user,
    "\1ole": _link,
}

OLE = Opener("ole", _fits, _open)
