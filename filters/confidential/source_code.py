"""Attached source code whose header reserves it to our organisation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from filters.confidential.quotes import shown
from filters.confidential.settings import Rules
from gateway.contract import Evidence
from gateway.matching import Lexicon
from gateway.message import Message, fold

#: Octets of a file in which its header stands.
MAX_HEADER_BYTES = 4_096
#: Files of one message that are looked at.
MAX_FILES = 500
#: Extensions of files with source code.
SOURCE_FILES = frozenset(
    """
    py pyx rb php phtml pl pm java kt kts scala groovy c h cc cpp cxx hpp hh m mm cs fs vb bas cls frm vbs js mjs cjs ts
    tsx jsx vue svelte go rs swift dart lua r jl sql plsql sh bash zsh ps1 bat cmd asm s v vhd vhdl sv f f90 cob cbl
    abap css scss less html htm xml xsl tf proto
    """.split()  # noqa: SIM905 - readable
)


class SourceCode:
    """The compiled words of headers, and the names that stand for us in them."""

    def __init__(self, rules: Rules, names: Sequence[str], lexicon: Lexicon) -> None:
        self._rights = lexicon.compile(rules.rights)
        self._open = lexicon.compile(rules.open_licences)
        self._names = tuple(fold(name).text for name in names if name)

    def found(self, message: Message, domains: Sequence[str]) -> list[Evidence]:
        """Return the attached files with source code of ours; our domains stand for us too."""
        return list(self._found(message, domains))

    def _found(self, message: Message, domains: Sequence[str]) -> Iterator[Evidence]:
        for part in message.leaves[:MAX_FILES]:
            if part.is_body_text or part.extensions.isdisjoint(SOURCE_FILES):
                continue
            folded = fold(part.decoded[:MAX_HEADER_BYTES].decode("utf-8", "replace"))
            names = (*self._names, *(fold(one.lstrip(".")).text for one in domains))
            ours = any(name in folded.text for name in names)
            if not ours or next(self._open.find(folded.lines), None):
                continue
            if next(self._rights.find(folded.lines), None):
                yield Evidence("source code", shown(part.names[0] if part.names else part.path), part.path)
