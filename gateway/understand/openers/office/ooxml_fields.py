"""Fields of a Word document (ECMA-376-1 17.16). An instruction may be split over several runs.

The instructions are put together here, and those that run or load something are reported. The text that a field shows
is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from gateway.understand.openers.remote import is_remote, is_share

#: Characters of one instruction that are looked at.
MAX_INSTRUCTION = 4096

_DDE = re.compile(r"\s*+DDE(?:AUTO)?\b", re.IGNORECASE)
_LINK = re.compile(r"\s*+(?:LINK|INCLUDETEXT|(INCLUDEPICTURE|IMPORT))\s[^\"]{0,256}\"([^\"]*+)\"", re.IGNORECASE)


class Fields:
    """Gathers the instructions of one part; fields may be nested."""

    def __init__(self) -> None:
        self._open: list[list[str]] = [[]]
        self._in_instruction = False
        self._dangers: dict[str, None] = {}

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "instrText":
            self._in_instruction = True
        elif tag == "fldSimple":
            self._judge(attributes.get("instr", ""))
        elif tag == "fldChar" and attributes.get("fldCharType") == "begin":
            self._open.append([])
        elif tag == "fldChar" and len(self._open) > 1:  # "separate" or "end"; the other of the two finds nothing more
            self._judge("".join(self._open[-1]))
            if attributes.get("fldCharType") == "end":
                self._open.pop()
            else:
                self._open[-1].clear()

    def text(self, text: str) -> None:
        if self._in_instruction:
            self._open[-1].append(text)

    def end(self, tag: str) -> None:
        if tag == "instrText":
            self._in_instruction = False

    def dangers(self) -> Iterator[str]:
        """Yield the dangers that were found, each once; fields that never end count too."""
        for one in self._open:
            self._judge("".join(one))
        yield from self._dangers

    def _judge(self, instruction: str) -> None:
        link = _LINK.match(instruction[:MAX_INSTRUCTION])
        if _DDE.match(instruction):
            self._dangers["A field runs a program by DDE"] = None
        elif link and (is_share(link[2]) if link[1] else is_remote(link[2])):
            self._dangers["A field loads a document from another host"] = None
