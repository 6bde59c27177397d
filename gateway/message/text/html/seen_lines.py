"""The lines of an HTML document that a person sees, gathered from its texts while its elements open and close.

A line's place is before the outermost element that begins with it, if text can stand there: text put above a quotation
so stands outside of its frame.
"""

from __future__ import annotations

from html import unescape

from gateway.message.text.html.elements import OpenElements
from gateway.message.text.html.places import climbed, outermost
from gateway.message.text.lines import MAX_LINES, UNSEEN, Line, Mark, Quoted, quoted_by_sign

#: Gaps between lines, by the thing that ends a line, from narrow to wide.
CELL, LINE_FEED, BLOCK = 1, 2, 3
GAPS = ("", "\t", "\n", "\n\n")


class SeenLines:
    """The lines so far, and the line that is being gathered. Shown text and pictures count as seen."""

    def __init__(self, elements: OpenElements) -> None:
        self.lines: list[Line] = []
        self.elements = elements
        self.end = 0  # behind the last seen text or picture
        self._line: Line | None = None
        self._pieces: list[str] = []
        # The mark, places and gap of the next line.
        self._mark: Mark = ""
        self._place: int | None = None
        self._boundary: int | None = None
        self._gap = 0

    def begin(self, elements: OpenElements, at: int) -> None:
        """Begin the body at `at`; elements open in the head are not open in it."""
        self.elements, self.end = elements, at

    def expect(self, mark: Mark, boundary: int, place: int | None) -> None:
        """Give the next line this mark and this beginning."""
        if self._mark != "quote" and mark:
            self._mark = mark
        if self._boundary is None:
            self._boundary, self._place = boundary, place

    def text(self, start: int, source: str) -> None:
        """Take a text of the document, shown or not."""
        if source.isspace():
            self._blank(source)
        elif not self.elements.top.look.shown:
            return
        elif self.elements.preformatted and ("\n" in source or "\r" in source):
            self._preformatted(start, source)
        else:
            self.see(start, start + len(source), source)

    def _blank(self, source: str) -> None:
        if not self._pieces:
            return
        self._pieces.append(source)
        if self.elements.preformatted and ("\n" in source or "\r" in source):
            self.flush()

    def _preformatted(self, at: int, source: str) -> None:
        for piece in source.splitlines(keepends=True):
            self.see(at, at + len(piece), piece)
            at += len(piece)
            if piece.endswith(("\n", "\r")):
                self.flush()
            if len(self.lines) > MAX_LINES:
                return

    def see(self, start: int, end: int, source: str) -> None:
        """Add a piece to the line, an empty one for a picture."""
        text = unescape(source) if "&" in source else source
        if source and not text.strip(UNSEEN):
            if self._pieces:
                self._pieces.append(text)
            return
        if self._line is None:
            self._line = self._begun(start)
        self._pieces.append(text)
        self.end = end
        self.elements.old = len(self.elements.stack)

    def _begun(self, start: int) -> Line:
        element = self.elements.top
        begin, place = outermost(self.elements, start), climbed(self.elements, start, element)
        if self._boundary is not None:
            begin, place = self._boundary, place if self._place is None else self._place
        line = Line(begin, place, "", Quoted(element.quoted), self._mark or element.mark, GAPS[self._gap])
        self._mark, self._boundary, self._place, self._gap = "", None, None, 0
        return line

    def flush(self, gap: int = BLOCK) -> None:
        """End the line here, if one was begun, with `gap` behind it. Two line feeds are as wide as a block's gap."""
        self._gap = BLOCK if gap == self._gap == LINE_FEED else max(gap, self._gap)
        line, pieces = self._line, self._pieces
        if line is None:
            return
        self._line, self._pieces = None, []
        whole = "".join(pieces)
        if self.elements.preformatted:
            line.text, signed = whole.strip(UNSEEN), whole
        else:
            line.text = signed = " ".join(whole.split()).strip(UNSEEN)
        line.quoted = max(line.quoted, quoted_by_sign(signed))
        self.lines.append(line)
