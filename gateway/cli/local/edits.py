"""Edits in `explain`, in words: one line each, with the length of inserted text, never the text itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Described = Mapping[str, Any]

_PLACES = {"top": "at the top", "above_quote": "above the quotation", "end": "at the end"}


def in_words(edit: Described) -> str:
    """Return a sentence for an edit in the form that programs and the store have."""
    return _WORDS[edit["edit"]](edit)


def _add_header(e: Described) -> str:
    return f"add the field {e['name']}: {e['value']}"


def _remove_header(e: Described) -> str:
    return f"remove the field {e['name']}{_at(e)}"


def _rename_header(e: Described) -> str:
    return f"rename the field {e['name']}{_at(e)} to {e['to']}"


def _set_subject(e: Described) -> str:
    return f"set the subject to {e['subject']}"


def _insert_text(e: Described) -> str:
    place = _PLACES.get(e["place"], f"at character {e['place']}")
    return f"insert text {place} of part {e['part']}: {_lengths(e)}"


def _add_text(e: Described) -> str:
    return f"add a part with text in front: {_characters(e['text'])}"


def _remove_text(e: Described) -> str:
    return f"remove text from part {e['part']}: {_characters(e['end'] - e['start'])} from character {e['start']:,} on"


def _replace_part(e: Described) -> str:
    named = f" named {e['name']}" if e["name"] else ""
    return f"put text{named} in the place of part {e['part']}: {_characters(e['text'])}"


def _remove_part(e: Described) -> str:
    return f"remove part {e['part']}"


def _wrap(e: Described) -> str:
    return f"put the message as an attachment behind text: {_lengths(e)}"


_WORDS: Mapping[str, Callable[[Described], str]] = {
    "add_header": _add_header,
    "remove_header": _remove_header,
    "rename_header": _rename_header,
    "set_subject": _set_subject,
    "insert_text": _insert_text,
    "add_text": _add_text,
    "remove_text": _remove_text,
    "replace_part": _replace_part,
    "remove_part": _remove_part,
    "wrap": _wrap,
}


def _lengths(e: Described) -> str:
    return f"{_characters(e['text'])} of text, {len(e['html']):,} of HTML"


def _characters(of: str | int) -> str:
    count = of if isinstance(of, int) else len(of)
    return f"{count:,} character{'' if count == 1 else 's'}"


def _at(e: Described) -> str:
    return f" at octet {e['at']:,}" if e["at"] is not None else ""
