"""The HTML alternative of a notice, made from its text: fields become a table, and wrapped lines are put together.

It has nothing that a mail program could load, run or follow: no script, no link, no picture. Every word is escaped,
characters that mislead are written out, and text from right to left can't move what stands beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import groupby
from typing import Literal

from gateway.act.notices.notice_templates import COMMAND_MARK
from gateway.characters.disclosed import disclosed

_FIELD = re.compile(r"  ([A-Z][A-Za-z -]{0,20}):(?: +(.*))?")
_ITEM = re.compile(r"- (.*)")
#: A line that goes on an item; elsewhere a command to type.
_INDENTED = re.compile(r"  +(\S.*)")
#: A line that goes on a field: it stands under the field's value.
_UNDER_VALUE = re.compile(r" {6,}(\S.*)")
#: The ends of a sentence. A line of text that ends with one stays a line.
_ENDS = (".", ":", "!", "?")

_FONT = "font-family: 'Segoe UI', Helvetica, Arial, sans-serif; font-size: 15px; line-height: 1.45; color: #222"
_NAME = "padding: 1px 14px 1px 0; color: #666; vertical-align: top; white-space: nowrap"
_VALUE = "padding: 1px 0; vertical-align: top"
_BOX = "border-left: 3px solid #bbb; border-collapse: collapse; margin: 8px 0 16px"

Kind = Literal["field", "item", "command", "text"]
_Line = tuple[Kind, str, str]


def html_of(title: str, text: str) -> str:
    """Return the whole page for a notice's subject and its text."""
    blocks = (block for block in re.split(r"\n[ \t]*\n+", text.strip("\n")) if block.strip())
    inside = "\n".join(part for block in blocks for part in _block(block.split("\n")))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8">'
        f'<title>{_shown(title)}</title></head>\n<body style="{_FONT}">\n'
        f'<h1 style="font-size: 19px; margin: 0 0 12px">{_bdi(title)}</h1>\n{inside}\n</body>\n</html>\n'
    )


def _block(lines: Sequence[str]) -> Iterator[str]:
    for kind, group in groupby(_read(lines), key=lambda line: line[0]):
        several = list(group)
        if kind == "field":
            rows = "".join(_row(name, value) for _, name, value in several)
            yield f'<table style="{_BOX}">{rows}</table>'
        elif kind == "item":
            yield f"<ul>{''.join(f'<li>{_bdi(value)}</li>' for _, _, value in several)}</ul>"
        elif kind == "command":
            yield f"<pre>{'<br>'.join(_bdi(value) for _, _, value in several)}</pre>"
        else:
            yield f"<p>{'<br>'.join(map(_bdi, _put_together(value for _, _, value in several)))}</p>"


def _put_together(lines: Iterable[str]) -> list[str]:
    """Return lines of a paragraph; one that ends no sentence, or ends inside a command, is put before the next."""
    together: list[str] = []
    goes_on = False
    for line in lines:
        if goes_on:
            together[-1] += f" {line}"
        else:
            together.append(line)
        goes_on = not line.endswith(_ENDS) or together[-1].count(COMMAND_MARK) % 2 == 1
    return together


def _read(lines: Sequence[str]) -> list[_Line]:
    """Return the lines by kind; an indented line is part of the item or field before it, or else a command."""
    read: list[_Line] = []
    for line in lines:
        field, item, indented = _FIELD.fullmatch(line), _ITEM.fullmatch(line), _INDENTED.fullmatch(line)
        under = _UNDER_VALUE.fullmatch(line)
        if field:
            read.append(("field", field[1], field[2] or ""))
        elif item:
            read.append(("item", "", item[1]))
        elif under and read and read[-1][0] == "field":
            read[-1] = ("field", read[-1][1], f"{read[-1][2]} {under[1]}")
        elif indented and read and read[-1][0] == "item":
            read[-1] = ("item", "", f"{read[-1][2]} {indented[1]}")
        elif indented:
            read.append(("command", "", indented[1]))
        else:
            read.append(("text", "", line.strip()))
    return read


def _row(name: str, value: str) -> str:
    return f'<tr><td style="{_NAME}">{_shown(name)}</td><td style="{_VALUE}">{_bdi(value)}</td></tr>'


def _bdi(text: str) -> str:
    """Return the text in isolation; what stands between two marks is a command."""
    shown = map(_shown, text.split(COMMAND_MARK))
    return f"<bdi>{''.join(f'<code>{one}</code>' if n % 2 else one for n, one in enumerate(shown))}</bdi>"


def _shown(text: str) -> str:
    return escape(disclosed(text))
