"""The only caller of libarchive: it reads one archive in memory, with named formats and filters only.

Formats that read other files (mtree) and filters that start programs are never asked for. The C functions are called
through ctypes on a library handle of our own: libarchive-c's own wrappers log every warning.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import locale
from collections.abc import Iterator, Sequence
from ctypes import c_char_p, c_int, c_int64, c_size_t, c_void_p, c_wchar_p
from dataclasses import dataclass, field
from typing import Any

from libarchive.ffi import libarchive_path

from gateway.understand.budget import Budget
from gateway.understand.member import Unreadable
from gateway.understand.openers.archives.streams import PIECE_BYTES

_EOF, _OK, _WARN, _FATAL = 1, 0, -20, -30
_REGULAR, _DIRECTORY, _LINK, _TYPE_MASK = 0o100000, 0o040000, 0o120000, 0o170000
_FORMAT_XAR = 0xA0000  # ARCHIVE_FORMAT_XAR

#: Faults in one archive after which the next header is still asked for.
MAX_FAULTS = 100

#: Characters of one name, counted from its end, where the extension is.
MAX_NAME_CHARS = 4_096

_LIBRARY = ctypes.CDLL(libarchive_path)


def _read_names_as_utf8() -> None:
    """Set a UTF-8 locale.

    libarchive decodes names by the process's locale: in "C" it would lose those that aren't ASCII.
    """
    with contextlib.suppress(locale.Error):
        locale.setlocale(locale.LC_CTYPE, "C.UTF-8")


_read_names_as_utf8()


def _function(name: str, result: Any, *arguments: Any) -> Any:
    found = getattr(_LIBRARY, "archive_" + name)
    found.restype, found.argtypes = result, arguments
    return found


_new = _function("read_new", c_void_p)
_free = _function("read_free", c_int, c_void_p)
_open_memory = _function("read_open_memory", c_int, c_void_p, c_void_p, c_size_t)
_set_option = _function("read_set_option", c_int, c_void_p, c_char_p, c_char_p, c_char_p)
_next_header = _function("read_next_header", c_int, c_void_p, ctypes.POINTER(c_void_p))
_read_block = _function(
    "read_data_block",
    c_int,
    c_void_p,
    ctypes.POINTER(c_void_p),
    ctypes.POINTER(c_size_t),
    ctypes.POINTER(c_int64),
)
_format = _function("format", c_int, c_void_p)
_error_string = _function("error_string", c_char_p, c_void_p)
_filter_bytes = _function("filter_bytes", c_int64, c_void_p, c_int)
_has_encrypted = _function("read_has_encrypted_entries", c_int, c_void_p)
_pathname = _function("entry_pathname", c_char_p, c_void_p)
_pathname_w = _function("entry_pathname_w", c_wchar_p, c_void_p)
_pathname_utf8 = _function("entry_pathname_utf8", c_char_p, c_void_p)
_hardlink = _function("entry_hardlink", c_char_p, c_void_p)
_filetype = _function("entry_filetype", c_int, c_void_p)
_size = _function("entry_size", c_int64, c_void_p)
_is_encrypted = _function("entry_is_encrypted", c_int, c_void_p)


@dataclass(frozen=True, slots=True)
class ArchiveEntry:
    """One entry of an archive, or the fault at the place of the next one."""

    name: str = ""
    content: bytes | None = field(default=None, repr=False)
    size: int = 0  # of a file, by the archive
    encrypted: bool = False
    problem: str = ""  # the library's words about this entry
    is_last: bool = False  # the problem is fatal: nothing more can be read
    read_bytes: int = 0  # octets of the archive, so far


def _support(kind: str, name: str) -> Any:
    return _function(f"read_support_{kind}_{name}", c_int, c_void_p)


@contextlib.contextmanager
def _opened(
    content: bytes, start: int, formats: Sequence[str], filters: Sequence[str], options: Sequence[tuple[str, str]]
) -> Iterator[Any]:
    archive = _new()
    try:
        for kind, names in (("filter", filters), ("format", formats)):
            for name in names:
                # A warning means that the library would start a program instead
                if _support(kind, name)(archive) != _OK:
                    raise Unreadable(f"this system's libarchive can't read {name}")
        for module, option in options:
            _set_option(archive, module.encode(), option.encode(), None)
        address = ctypes.cast(c_char_p(content), c_void_p).value or 0
        _check(archive, _open_memory(archive, address + start, len(content) - start))
        yield archive
    finally:
        _free(archive)


def _check(archive: Any, answer: int) -> int:
    if answer <= _FATAL:
        raise Unreadable(_words(archive))
    return answer


def _words(archive: Any) -> str:
    words = _error_string(archive)
    return words.decode("utf-8", "replace")[:200] if words else "the archive is broken"


def read_archive(
    content: bytes,
    start: int,
    formats: Sequence[str],
    filters: Sequence[str],
    budget: Budget,
    *,
    options: Sequence[tuple[str, str]] = (),
    names_only: bool = False,
) -> Iterator[ArchiveEntry]:
    """Yield the entries of the archive that begins at `start`. Raises Unreadable and Exhausted.

    `options` are pairs of a module and an option that is switched off. A last Found without a name tells how many
    octets were read. Names and contents are given unchanged.
    """
    with _opened(content, start, formats, filters, options) as archive:
        entry = c_void_p()
        faults = 0
        while (answer := _next_header(archive, ctypes.byref(entry))) != _EOF:
            if answer <= _FATAL and _has_encrypted(archive) > 0:
                yield ArchiveEntry(encrypted=True)
                return
            _check(archive, answer)
            budget.take_entry()
            found = _read_entry(archive, entry, budget, names_only or answer < _WARN)
            faults += bool(found.problem)
            yield found
            if found.is_last:  # the library may crash when it is asked again (its issue 2861)
                raise Unreadable(found.problem)
            if faults > MAX_FAULTS:
                raise Unreadable(f"more than {MAX_FAULTS} entries are broken")
        yield ArchiveEntry(read_bytes=_filter_bytes(archive, -1))


def _read_entry(archive: Any, entry: Any, budget: Budget, name_only: bool) -> ArchiveEntry:
    name, read_bytes = _name(entry), _filter_bytes(archive, -1)
    kind = _filetype(entry) & _TYPE_MASK
    is_file = kind not in (_DIRECTORY, _LINK)  # a device with content is extracted as a file
    size = max(_size(entry), 0) if is_file else 0
    if _is_encrypted(entry) > 0:
        return ArchiveEntry(name, None, size, encrypted=True, read_bytes=read_bytes)
    if name_only or not is_file or (_hardlink(entry) is not None and not size):
        return ArchiveEntry(name, None, size, read_bytes=read_bytes)
    data, answer = _read_content(archive, budget)
    problem = "" if answer == _EOF else _words(archive)
    content = data if data or kind in (_REGULAR, 0) else None
    return ArchiveEntry(name, content, size, problem=problem, is_last=answer <= _FATAL, read_bytes=read_bytes)


def _read_content(archive: Any, budget: Budget) -> tuple[bytes, int]:
    """Return the content that could be read, and the library's last answer.

    Holes in the file are filled with zeros piece by piece.
    """
    out = io.BytesIO()
    block, size, offset = c_void_p(), c_size_t(), c_int64()
    # libarchive counts the offsets of xar on from file to file
    start = None if _format(archive) == _FORMAT_XAR else 0
    while (answer := _read_block(archive, ctypes.byref(block), ctypes.byref(size), ctypes.byref(offset))) in (
        _OK,
        _WARN,
    ):
        start = offset.value if start is None else start
        _fill(out, offset.value - start, budget)
        if block.value and size.value:
            out.write(ctypes.string_at(block.value, size.value))
            budget.take(size.value)
    return out.getvalue(), int(answer)


def _fill(out: io.BytesIO, until: int, budget: Budget) -> None:
    while (hole := min(until - out.tell(), PIECE_BYTES)) > 0:
        budget.take(hole)
        out.write(bytes(hole))


def _name(entry: Any) -> str:
    """Return an entry's name, by the wide form first: it needs no locale for formats that hold UTF-16."""
    wide = _pathname_w(entry)
    if wide is not None:
        return str(wide)[-MAX_NAME_CHARS:]
    narrow = _pathname_utf8(entry) or _pathname(entry) or b""
    return bytes(narrow).decode("utf-8", "replace")[-MAX_NAME_CHARS:]
