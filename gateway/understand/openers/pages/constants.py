"""Strings that a script puts together of constants: of tables, variables, codes and encodings.

`t=["RL","ate","cre"]; window["U"+t[0]][t[2]+t[1]+atob("…")]` becomes `window["URL"]["create…"]`. Nothing is run: only
strings that are written out are put together. The result need not be a script any more; it is only searched for words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from gateway.understand.openers.pages.data_uris import from_base64
from gateway.understand.openers.pages.scripts import joined

#: Rounds of putting together: an encoding in a table in a variable takes three.
MAX_ROUNDS = 6

#: Variables, and tables, that are looked up. Disguised scripts have one or two tables, of some hundred words.
MAX_NAMES = 500

#: Octets of scripts that are put together. Scripts that build a file are small; drawing libraries have five megabytes.
MAX_OCTETS = 2 * 1024 * 1024

_S = rb"(?:\"[^\"\n]{0,4096}\"|'[^'\n]{0,4096}'|`[^`]{0,4096}`)"
_EMPTY = rb"(?:\"\"|''|``)?"
_NAME = rb"[A-Za-z_$][\w$]{0,63}"
_TABLE = re.compile(rb"(%b)\s*+=\s*+\[\s*+(%b(?:\s*+,\s*+%b)*+)\s*+,?\s*+\]" % (_NAME, _S, _S))
_VARIABLE = re.compile(rb"(?<![\w$.])(%b)\s*+=\s*+(%b)\s*+(?=[;,\n}]|\Z)" % (_NAME, _S))
_ASSIGNED = re.compile(rb"(?<![\w$.])(%b)\s*+\+?=(?!=)" % _NAME)
_GLOBAL = re.compile(
    rb"\b(?:window|self|globalThis|top|parent|frames)\s*+(?:\[\s*+[\"'`](%b)[\"'`]\s*+\]|\.\s*+(%b))" % (_NAME, _NAME)
)
_ENTRY = re.compile(rb"(?<![\w$.])(%b)\s*+\[\s*+(0[xX][0-9A-Fa-f]{1,6}|[0-9]{1,6})\s*+\]" % _NAME)
_USE = re.compile(rb"(?<=[+(\[,])\s*+(%b)\s*+(?=[+)\],])|(?<![\w$.])(%b)\s*+(?=\+\s*[\w$\"'`(\[])" % (_NAME, _NAME))
_STRING = re.compile(_S)
_N = rb"(?:0[xX][0-9A-Fa-f]{1,6}|[0-9]{1,7})"
_NUMBER = re.compile(_N)
_BARE = re.compile(rb"(?<![\w$\])])\(\s*+(%b)\s*+\)" % _S)
_SIGNS = (b"[", b"atob", b"unescape", b"decodeURI", b"fromCharCode", b"fromCodePoint", b"join", b"replace", b"+")


def _reversed(found: re.Match[bytes]) -> bytes:
    return _quoted(_inside(found[1])[::-1])


def _list(found: re.Match[bytes]) -> bytes:
    pieces = [_inside(one) for one in _STRING.findall(found[1])]
    return _quoted(b"".join(pieces[::-1] if found[2] else pieces))


def _decoded(found: re.Match[bytes]) -> bytes:
    return _quoted(from_base64(_inside(found[1])))


def _unquoted(found: re.Match[bytes]) -> bytes:
    return _quoted(unquote_to_bytes(_inside(found[1])))


def _characters(found: re.Match[bytes]) -> bytes:
    codes = (_number(one) for one in _NUMBER.findall(found[1]))
    return _quoted("".join(chr(code) for code in codes if code < 0xD800).encode("utf-8"))


def _replaced(found: re.Match[bytes]) -> bytes:
    old = found[3] if found[3] is not None else _inside(found[2])
    return _quoted(_inside(found[1]).replace(old, _inside(found[4]))) if old else found[1]


_RULES: tuple[tuple[re.Pattern[bytes], Callable[[re.Match[bytes]], bytes]], ...] = tuple(
    (re.compile(pattern), rule)
    for pattern, rule in (
        (rb"\batob\s*+\(\s*+(%b)\s*+\)" % _S, _decoded),
        (rb"\b(?:unescape|decodeURI(?:Component)?)\s*+\(\s*+(%b)\s*+\)" % _S, _unquoted),
        (rb"\bfromC(?:harCode|odePoint)\s*+\(\s*+(%b(?:\s*+,\s*+%b)*+)\s*+\)" % (_N, _N),
         _characters),
        (rb"(%b)\s*+\.\s*+split\s*+\(%b\)\s*+\.\s*+reverse\s*+\(\)\s*+\.\s*+join\s*+\(%b\)" % (_S, _EMPTY, _EMPTY),
         _reversed),
        (rb"\[\s*+(%b(?:\s*+,\s*+%b)*+)\s*+\]\s*+(\.\s*+reverse\s*+\(\)\s*+)?\.\s*+join\s*+\(%b\)" % (_S, _S, _EMPTY),
         _list),
        (rb"(%b)\s*+\.\s*+replace(?:All)?\s*+\(\s*+(?:(%b)|/([\w@#~%%!_-]{1,16})/g?)\s*+,\s*+(%b)\s*+\)" % (_S, _S, _S),
         _replaced),
    )
)  # fmt: skip


def put_together(program: bytes) -> bytes:
    """Return the program with its constant strings put together; a longer one than MAX_OCTETS is returned unchanged."""
    if len(program) > MAX_OCTETS or not any(sign in program for sign in _SIGNS):
        return program
    for _ in range(MAX_ROUNDS):
        before = program
        for pattern, rule in _RULES:
            program = pattern.sub(rule, program)
        program = _GLOBAL.sub(lambda found: found[1] or found[2], _looked_up(program))
        program = joined(_BARE.sub(rb" \1", program))
        if program == before or len(program) > MAX_OCTETS:
            break
    return program


def _looked_up(program: bytes) -> bytes:
    """Replace each use of a table's entry or a variable by its string."""
    tables = {found[1]: _STRING.findall(found[2]) for found in _first(_TABLE, program)}
    assigned = Counter(_ASSIGNED.findall(program))
    variables = {found[1]: found[2] for found in _first(_VARIABLE, program) if assigned[found[1]] == 1}

    def entry(found: re.Match[bytes]) -> bytes:
        table = tables.get(found[1], [])
        number = _number(found[2])
        return table[number] if number < len(table) else found[0]

    def value(found: re.Match[bytes]) -> bytes:
        return variables.get(found[1] or found[2], found[0])

    program = _ENTRY.sub(entry, program) if tables else program
    return _USE.sub(value, program) if variables else program


def _first(pattern: re.Pattern[bytes], program: bytes) -> list[re.Match[bytes]]:
    return [found for _, found in zip(range(MAX_NAMES), pattern.finditer(program), strict=False)]


def _number(written: bytes) -> int:
    return int(written, 16 if written[:2] in (b"0x", b"0X") else 10)


def _inside(string: bytes) -> bytes:
    return string[1:-1]


def _quoted(octets: bytes) -> bytes:
    """Return the octets as a string literal; those that would end it are left out."""
    return b"'" + octets.translate(None, b"\"'`\n\r") + b"'"
