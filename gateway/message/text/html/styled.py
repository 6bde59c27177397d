"""Elements with the style sheets applied: the style as it holds, and the texts printed beside the element."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import chain
from typing import Final

from gateway.message.text.html.declared import cascaded
from gateway.message.text.html.selectors import unescaped
from gateway.message.text.html.style_sheet import STRING, StyleSheet

#: Prefixes of "before", "after" and "marker" for the printed text and its style. No attribute's name begins with them.
TEXT: Final = "/"
STYLE: Final = "=/"

_LIST_MARK = re.compile(
    r"list-style(?:-type)?\s{0,9}:[^;\"']{0,100}+(?:\"((?:[^\"\\]|\\.)*+)\"|'((?:[^'\\]|\\.)*+)')",
    re.DOTALL | re.IGNORECASE,
)
_QUOTES = re.compile(r"(?:^|[;\s])quotes\s{0,9}:([^;]{1,2000})", re.IGNORECASE)


def styled(sheet: StyleSheet, name: str, told: Mapping[str, str], *, doubtful: bool) -> tuple[Mapping[str, str], bool]:
    """Return the attributes, with the sheet's rules before the own style, and whether doubtful rules had a part."""
    styles: dict[str, list[str]] = {"": []}
    texts, in_doubt = dict[str, str](), False
    for rule in sheet.rules(name, told, doubtful=doubtful):
        in_doubt = in_doubt or not rule.sure
        pseudo = rule.selector.pseudo
        styles.setdefault(pseudo, []).append(rule.declarations)
        text = sheet.content(rule.declarations, told) if pseudo else None
        if text is not None:
            texts[pseudo] = text
    own = told.get("style", "")
    mark = next(filter(None, map(list_mark, (own, *reversed(styles[""])))), "")
    if mark:
        texts.setdefault("marker", mark)
    if name == "q":
        marks = next(filter(None, map(quotation_marks, (own, *reversed(styles[""])))), ())
        texts = {**dict(zip(("before", "after"), marks, strict=False)), **texts}
    properties = sheet.properties((*chain(*styles.values()), own))
    found = dict(told)
    if styles[""] or properties:
        found["style"] = cascaded([properties, *styles[""], own])
    for pseudo, text in texts.items():
        found[TEXT + pseudo] = text
        found[STYLE + pseudo] = cascaded([properties, *styles.get(pseudo, ())])
    return found, in_doubt


def list_mark(written: str) -> str:
    """Return the text that a style puts before the items of a list; "" if it is no text (CSS lists 3.4)."""
    found = _LIST_MARK.findall(written) if "list-style" in written.lower() else ()
    return unescaped("".join(found[-1])) if found else ""


def quotation_marks(written: str) -> list[str]:
    """Return the texts that a style puts before and behind a quotation, if it has some."""
    found = _QUOTES.findall(written) if "quotes" in written.lower() else ()
    return [unescaped(one or other) for one, other in STRING.findall(found[-1])[:2]] if found else []
