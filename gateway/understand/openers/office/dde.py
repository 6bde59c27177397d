"""Formulas that start a program or load something when a table is opened: DDE, and functions that fetch.

`=cmd|' /C calc'!A0` is a program, its arguments, and an item, as Excel has written DDE since its first version. Numbers
with a sign, telephone numbers and sums are formulas too, but no danger.
"""

from __future__ import annotations

import re
import unicodedata

from gateway.understand.openers.remote import is_remote

#: Characters of one formula that are looked at; Excel takes 8,192.
MAX_FORMULA_CHARACTERS = 8192

#: Characters that spreadsheets skip before a formula, and characters that are invisible.
_UNSEEN = dict.fromkeys((0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x180E, 0x061C, 0x200E, 0x200F))
_QUOTED = r"(?:'(?:[^'\n]|''){0,1024}+'|\"(?:[^\"\n]|\"\"){0,1024}+\")"
_PROGRAM = rf"(?:[A-Za-z][\w.:\\/~-]{{0,255}}+|{_QUOTED})"
_BEFORE = r"[=+\-@*/(,;&^<>\s]\s*+"
_ITEM = r"[\w$'\"\[]"
#: A DDE formula. Blanks are allowed only beside a quoted part: prose has bars and exclamation marks as well.
_DDE = re.compile(
    rf"{_BEFORE}{_PROGRAM}\s*+\|\s*+{_QUOTED}\s*+!\s*+{_ITEM}|{_BEFORE}{_PROGRAM}\|[^\s'\"!|]{{1,255}}+!{_ITEM}"
)
_FUNCTION = re.compile(r"[=+\-@*/(,;&^<>\s](?:DDE|DDEINITIATE|WEBSERVICE|RTD|IMPORT(?:XML|DATA|FEED|HTML))\s*+\(", re.I)
_REFERENCE = re.compile(r"[=+\-@*/(,;&^<>]\s*+'((?:\\\\|//|file:)[^'\n\[]{1,1024}+)[^'\n]*+'\s*+!")


def plain(text: str) -> str:
    """Return the text with full-width signs as in ASCII, and without invisible characters."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", text.translate(_UNSEEN))


def danger_of(formula: str) -> str:
    """Return a sentence about the danger of a formula, given with its first sign; "" for an ordinary one."""
    formula = formula[:MAX_FORMULA_CHARACTERS]
    if "|" in formula and "!" in formula and _DDE.search(formula):
        return "A cell runs a program by DDE"
    if "(" in formula and _FUNCTION.search(formula):
        return "A cell calls a program or loads something from elsewhere"
    linked = _REFERENCE.search(formula)
    if linked and is_remote(linked[1]):
        return "A cell is linked to another host"
    return ""
