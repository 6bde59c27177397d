"""Passages from a sandbox process: a header, and the octets of the text, the folded text and its layers' bounds.

A passage from a sandbox process is checked: bounds that no folding can have left raise InvalidReply.
"""

from __future__ import annotations

from array import array
from typing import Any, Final, get_args

from gateway.message.folding.layers import OFFSETS, Folded, Layer
from gateway.message.passage import Passage, PassageKind
from gateway.understand.inspected_part import InvalidReply

#: Octets of all passages of a message: twice `walk.MAX_TEXT_CHARACTERS`, with the bounds of a text that folding changed
#: at every other character.
MAX_TEXT_BYTES: Final = 512 * 1024 * 1024

#: Octets that a passage costs besides its text.
PASSAGE_BYTES: Final = 1024

#: Most passes of folding.
_MAX_LAYERS = 16

_KINDS: Final = frozenset(get_args(PassageKind))
_BOUNDS_OF_A_LAYER = 4
_OFFSET_BYTES = array(OFFSETS).itemsize


def as_frame(passage: Passage) -> tuple[dict[str, Any], bytes]:
    text, folded = passage.text.encode("utf-8", "replace"), passage.folded.text.encode("utf-8", "replace")
    layers = passage.folded.layers
    header = {
        "passage": passage.part,
        "kind": passage.kind,
        "bytes": [len(text), len(folded)],
        "layers": [len(layer.starts) for layer in layers],
    }
    return header, b"".join((text, folded, *(bounds.tobytes() for layer in layers for bounds in _bounds(layer))))


def of_frame(header: dict[str, Any], content: bytes) -> Passage:
    """Read a passage from a frame. Raises InvalidReply."""
    try:
        kind, path = header["kind"], header["passage"]
        text_bytes, folded_bytes = map(_count, header["bytes"])
        counts = [_count(one) for one in header["layers"]]
        bounds_bytes = sum(counts) * _BOUNDS_OF_A_LAYER * _OFFSET_BYTES
        if kind not in _KINDS or not isinstance(path, str) or len(counts) > _MAX_LAYERS:
            raise ValueError("a passage of no kind")
        if text_bytes + folded_bytes + bounds_bytes != len(content):
            raise ValueError("a passage of another length")
        text = content[:text_bytes].decode("utf-8")
        folded = content[text_bytes : text_bytes + folded_bytes].decode("utf-8")
        layers = _layers(content[text_bytes + folded_bytes :], counts)
        length = len(folded)
        for layer in reversed(layers):
            length = layer.old_length(length)
        if length != len(text):
            raise ValueError("layers of another text")
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidReply(f"the sandbox's passage can't be understood: {error!r}") from error
    return Passage(kind, path, text, Folded(folded, tuple(layers)))


def _bounds(layer: Layer) -> tuple[array[int], ...]:
    return layer.starts, layer.ends, layer.old_starts, layer.old_ends


def _layers(octets: bytes, counts: list[int]) -> list[Layer]:
    layers, at = [], 0
    for count in counts:
        bounds = []
        for _ in range(_BOUNDS_OF_A_LAYER):
            one = array(OFFSETS)
            one.frombytes(octets[at : at + count * _OFFSET_BYTES])
            bounds.append(one)
            at += count * _OFFSET_BYTES
        layers.append(Layer(*bounds))
    return layers


def _count(value: Any) -> int:
    if not isinstance(value, int) or value < 0:
        raise ValueError("a number that counts nothing")
    return value
