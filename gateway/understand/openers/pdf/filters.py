"""The stream filters of PDF that can hide an object or a file (ISO 32000-2 7.4), each within the budget.

Image codecs are not among them: DCT, JPX, CCITT and JBIG2 are left encoded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from gateway.understand.budget import Budget
from gateway.understand.openers.inflation import BARE, PIECE_BYTES, inflate
from gateway.understand.openers.pdf.syntax import Name, Value

#: Filters on one stream. Real files have one or two.
MAX_FILTERS = 8

_NOT_HEX = re.compile(rb"[^0-9A-Fa-f]")
_A85_BLANK = b"\0\t\n\f\r "
_CLEAR, _END, _FIRST_CODE, _MAX_CODE = 256, 257, 258, 4096


class Undecodable(ValueError):
    """A stream can't be decoded: the sentence says why."""


def decode_stream(data: bytes, dictionary: Mapping[str, Value], budget: Budget) -> bytes:
    """Return the stream without its filters, which are undone in their order. Raises Undecodable and Exhausted."""
    names = _listed(dictionary.get("Filter", dictionary.get("F")))
    parameters = _listed(dictionary.get("DecodeParms", dictionary.get("DP")))
    if len(names) > MAX_FILTERS:
        raise Undecodable(f"A stream has more than {MAX_FILTERS} filters")
    for index, name in enumerate(names):
        settings = parameters[index] if index < len(parameters) else None
        data = _decode(data, name, settings if isinstance(settings, dict) else {}, budget)
    return data


def _listed(value: Value) -> Sequence[Value]:
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)


def _decode(data: bytes, name: Value, settings: Mapping[str, Value], budget: Budget) -> bytes:
    decoder = _DECODERS.get(name.text) if isinstance(name, Name) else _flate  # a filter elsewhere: most are Flate
    if decoder is None:
        raise Undecodable("A stream has a filter that isn't read")
    return _without_predictor(decoder(data, budget), settings, budget)


def _flate(data: bytes, budget: Budget) -> bytes:
    """Inflate; a damaged zlib header is skipped, as readers skip it."""
    found = inflate(data, budget)
    if not found.octets and not found.whole:
        found = inflate(data, budget, BARE, start=2)
    if not found.octets and not found.whole:
        raise Undecodable("A stream isn't the Deflate that it says it is")
    return found.octets


def _hex(data: bytes, budget: Budget) -> bytes:
    digits = _NOT_HEX.sub(b"", data.partition(b">")[0])
    octets = bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))
    return _counted(octets, budget)


def _ascii85(data: bytes, budget: Budget) -> bytes:
    text = (
        data.lstrip(_A85_BLANK)
        .removeprefix(b"<~")
        .partition(b"~")[0]
        .translate(None, _A85_BLANK)
        .replace(b"z", b"!!!!!")
    )
    short = -len(text) % 5
    text += b"u" * short
    found = bytearray()
    for at in range(0, len(text), 5):
        if not at % PIECE_BYTES:
            budget.check_time()
        number = 0
        for digit in text[at : at + 5]:
            number = number * 85 + digit - 33
        found += (number & 0xFFFFFFFF).to_bytes(4, "big")
    return _counted(bytes(found[: len(found) - short]), budget)


def _run_length(data: bytes, budget: Budget) -> bytes:
    found = bytearray()
    at = counted = 0
    while at < len(data) and data[at] != 128:
        length = data[at]
        if length < 128:
            found += data[at + 1 : at + 2 + length]
            at += length + 2
        else:
            found += data[at + 1 : at + 2] * (257 - length)
            at += 2
        if len(found) - counted >= PIECE_BYTES:
            budget.take(len(found) - counted)
            counted = len(found)
    budget.take(len(found) - counted)
    return bytes(found)


def _lzw(data: bytes, budget: Budget) -> bytes:
    """Decode LZW of 9 to 12 bits, growing one code early (7.4.4.2), up to the first damage."""
    table: list[bytes] = []
    found, before, width, bits, held, counted = bytearray(), b"", 9, 0, 0, 0
    for octet in data:
        bits, held = bits + 8, (held << 8 | octet) & 0xFFFFFF
        if bits < width:
            continue
        bits -= width
        code = held >> bits & (1 << width) - 1
        if code == _END:
            break
        entry = b"" if code == _CLEAR else _lzw_entry(code, table, before)
        if code == _CLEAR:
            table, width = [], 9
        elif not entry:
            break
        elif before and _FIRST_CODE + len(table) < _MAX_CODE:
            table.append(before + entry[:1])
            width = max(width, (_FIRST_CODE + len(table) + 1).bit_length())
        before, width = entry, min(width, 12)
        found += entry
        if len(found) - counted >= PIECE_BYTES:
            budget.take(len(found) - counted)
            counted = len(found)
    budget.take(len(found) - counted)
    return bytes(found)


def _lzw_entry(code: int, table: list[bytes], before: bytes) -> bytes:
    if code < 256:
        return bytes([code])
    index = code - _FIRST_CODE
    if 0 <= index < len(table):
        return table[index]
    return before + before[:1] if index == len(table) else b""


def _counted(octets: bytes, budget: Budget) -> bytes:
    for at in range(0, len(octets), PIECE_BYTES):
        budget.take(min(PIECE_BYTES, len(octets) - at))
    return octets


def _without_predictor(data: bytes, settings: Mapping[str, Value], budget: Budget) -> bytes:
    """Undo PNG's row filters (7.4.4.4); TIFF's predictor is for images."""
    predictor = settings.get("Predictor")
    if not isinstance(predictor, int) or predictor < 10:
        return data
    columns, colours, depth = (_number(settings, *one) for one in _PNG_SHAPE)
    step = max(1, colours * depth // 8)
    width = max(1, (columns * colours * depth + 7) // 8)
    found, above = bytearray(), bytearray(width)
    for at in range(0, len(data), width + 1):
        budget.check_time()
        row = bytearray(data[at + 1 : at + 1 + width].ljust(width, b"\0"))
        _unfilter(data[at], row, above, step)
        found += row
        above = row
    return bytes(found)


#: Settings that give the size of a row: key, usual value, greatest value. A row of hostile size would take its time
#: between two checks.
_PNG_SHAPE = (("Columns", 1, 65_536), ("Colors", 1, 32), ("BitsPerComponent", 8, 16))


def _number(settings: Mapping[str, Value], key: str, usual: int, greatest: int) -> int:
    value = settings.get(key, usual)
    return value if isinstance(value, int) and 0 < value <= greatest else usual


def _unfilter(kind: int, row: bytearray, above: bytearray, step: int) -> None:
    """Undo the filter of one row in place (RFC 2083 6.2 to 6.6)."""
    for at in range(len(row) if kind else 0):
        left = row[at - step] if at >= step else 0
        corner = above[at - step] if at >= step else 0
        row[at] = (row[at] + _predicted(kind, left, above[at], corner)) & 0xFF


def _predicted(kind: int, left: int, up: int, corner: int) -> int:
    if kind == 4:
        guess = left + up - corner
        return min((left, up, corner), key=lambda one: abs(guess - one))
    return {1: left, 2: up, 3: (left + up) // 2}.get(kind, 0)


_DECODERS: Mapping[str, Callable[[bytes, Budget], bytes]] = {
    "FlateDecode": _flate,
    "Fl": _flate,
    "ASCIIHexDecode": _hex,
    "AHx": _hex,
    "ASCII85Decode": _ascii85,
    "A85": _ascii85,
    "RunLengthDecode": _run_length,
    "RL": _run_length,
    "LZWDecode": _lzw,
    "LZW": _lzw,
    "Crypt": lambda data, _: data,  # the identity filter; with real encryption the file says /Encrypt
}
