"""PDFs that are encrypted with an empty user password, as "don't copy" documents are: anybody can read them.

pypdf undoes the encryption; the filters of the streams are undone by our own code, which keeps to the budget.
"""

from __future__ import annotations

import io
import logging
import struct
import zlib
from collections.abc import Mapping

from pypdf import PasswordType, PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    NumberObject,
    PdfObject,
    StreamObject,
    TextStringObject,
)

from gateway.understand.budget import Budget
from gateway.understand.openers.pdf.body import Body, Stream, read_body
from gateway.understand.openers.pdf.syntax import MAX_DEPTH, Name, Ref, Value

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it logs every oddity in hostile content

#: Errors besides its own that pypdf raises on damage.
_TROUBLE = (
    PyPdfError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NotImplementedError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


def decrypted_body(content: bytes, budget: Budget) -> Body | None:
    """Return the decrypted objects; None where a password is needed, or the encryption can't be undone."""
    try:
        reader = PdfReader(io.BytesIO(content), strict=False)
        if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
            return None
    except _TROUBLE:
        return None
    written = read_body(content, budget)
    clear = Body()
    for number in written.values:
        budget.check_time()
        _add(clear, number, reader)
    return clear


def _add(body: Body, number: int, reader: PdfReader) -> None:
    try:
        found = reader.get_object(IndirectObject(number, 0, reader))
        value = _value(found, 0)
        data = _encoded(found) if isinstance(found, StreamObject) else None
    except _TROUBLE:
        return  # an object that no reader can reach; a file that is referred to and missing is reported
    body.add(number, value)
    if data is not None:
        dictionary: Mapping[str, Value] = value if isinstance(value, dict) else {}
        body.streams.setdefault(number, []).append(Stream(number, 0, dictionary, 0, data))


def _encoded(stream: StreamObject) -> bytes:
    """Return the stream decrypted, with its filters.

    pypdf's encoded streams would unpack it, without a budget.
    """
    return StreamObject.get_data(stream)


def _value(found: PdfObject | None, depth: int) -> Value:
    if isinstance(found, list | dict):
        return _nested(found, depth + 1) if depth < MAX_DEPTH else None
    if isinstance(found, IndirectObject):
        return Ref(found.idnum)
    if isinstance(found, NameObject):
        return Name(found[1:])
    if isinstance(found, TextStringObject):
        return found.original_bytes
    return int(found) if isinstance(found, NumberObject) else bytes(found) if isinstance(found, bytes) else None


def _nested(found: PdfObject, depth: int) -> Value:
    """Convert a list or a dictionary: iterating over pypdf's own types would follow every reference."""
    if isinstance(found, DictionaryObject):
        return {str(key)[1:]: _value(found.raw_get(key), depth) for key in found}
    return [_value(one, depth) for one in list.__iter__(found)] if isinstance(found, ArrayObject) else None
